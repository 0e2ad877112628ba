package com.kvstore.storage;

import com.kvstore.common.Bytes;
import java.util.Arrays;

/**
 * Packed records whose scan hashes begin with the same bits, in the order of their hashes.
 *
 * <p>Threading: not thread-safe. What is here is read by whoever has a {@link BucketDirectory}; a record and its mark may be
 * replaced, all else changes here alone.
 */
final class Bucket {
    private static final int FIRST_CAPACITY = 4;
    private static final long[] UNMARKED = {};

    /** How many bits its hashes have in common, at least. */
    final int depth;

    int size;
    long[] hashes;
    byte[][] records;
    /** One for each record, or none at all. */
    long[] marks;

    Bucket(int depth, boolean marked) {
        this(depth, marked, FIRST_CAPACITY);
    }

    private Bucket(int depth, boolean marked, int capacity) {
        this.depth = depth;
        this.hashes = new long[capacity];
        this.records = new byte[capacity][];
        this.marks = marked ? new long[capacity] : UNMARKED;
    }

    private boolean isMarked() {
        return marks != UNMARKED;
    }

    /** That of a record; 0 without marks. */
    long mark(int at) {
        return isMarked() ? marks[at] : 0;
    }

    /** The index of the first record whose hash is not below {@code hash}. */
    int from(long hash) {
        int low = 0;
        int high = size;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (Long.compareUnsigned(hashes[middle], hash) < 0) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    /** The index of {@code key}; the complement of where to insert it if it is not there. */
    int find(long hash, Bytes key) {
        int at = from(hash);
        while (at < size && hashes[at] == hash) {
            if (PackedRecord.isOf(records[at], key)) {
                return at;
            }
            at++;
        }
        return ~at;
    }

    void insert(int at, long hash, byte[] packed, long mark) {
        if (size == hashes.length) {
            int capacity = size + size / 2;
            long[] moreHashes = Arrays.copyOf(hashes, capacity);
            long[] moreMarks = isMarked() ? Arrays.copyOf(marks, capacity) : UNMARKED;
            records = Arrays.copyOf(records, capacity);
            hashes = moreHashes;
            marks = moreMarks;
        }
        System.arraycopy(hashes, at, hashes, at + 1, size - at);
        System.arraycopy(records, at, records, at + 1, size - at);
        hashes[at] = hash;
        records[at] = packed;
        if (isMarked()) {
            System.arraycopy(marks, at, marks, at + 1, size - at);
            marks[at] = mark;
        }
        size++;
    }

    void remove(int at) {
        size--;
        System.arraycopy(hashes, at + 1, hashes, at, size - at);
        System.arraycopy(records, at + 1, records, at, size - at);
        records[size] = null;
        if (isMarked()) {
            System.arraycopy(marks, at + 1, marks, at, size - at);
        }
    }

    /** Whether a longer common beginning would tell some of its hashes from others. */
    boolean isDivisible() {
        return size > 1 && hashes[0] != hashes[size - 1];
    }

    /** The first record whose hash has the next bit set. */
    int middle() {
        long bit = 1L << (Long.SIZE - 1 - depth);
        int at = size;
        while (at > 0 && (hashes[at - 1] & bit) != 0) {
            at--;
        }
        return at;
    }

    /** A bucket one bit deeper of some of these records. */
    Bucket part(int from, int to) {
        int length = to - from;
        Bucket part = new Bucket(depth + 1, isMarked(), Math.max(FIRST_CAPACITY, length + length / 2));
        System.arraycopy(hashes, from, part.hashes, 0, length);
        System.arraycopy(records, from, part.records, 0, length);
        if (isMarked()) {
            System.arraycopy(marks, from, part.marks, 0, length);
        }
        part.size = length;
        return part;
    }
}
