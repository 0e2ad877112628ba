package com.kvstore.client;

/** Durations and sizes for people. Thread-safe: no state. */
final class Quantities {
    private Quantities() {}

    /** As it is written on a command line: {@code 500ms}, {@code 30s}, {@code 2m}. */
    static String duration(long ms) {
        if (ms >= 60_000 && ms % 60_000 == 0) {
            return ms / 60_000 + "m";
        }
        return ms >= 1_000 && ms % 1_000 == 0 ? ms / 1_000 + "s" : ms + "ms";
    }

    /** Seconds with one decimal: {@code 3.2 s}. */
    static String seconds(long ms) {
        long tenths = (ms + 50) / 100;
        return tenths / 10 + "." + tenths % 10 + " s";
    }

    /** {@code 32,600}. */
    static String grouped(long number) {
        String digits = Long.toString(number);
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < digits.length(); i++) {
            if (i > 0 && (digits.length() - i) % 3 == 0) {
                out.append(',');
            }
            out.append(digits.charAt(i));
        }
        return out.toString();
    }

    /** {@code 512 B}, {@code 12.3 KiB}, {@code 4.0 MiB}. */
    static String bytes(long bytes) {
        if (bytes < 1024) {
            return bytes + " B";
        }
        long unit = bytes < 1024 * 1024 ? 1024 : 1024 * 1024;
        long tenths = bytes * 10 / unit;
        return tenths / 10 + "." + tenths % 10 + (unit == 1024 ? " KiB" : " MiB");
    }
}
