package com.kvstore.storage;

import java.util.Arrays;
import org.rocksdb.RocksDBException;

/**
 * The records that one {@link Generation} has written, each as it was in the end, in the order in which they were written
 * first. Each has a mark, by which it is replaced; marks rise from generation to generation.
 *
 * <p>Threading: one thread writes it until its generation ends; from then on nobody does, and any thread reads.
 */
final class WrittenRecords {
    private static final int FIRST_CAPACITY = 64;

    private final long firstMark;
    private long[] hashes = new long[FIRST_CAPACITY];
    private byte[][] records = new byte[FIRST_CAPACITY][];
    private int size;
    private long bytes;

    /** A record and its place in the order of the tables. */
    private static final class Placed {
        final long hash;
        final byte[] packed;

        Placed(long hash, byte[] packed) {
            this.hash = hash;
            this.packed = packed;
        }
    }

    /** @param firstMark that of the first record */
    WrittenRecords(long firstMark) {
        this.firstMark = firstMark;
    }

    /** All of its records have this mark or a higher one. */
    long firstMark() {
        return firstMark;
    }

    /** No record of its has this mark or a higher one. */
    long endMark() {
        return firstMark + size;
    }

    int size() {
        return size;
    }

    /** Of the packed records. */
    long bytes() {
        return bytes;
    }

    /** @return the record's mark */
    long add(long hash, byte[] packed) {
        if (size == records.length) {
            long[] moreHashes = Arrays.copyOf(hashes, 2 * size);
            records = Arrays.copyOf(records, 2 * size);
            hashes = moreHashes;
        }
        hashes[size] = hash;
        records[size] = packed;
        bytes += packed.length;
        return firstMark + size++;
    }

    /** The record that was added with that mark is another one now, of the same key. */
    void replace(long mark, byte[] packed) {
        int at = (int) (mark - firstMark);
        bytes += packed.length - records[at].length;
        records[at] = packed;
    }

    /** Shows all, in the order of the tables: who takes sorted entries needs to look for the place of the first alone. */
    void writeTo(Generation.Sink sink) throws RocksDBException {
        Placed[] sorted = new Placed[size];
        Arrays.setAll(sorted, at -> new Placed(hashes[at], records[at]));
        Arrays.sort(sorted, (a, b) -> Long.compareUnsigned(a.hash, b.hash));
        for (Placed each : sorted) {
            boolean removed = PackedRecord.isRemoval(each.packed);
            byte[] place = PackedRecord.place(each.hash, each.packed);
            sink.write(RocksEngine.RECORDS, place, removed ? Generation.REMOVED : each.packed);
        }
    }
}
