package com.kvstore.resp;

import com.kvstore.common.Bytes;
import java.util.Arrays;

/**
 * Redis' patterns: {@code *} any bytes, {@code ?} any byte, {@code [abc]}, {@code [a-z]}, {@code [^a]}, and a backslash
 * before a byte that means itself. Immutable.
 */
final class Glob {
    static final Glob ALL = new Glob(Bytes.of("*"));

    private final byte[] pattern;

    Glob(Bytes pattern) {
        this.pattern = pattern.array();
    }

    /** What everything that matches begins with. */
    Bytes prefix() {
        int length = 0;
        while (length < pattern.length && "*?[\\".indexOf(pattern[length]) < 0) {
            length++;
        }
        return Bytes.wrap(Arrays.copyOf(pattern, length));
    }

    /** In time bounded by the product of both lengths: after a star only the last one is ever tried again. */
    boolean matches(Bytes text) {
        byte[] bytes = text.array();
        int p = 0;
        int t = 0;
        int starPattern = -1;
        int starText = 0;
        while (t < bytes.length) {
            if (p < pattern.length && pattern[p] == '*') {
                starPattern = ++p;
                starText = t;
            } else {
                int next = p < pattern.length ? matchOne(p, bytes[t]) : -1;
                if (next >= 0) {
                    p = next;
                    t++;
                } else if (starPattern >= 0) {
                    p = starPattern;
                    t = ++starText;
                } else {
                    return false;
                }
            }
        }
        while (p < pattern.length && pattern[p] == '*') {
            p++;
        }
        return p == pattern.length;
    }

    /** Where the pattern goes on if its element at {@code p} matches the byte; -1 if it does not. */
    private int matchOne(int p, byte b) {
        return switch (pattern[p]) {
            case '?' -> p + 1;
            case '[' -> matchSet(p + 1, b & 0xff);
            case '\\' -> {
                int literal = p + 1 < pattern.length ? p + 1 : p;
                yield pattern[literal] == b ? literal + 1 : -1;
            }
            default -> pattern[p] == b ? p + 1 : -1;
        };
    }

    private int matchSet(int from, int b) {
        int p = from;
        boolean not = p < pattern.length && pattern[p] == '^';
        if (not) {
            p++;
        }
        boolean found = false;
        while (p < pattern.length && pattern[p] != ']') {
            if (pattern[p] == '\\' && p + 1 < pattern.length) {
                p++;
                found |= (pattern[p] & 0xff) == b;
            } else if (p + 2 < pattern.length && pattern[p + 1] == '-') {
                int low = Math.min(pattern[p] & 0xff, pattern[p + 2] & 0xff);
                int high = Math.max(pattern[p] & 0xff, pattern[p + 2] & 0xff);
                found |= b >= low && b <= high;
                p += 2;
            } else {
                found |= (pattern[p] & 0xff) == b;
            }
            p++;
        }
        return found != not ? Math.min(p + 1, pattern.length) : -1;
    }
}
