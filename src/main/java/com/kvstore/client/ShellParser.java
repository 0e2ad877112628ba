package com.kvstore.client;

import java.util.ArrayList;
import java.util.List;
import org.jline.reader.CompletingParsedLine;
import org.jline.reader.ParsedLine;
import org.jline.reader.Parser;

/**
 * Tells the line editor where words begin, for completion only: with colons the whole line is one word, otherwise spaces
 * separate words. What a line means is {@link CommandParser}'s business; no line is ever incomplete.
 *
 * <p>Thread-safe: no state.
 */
final class ShellParser implements Parser {

    /** @param word the one the cursor is in, up to the cursor */
    private record Line(String word, int wordCursor, int wordIndex, List<String> words, String line, int cursor)
            implements CompletingParsedLine {
        @Override
        public CharSequence escape(CharSequence candidate, boolean complete) {
            // The completer offers nothing that would need it.
            return candidate;
        }

        @Override
        public int rawWordCursor() {
            return wordCursor;
        }

        @Override
        public int rawWordLength() {
            return word.length();
        }
    }

    @Override
    public ParsedLine parse(String line, int cursor, ParseContext context) {
        String before = line.substring(0, cursor);
        List<String> words = new ArrayList<>();
        int start = 0;
        if (!isColons(before)) {
            for (int space = before.indexOf(' '); space >= 0; space = before.indexOf(' ', start)) {
                if (space > start) {
                    words.add(before.substring(start, space));
                }
                start = space + 1;
            }
        }
        String word = before.substring(start);
        words.add(word);
        return new Line(word, word.length(), words.size() - 1, words, line, cursor);
    }

    /** Whether a colon ends the command, rather than a space. */
    static boolean isColons(String line) {
        int colon = line.indexOf(':');
        int space = line.stripLeading().indexOf(' ');
        return colon >= 0
                && (space < 0
                        || colon
                                < line.indexOf(
                                        ' ', line.length() - line.stripLeading().length()));
    }
}
