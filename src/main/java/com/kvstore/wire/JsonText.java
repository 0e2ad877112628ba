package com.kvstore.wire;

import java.util.regex.Pattern;
import org.json.JSONException;
import org.json.JSONObject;
import org.json.JSONParserConfiguration;

/**
 * Strict JSON (RFC 8259) from text that anybody may have sent.
 *
 * <p>org.json does the parsing, in its strict mode. A pass over the text comes before it, for what that mode lets
 * through: nesting of any depth (it recurses until the stack is full), text behind a NUL, bare control characters, escapes
 * and numbers that JSON does not have, and numbers of so many digits that converting them takes minutes.
 *
 * <p>Thread-safe: no state.
 */
final class JsonText {
    static final int MAX_DEPTH = 32;

    private static final int MAX_NUMBER_LENGTH = 400;
    private static final int MAX_SHOWN = 200;
    private static final String WHITE_OR_SEPARATOR = " \t\r\n,:";
    private static final String SIMPLE_ESCAPES = "\"\\/bfnrt";
    private static final Pattern WORD =
            Pattern.compile("true|false|null|-?(?:0|[1-9][0-9]*+)(?:\\.[0-9]++)?(?:[eE][+-]?[0-9]++)?");

    private JsonText() {}

    static JSONObject parse(byte[] utf8) throws ProtocolException {
        String text = Utf8.textOrNull(utf8);
        if (text == null) {
            throw new ProtocolException("not JSON: the line is not UTF-8 text");
        }
        return parse(text);
    }

    static JSONObject parse(String text) throws ProtocolException {
        check(text);
        try {
            return new JSONObject(text, configuration());
        } catch (JSONException notJson) {
            throw new ProtocolException("not JSON: " + shorten(String.valueOf(notJson.getMessage())), notJson);
        }
    }

    /** As much of a foreign text as an answer or a log line should repeat. */
    static String shorten(String text) {
        return text.length() <= MAX_SHOWN ? text : text.substring(0, MAX_SHOWN) + "…";
    }

    private static JSONParserConfiguration configuration() {
        return new JSONParserConfiguration().withStrictMode(true).withMaxNestingDepth(MAX_DEPTH);
    }

    private static void check(String text) throws ProtocolException {
        int depth = 0;
        int i = 0;
        while (i < text.length()) {
            char c = text.charAt(i);
            if (c == '"') {
                i = endOfString(text, i + 1);
            } else if (c == '{' || c == '[') {
                if (++depth > MAX_DEPTH) {
                    throw new ProtocolException("not accepted: JSON nested deeper than " + MAX_DEPTH + " levels");
                }
                i++;
            } else if (c == '}' || c == ']') {
                depth--;
                i++;
            } else if (WHITE_OR_SEPARATOR.indexOf(c) >= 0) {
                i++;
            } else {
                i = endOfWord(text, i);
            }
        }
    }

    /**
     * @param from behind the opening quote
     * @return behind the closing quote
     */
    private static int endOfString(String text, int from) throws ProtocolException {
        int i = from;
        while (i < text.length()) {
            char c = text.charAt(i++);
            if (c == '"') {
                return i;
            }
            if (c < ' ') {
                throw wrong("a bare control character in a string", i - 1);
            }
            if (c == '\\') {
                i = endOfEscape(text, i);
            }
        }
        throw wrong("a string without its closing quote", from - 1);
    }

    private static int endOfEscape(String text, int from) throws ProtocolException {
        char c = from < text.length() ? text.charAt(from) : 0;
        if (c == 'u') {
            int end = from + 5;
            boolean hex = end <= text.length();
            for (int i = from + 1; hex && i < end; i++) {
                hex = Hex.isDigit(text.charAt(i));
            }
            if (hex) {
                return end;
            }
        } else if (SIMPLE_ESCAPES.indexOf(c) >= 0) {
            return from + 1;
        }
        throw wrong("an escape that JSON does not have", from - 1);
    }

    private static int endOfWord(String text, int from) throws ProtocolException {
        int i = from;
        while (i < text.length() && isWordPart(text.charAt(i))) {
            i++;
        }
        if (i == from) {
            throw wrong("a character that does not belong there", from);
        }
        if (i - from > MAX_NUMBER_LENGTH) {
            throw wrong("a number or word of more than " + MAX_NUMBER_LENGTH + " characters", from);
        }
        if (!WORD.matcher(text.substring(from, i)).matches()) {
            throw wrong("'" + shorten(text.substring(from, i)) + "' is no number, true, false or null", from);
        }
        return i;
    }

    private static boolean isWordPart(char c) {
        return (c >= '0' && c <= '9')
                || (c >= 'a' && c <= 'z')
                || (c >= 'A' && c <= 'Z')
                || c == '+'
                || c == '-'
                || c == '.';
    }

    private static ProtocolException wrong(String what, int index) {
        return new ProtocolException("not JSON: " + what + " at character " + (index + 1));
    }
}
