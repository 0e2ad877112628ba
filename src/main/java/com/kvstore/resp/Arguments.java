package com.kvstore.resp;

import com.kvstore.common.Bytes;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** A command's words, its name first. Immutable once the parser has handed it on. */
final class Arguments {
    private final byte[][] words;

    Arguments(byte[][] words) {
        this.words = words;
    }

    static Arguments of(String... words) {
        byte[][] bytes = new byte[words.length][];
        for (int i = 0; i < words.length; i++) {
            bytes[i] = words[i].getBytes(StandardCharsets.UTF_8);
        }
        return new Arguments(bytes);
    }

    /** How many words, the name among them. */
    int count() {
        return words.length;
    }

    /** GET and a key: asked before anything else, for it is what is mostly asked. */
    boolean isGet() {
        return words.length == 2 && isThreeLetters('g', 'e', 't');
    }

    /** SET, a key and a value. */
    boolean isPlainSet() {
        return words.length == 3 && isThreeLetters('s', 'e', 't');
    }

    private boolean isThreeLetters(char first, char second, char third) {
        byte[] name = words[0];
        return name.length == 3 && (name[0] | 0x20) == first && (name[1] | 0x20) == second && (name[2] | 0x20) == third;
    }

    /** The command's name in lower case. */
    String name() {
        return lower(0);
    }

    Bytes bytes(int i) {
        return Bytes.wrap(words[i]);
    }

    /** From word {@code from}, every {@code step}-th. */
    List<Bytes> every(int from, int step) {
        List<Bytes> list = new ArrayList<>((words.length - from) / step + 1);
        for (int i = from; i < words.length; i += step) {
            list.add(bytes(i));
        }
        return list;
    }

    String text(int i) {
        return new String(words[i], StandardCharsets.UTF_8);
    }

    String lower(int i) {
        return text(i).toLowerCase(Locale.ROOT);
    }

    /** Whether word {@code i} is this, in any letter case. */
    boolean is(int i, String word) {
        return i < words.length && words[i].length == word.length() && text(i).equalsIgnoreCase(word);
    }

    long number(int i) throws RespException {
        return number(words[i]);
    }

    /** @param complaint what to say if it is no number */
    long number(int i, String complaint) throws RespException {
        try {
            return number(words[i]);
        } catch (RespException notANumber) {
            throw new RespException(complaint);
        }
    }

    /** As Redis takes integers: no spaces, no plus, no leading zeros. */
    static long number(byte[] word) throws RespException {
        int n = word.length;
        if (n == 0 || n > 20) {
            throw new RespException(RespException.NOT_AN_INTEGER);
        }
        boolean negative = word[0] == '-';
        int first = negative ? 1 : 0;
        if (first == n || (word[first] == '0' && n > 1)) {
            throw new RespException(RespException.NOT_AN_INTEGER);
        }
        long value = 0;
        for (int i = first; i < n; i++) {
            int digit = word[i] - '0';
            if (digit < 0 || digit > 9 || value < (Long.MIN_VALUE + digit) / 10) {
                throw new RespException(RespException.NOT_AN_INTEGER);
            }
            value = value * 10 - digit;
        }
        if (!negative && value == Long.MIN_VALUE) {
            throw new RespException(RespException.NOT_AN_INTEGER);
        }
        return negative ? value : -value;
    }

    /** How much memory the words take, roughly. */
    int size() {
        int size = 0;
        for (byte[] word : words) {
            size += word.length + 16;
        }
        return size;
    }

    @Override
    public String toString() {
        return name() + " with " + (words.length - 1) + " words";
    }
}
