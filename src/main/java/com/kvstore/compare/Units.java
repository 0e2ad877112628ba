package com.kvstore.compare;

import java.util.Locale;

/** Figures for people. Thread-safe: no state. */
final class Units {
    private Units() {}

    /** As 87 µs, 1.25 ms, 340 ms or 2.1 s. */
    static String latency(double us) {
        if (us < 1_000) {
            return String.format(Locale.ROOT, "%.0f µs", us);
        }
        double ms = us / 1_000;
        if (ms < 10) {
            return String.format(Locale.ROOT, "%.2f ms", ms);
        }
        return ms < 1_000
                ? String.format(Locale.ROOT, "%.0f ms", ms)
                : String.format(Locale.ROOT, "%.2f s", ms / 1_000);
    }

    /** As 870, 8.7k or 87k. */
    static String rate(double perSecond) {
        if (perSecond < 1_000) {
            return String.format(Locale.ROOT, "%.0f", perSecond);
        }
        return String.format(Locale.ROOT, perSecond < 10_000 ? "%.1fk" : "%.0fk", perSecond / 1_000);
    }

    /** As 12,345. */
    static String count(long count) {
        return String.format(Locale.ROOT, "%,d", count);
    }
}
