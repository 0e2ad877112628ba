package com.kvstore.common;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Durations as people write them: {@code 500ms}, {@code 30s}, {@code 2m}, {@code 1h}. */
public final class Durations {
    private static final Pattern FORM = Pattern.compile("(\\d{1,12})(ms|s|m|h)");
    private static final long MAX_MS = 365L * 24 * 60 * 60 * 1_000;

    private Durations() {}

    /**
     * @return milliseconds, 1 or more
     * @throws IllegalArgumentException whose message goes on from "this needs"
     */
    public static long parseMs(String text) {
        Matcher parts = FORM.matcher(text);
        if (!parts.matches()) {
            throw new IllegalArgumentException("a duration such as 500ms, 30s or 2m, not '" + text + "'");
        }
        long unitMs =
                switch (parts.group(2)) {
                    case "ms" -> 1;
                    case "s" -> 1_000;
                    case "m" -> 60_000;
                    default -> 3_600_000;
                };
        long count = Long.parseLong(parts.group(1));
        if (count == 0 || count > MAX_MS / unitMs) {
            throw new IllegalArgumentException("a duration from 1ms to 8760h, not '" + text + "'");
        }
        return count * unitMs;
    }
}
