package com.kvstore.wire;

/**
 * 64-bit words as 16 hexadecimal digits: JSON readers that keep numbers as doubles lose what is above 2^53. Thread-safe:
 * no state.
 */
final class Hex {
    private static final int MAX_DIGITS = 16;

    private Hex() {}

    static String of(long word) {
        String digits = Long.toHexString(word);
        return "0".repeat(MAX_DIGITS - digits.length()) + digits;
    }

    /** @throws IllegalArgumentException when {@code text} is not 1 to 16 hexadecimal digits */
    static long parse(String text) {
        boolean digits = !text.isEmpty() && text.length() <= MAX_DIGITS;
        for (int i = 0; digits && i < text.length(); i++) {
            digits = isDigit(text.charAt(i));
        }
        if (!digits) {
            throw new IllegalArgumentException("not 1 to 16 hexadecimal digits: '" + JsonText.shorten(text) + "'");
        }
        return Long.parseUnsignedLong(text, 16);
    }

    static boolean isDigit(char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    }
}
