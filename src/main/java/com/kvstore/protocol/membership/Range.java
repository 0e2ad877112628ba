package com.kvstore.protocol.membership;

/**
 * A stretch of positions on the hash circle that does not wrap.
 *
 * @param start first position, included
 * @param end last position, included; at least {@code start}
 */
public record Range(int start, int end) {
    public Range {
        if (start < 0 || end < start) {
            throw new IllegalArgumentException("not a range of positions: " + start + " to " + end);
        }
    }

    public boolean contains(int position) {
        return start <= position && position <= end;
    }
}
