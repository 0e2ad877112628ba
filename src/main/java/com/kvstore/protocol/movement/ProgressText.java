package com.kvstore.protocol.movement;

import java.util.Locale;

/** Sizes, rates and times left as people read them. */
final class ProgressText {
    private static final long SECOND_NS = 1_000_000_000L;

    private ProgressText() {}

    /** Such as {@code 42 % · 12.3 MiB · 48 MiB/s · 3 s left}; without a time where there is nothing to tell it from. */
    static String line(double fraction, long bytes, long elapsedNs) {
        String text = (int) (fraction * 100) + " % · " + size(bytes) + " · " + rate(bytes, elapsedNs);
        if (fraction < 0.01) {
            return text;
        }
        long leftNs = (long) (elapsedNs * (1 - fraction) / fraction);
        return text + " · " + time(leftNs) + " left";
    }

    /** Such as {@code 1 key} or {@code 20 keys}. */
    static String count(long number, String one) {
        return number + " " + one + (number == 1 ? "" : "s");
    }

    /** Such as {@code 12.3 MiB}. */
    static String size(long bytes) {
        return inUnits((double) bytes, 1);
    }

    private static String rate(long bytes, long elapsedNs) {
        double perSecond = bytes * (double) SECOND_NS / Math.max(1, elapsedNs);
        return inUnits(perSecond, 0) + "/s";
    }

    /** Such as {@code 3 s} or {@code 2 min}; anything short counts as a second. */
    private static String time(long ns) {
        long seconds = Math.max(1, (ns + SECOND_NS - 1) / SECOND_NS);
        return seconds < 120 ? seconds + " s" : (seconds + 59) / 60 + " min";
    }

    private static String inUnits(double bytes, int decimals) {
        if (bytes < 1024) {
            return (long) bytes + " B";
        }
        String[] units = {"KiB", "MiB", "GiB", "TiB"};
        double amount = bytes / 1024;
        int unit = 0;
        while (amount >= 1024 && unit < units.length - 1) {
            amount /= 1024;
            unit++;
        }
        return String.format(Locale.ROOT, "%." + decimals + "f %s", amount, units[unit]);
    }
}
