package com.kvstore.wire;

import com.kvstore.common.Bytes;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Text from bytes and back without silent replacements. Thread-safe: no state. */
final class Utf8 {
    private static final char REPLACEMENT = '\uFFFD';

    private Utf8() {}

    /** The text, or null when {@code bytes} are not well-formed UTF-8. */
    static @Nullable String textOrNull(byte[] bytes) {
        // The plain conversion is several times faster than a decoder that reports, and marks what it could not read.
        String text = new String(bytes, StandardCharsets.UTF_8);
        return text.indexOf(REPLACEMENT) < 0 ? text : Bytes.wrap(bytes).utf8OrNull();
    }

    /** Whether {@code text} has UTF-8 bytes: a half of a surrogate pair on its own (JSON can write one) has none. */
    static boolean isWellFormed(String text) {
        int i = 0;
        while (i < text.length()) {
            char c = text.charAt(i++);
            if (Character.isSurrogate(c)) {
                if (Character.isLowSurrogate(c) || i == text.length() || !Character.isLowSurrogate(text.charAt(i))) {
                    return false;
                }
                i++;
            }
        }
        return true;
    }
}
