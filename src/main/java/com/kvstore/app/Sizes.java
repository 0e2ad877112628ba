package com.kvstore.app;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Sizes in bytes as people write them: {@code 4096}, {@code 64K}, {@code 16M}, {@code 1G}; K is 1,024. */
public final class Sizes {
    private static final Pattern FORM = Pattern.compile("(\\d{1,15})([kKmMgG]?)[bB]?");

    private Sizes() {}

    /**
     * @param option what the text was given for, for the message
     * @return bytes, from {@code min} to {@code max}
     */
    public static long parse(String option, String text, long min, long max) throws UsageException {
        Matcher parts = FORM.matcher(text);
        if (!parts.matches()) {
            throw new UsageException(
                    option + " needs a size in bytes such as 65536, 64K, 16M or 1G, not '" + text + "'");
        }
        int shift =
                switch (parts.group(2).toUpperCase(Locale.ROOT)) {
                    case "K" -> 10;
                    case "M" -> 20;
                    case "G" -> 30;
                    default -> 0;
                };
        long count = Long.parseLong(parts.group(1));
        if (count > max >> shift || count << shift < min) {
            throw new UsageException(
                    option + " needs a size from " + format(min) + " to " + format(max) + ", not '" + text + "'");
        }
        return count << shift;
    }

    /** The shortest exact form. */
    static String format(long bytes) {
        if (bytes != 0 && bytes % (1L << 30) == 0) {
            return (bytes >> 30) + "G";
        }
        if (bytes != 0 && bytes % (1L << 20) == 0) {
            return (bytes >> 20) + "M";
        }
        return bytes != 0 && bytes % (1L << 10) == 0 ? (bytes >> 10) + "K" : String.valueOf(bytes);
    }
}
