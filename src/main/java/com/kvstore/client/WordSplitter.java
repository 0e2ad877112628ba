package com.kvstore.client;

import com.kvstore.common.Bytes;
import java.io.ByteArrayOutputStream;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Splits a line into words at spaces and tabs. "Double quotes" keep spaces in a word, and make an empty one; backslash
 * escapes, inside and outside of quotes, stand for odd bytes: {@code \n}, {@code \t}, {@code \r}, {@code \"}, {@code \\},
 * {@code \xHH}, and a backslash before a space for the space.
 *
 * <p>Threading: one thread, one line.
 */
final class WordSplitter {
    private static final int HEX_DIGITS = 2;

    private final byte[] line;
    private int at;

    private WordSplitter(byte[] line, int start) {
        this.line = line;
        this.at = start;
    }

    /**
     * Adds the words of a line to {@code words}.
     *
     * @param start where in the line to begin
     * @return what is wrong with the line; null if nothing is
     */
    static @Nullable String split(byte[] line, int start, List<Bytes> words) {
        WordSplitter splitter = new WordSplitter(line, start);
        try {
            while (splitter.skipSpaces()) {
                words.add(splitter.word());
            }
            return null;
        } catch (IllegalArgumentException wrong) {
            return wrong.getMessage();
        }
    }

    /** @return whether there is a word */
    private boolean skipSpaces() {
        while (at < line.length && CommandParser.isSpace(line[at])) {
            at++;
        }
        return at < line.length;
    }

    private Bytes word() {
        ByteArrayOutputStream word = new ByteArrayOutputStream();
        boolean quoted = false;
        while (at < line.length && (quoted || !CommandParser.isSpace(line[at]))) {
            byte b = line[at++];
            if (b == '"') {
                quoted = !quoted;
            } else if (b == '\\') {
                word.write(escape());
            } else {
                word.write(b);
            }
        }
        if (quoted) {
            throw new IllegalArgumentException("A closing double quote is missing; \\\" stands for a quote itself.");
        }
        return Bytes.wrap(word.toByteArray());
    }

    private int escape() {
        if (at == line.length) {
            throw new IllegalArgumentException("The line ends in a backslash; \\\\ stands for a backslash itself.");
        }
        byte b = line[at++];
        return switch (b) {
            case 'n' -> '\n';
            case 't' -> '\t';
            case 'r' -> '\r';
            case '"', '\\', ' ' -> b;
            case 'x', 'X' -> hex();
            default ->
                throw new IllegalArgumentException(
                        "Unknown escape; there are \\n \\t \\r \\\" \\\\ \\xHH and a backslash before a space.");
        };
    }

    private int hex() {
        int value = 0;
        for (int i = 0; i < HEX_DIGITS; i++) {
            int digit = at < line.length ? Character.digit(line[at++], 16) : -1;
            if (digit < 0) {
                throw new IllegalArgumentException("\\x takes two hexadecimal digits, as in \\x0a.");
            }
            value = value * 16 + digit;
        }
        return value;
    }
}
