package com.kvstore.client;

import com.kvstore.common.Bytes;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;

/**
 * Bytes as one line of text that does nothing to a terminal: control characters and what is not UTF-8 appear as escapes
 * ({@code \n}, {@code \x1b}), everything else as it is. Thread-safe: no state.
 */
final class Printable {
    private static final String HEX = "0123456789abcdef";

    private Printable() {}

    static String text(Bytes bytes) {
        String text = bytes.utf8OrNull();
        return text != null ? text(text) : partlyText(bytes);
    }

    static String text(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (isControl(text.charAt(i))) {
                StringBuilder out = new StringBuilder(text.length() + 16);
                append(text, out);
                return out.toString();
            }
        }
        return text;
    }

    private static void append(CharSequence text, StringBuilder out) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (!isControl(c)) {
                out.append(c);
            } else if (c == '\n') {
                out.append("\\n");
            } else if (c == '\r') {
                out.append("\\r");
            } else if (c < 0x80) {
                appendHex(c, out);
            } else {
                // U+0080 to U+009F: two bytes of UTF-8, the second one equal to the character's low byte.
                appendHex(0xc2, out);
                appendHex(c, out);
            }
        }
    }

    /** A tab harms nobody. */
    private static boolean isControl(char c) {
        return c < 0x20 ? c != '\t' : c >= 0x7f && c < 0xa0;
    }

    private static String partlyText(Bytes bytes) {
        ByteBuffer in = ByteBuffer.wrap(bytes.array());
        CharBuffer decoded = CharBuffer.allocate(Math.min(8192, bytes.length() + 1));
        CharsetDecoder decoder = StandardCharsets.UTF_8
                .newDecoder()
                .onMalformedInput(CodingErrorAction.REPORT)
                .onUnmappableCharacter(CodingErrorAction.REPORT);
        StringBuilder out = new StringBuilder(bytes.length() + 16);
        while (true) {
            CoderResult result = decoder.decode(in, decoded, true);
            append(decoded.flip(), out);
            decoded.clear();
            if (result.isError()) {
                for (int i = 0; i < result.length(); i++) {
                    appendHex(in.get(), out);
                }
            } else if (result.isUnderflow()) {
                return out.toString();
            }
        }
    }

    private static void appendHex(int b, StringBuilder out) {
        out.append("\\x").append(HEX.charAt(b >> 4 & 0xf)).append(HEX.charAt(b & 0xf));
    }
}
