package com.kvstore.protocol.parts;

import com.kvstore.common.Bytes;
import com.kvstore.common.Expiry;
import com.kvstore.common.Version;
import org.jspecify.annotations.Nullable;

/**
 * The port to where a node's committed records are kept: one record a key, in the order of a hash of the key.
 *
 * <p>Both of a slave's tables, OWN and PREV, lie in one of these; which of them a record belongs to is the view's word,
 * so that a change of roles copies nothing.
 *
 * <p>Threading: belongs to one machine and is used from its thread only. No call blocks for long.
 *
 * <p>Order: {@link #scanHash} gives the same number for a key on every node and every run, so two nodes can compare what
 * they hold stretch by stretch, and a scan can be taken up again at a number whatever changed meanwhile.
 */
public interface RecordTable {

    /** The record of {@code key}, a tombstone too; null if there is none. */
    @Nullable StoredRecord get(Bytes key);

    /** Whether {@code key} has a value; cheaper than {@link #get}. */
    boolean holds(Bytes key);

    /**
     * Stores a record, replacing the key's one if that is not newer.
     *
     * @param value null: a tombstone
     * @param deadlineMs as in {@link StoredRecord}
     * @return whether it was stored
     */
    boolean apply(int position, Bytes key, @Nullable Bytes value, long deadlineMs, Version version);

    /** Stores what does not expire; otherwise as above. */
    default boolean apply(int position, Bytes key, @Nullable Bytes value, Version version) {
        return apply(position, key, value, Expiry.NO_DEADLINE, version);
    }

    /** Stores a copy of {@code record}, unless what is there is newer. @return whether it was stored */
    default boolean apply(StoredRecord record) {
        return apply(record.position(), record.key(), record.value(), record.deadlineMs(), record.version());
    }

    /** Takes a key out altogether; nothing happens if it is not there. */
    void remove(Bytes key);

    /** Takes everything out. */
    void clear();

    /** Keys with a value. */
    long keys();

    long tombstones();

    /** Records with a deadline. */
    long expiring();

    /** Bytes of keys and values. */
    long bytes();

    /**
     * Visits records in unsigned order of their scan hash, those of equal hash one after the other. The visitor must not
     * change the table.
     *
     * @param from scan hash (unsigned) to begin at, included
     */
    void scan(long from, Visitor visitor);

    /**
     * Looks for values whose deadline has passed.
     *
     * @param from scan hash (unsigned) to begin at, included
     * @param limit how many places to look at, roughly
     * @return the scan hash to go on from; 0 at the end
     */
    long findExpired(long from, int limit, long nowMs, ExpiredVisitor visitor);

    /** Sees one expired value after the other; must not change the table. */
    interface ExpiredVisitor {
        void visit(int position, Bytes key, Version version);
    }

    /** Sees one record after the other. */
    interface Visitor {
        /** @return whether to go on; asked once for each record */
        boolean visit(long scanHash, StoredRecord record);
    }

    /** The place of {@code key} in the scan order: a mixing hash of its bytes. */
    static long scanHash(Bytes key) {
        long h = 0x9E3779B97F4A7C15L ^ key.length();
        byte[] bytes = key.array();
        int i = 0;
        for (; i + 8 <= bytes.length; i += 8) {
            long word = (bytes[i] & 0xffL)
                    | (bytes[i + 1] & 0xffL) << 8
                    | (bytes[i + 2] & 0xffL) << 16
                    | (bytes[i + 3] & 0xffL) << 24
                    | (bytes[i + 4] & 0xffL) << 32
                    | (bytes[i + 5] & 0xffL) << 40
                    | (bytes[i + 6] & 0xffL) << 48
                    | (bytes[i + 7] & 0xffL) << 56;
            h = mix(h ^ word);
        }
        long tail = 0;
        for (int shift = 0; i < bytes.length; i++, shift += 8) {
            tail |= (bytes[i] & 0xffL) << shift;
        }
        return mix(h ^ tail);
    }

    /** The finalizer of SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014). */
    private static long mix(long z) {
        long a = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        long b = (a ^ (a >>> 27)) * 0x94D049BB133111EBL;
        return b ^ (b >>> 31);
    }
}
