package com.kvstore.protocol.parts;

/**
 * The digest of a set of records: two nodes that hold the same live records in a stretch get the same number, in
 * whatever order they met them.
 *
 * <p>A record is its scan hash and its version: the same key at the same version is the same record. Tombstones do not
 * count, because one node may have dropped a tombstone that the other still keeps, and that is no difference to repair;
 * a live record on one side against a tombstone or nothing on the other is one, and shows.
 *
 * <p>Two different sets share a digest with a probability of about 2^-64; it is no protection against someone who looks
 * for such sets.
 *
 * <p>Threading: one thread. Add records, then ask for {@link #value}.
 */
public final class Digests {
    private long sum;
    private boolean some;

    /** Counts {@code record} in, unless it is a tombstone. */
    public void add(long scanHash, StoredRecord record) {
        if (!record.isTombstone()) {
            addAny(scanHash, record);
        }
    }

    /** Counts {@code record} in, a tombstone too: where a tombstone that one side lacks must be found. */
    public void addAny(long scanHash, StoredRecord record) {
        sum += of(scanHash, record.version().epoch(), record.version().counter());
        some = true;
    }

    /** The digest of what was added: 0 if that was no record, and only then. */
    public long value() {
        return some && sum == 0 ? 1 : sum;
    }

    /** What of several such sets adds up to the sum of them all; for equality alone. */
    public long sum() {
        return sum;
    }

    /** Forgets what was added. */
    public void reset() {
        sum = 0;
        some = false;
    }

    private static long of(long scanHash, long epoch, long counter) {
        return mix(mix(mix(scanHash) + epoch) + counter);
    }

    /** The finalizer of MurmurHash3 (Appleby, 2011): every bit of the input moves every bit of the result. */
    private static long mix(long z) {
        long a = (z ^ (z >>> 33)) * 0xFF51AFD7ED558CCDL;
        long b = (a ^ (a >>> 33)) * 0xC4CEB9FE1A85EC53L;
        return b ^ (b >>> 33);
    }
}
