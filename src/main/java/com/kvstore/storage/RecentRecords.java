package com.kvstore.storage;

import com.kvstore.common.Bytes;
import com.kvstore.common.Expiry;
import com.kvstore.common.Version;
import org.jspecify.annotations.Nullable;

/**
 * Records that were written lately, each as it is now, whichever {@link Generation} it was written in last: one look tells
 * what a key has, or that only the tables on disk know.
 *
 * <p>What the newest two generations have written is here for certain. What is older the tables have: it stays as a cache,
 * and goes bit by bit while there is more than the limit.
 *
 * <p>How: a record's mark tells which generation wrote it last ({@link WrittenRecords}). What is written to its key next takes
 * its array, if that is as long, so that a store whose values are written over and over leaves nothing to the garbage
 * collector; but not while that generation is on its way to the tables, as another thread reads it.
 *
 * <p>Threading: not thread-safe; belongs to one machine.
 */
final class RecentRecords {
    /** What a record takes beside its bytes: the array's own, its places here and in its generation. */
    static final int OVERHEAD_BYTES = 64;

    private final BucketDirectory buckets = new BucketDirectory(true);
    private final long limitBytes;
    private long bytes;
    private Generation older;
    private WrittenRecords newest;
    /** Where the next look for what may go begins. */
    private int sweptUpTo;

    /**
     * @param older the one before the newest
     * @param limitBytes of memory, roughly; what the newest two generations have written may take more
     */
    RecentRecords(Generation older, Generation newest, long limitBytes) {
        this.older = older;
        this.newest = newest.records();
        this.limitBytes = limitBytes;
    }

    /**
     * The newest generation has ended.
     *
     * @param next what is written from now on belongs to it
     */
    void turn(Generation ended, Generation next) {
        older = ended;
        newest = next.records();
    }

    /** Of memory, roughly. */
    long sizeBytes() {
        return bytes;
    }

    /**
     * What was written to the key: a packed record, a removal, or null: nothing lately. Good until the key is written again;
     * the caller must not change it.
     */
    byte @Nullable [] find(long hash, Bytes key) {
        Bucket bucket = buckets.bucketOf(hash);
        int at = bucket.find(hash, key);
        return at < 0 ? null : bucket.records[at];
    }

    /** Whether something was written to the key of a record. */
    boolean hasKeyOf(long hash, byte[] packed) {
        return buckets.hasKeyOf(hash, packed);
    }

    /** Goes over records and removals in the order of a scan; good until the next change. */
    BucketDirectory.Cursor cursor(long from) {
        return buckets.cursor(from);
    }

    /** Stores a record whatever its key has. @return as it is packed here: good until the key is written again */
    byte[] store(long hash, int position, Bytes key, @Nullable Bytes value, long deadlineMs, Version version) {
        byte[] packed = place(hash, key, PackedRecord.length(key, value, deadlineMs));
        PackedRecord.pack(packed, position, key, value, deadlineMs, version);
        return packed;
    }

    /** Notes that the key was taken out, which is another thing than not to have it ({@link PackedRecord#isRemoval}). */
    void storeRemoval(long hash, Bytes key) {
        byte[] packed = place(hash, key, PackedRecord.length(key, null, Expiry.NO_DEADLINE));
        PackedRecord.packRemoval(packed, key);
    }

    /** An array for what is written to a key, in its place; the caller fills it. */
    private byte[] place(long hash, Bytes key, int length) {
        Bucket bucket = buckets.bucketOf(hash);
        int at = bucket.find(hash, key);
        if (at < 0) {
            return insert(bucket, ~at, hash, new byte[length]);
        }
        byte[] present = bucket.records[at];
        long mark = bucket.marks[at];
        byte[] packed = present.length == length && isFree(mark) ? present : new byte[length];
        if (mark < newest.firstMark()) {
            bucket.marks[at] = newest.add(hash, packed);
        } else if (packed != present) {
            newest.replace(mark, packed);
        }
        if (packed != present) {
            bucket.records[at] = packed;
            bytes += length - present.length;
        }
        return packed;
    }

    /** Whether no other thread reads a record with that mark, nor will. */
    private boolean isFree(long mark) {
        return mark >= newest.firstMark() || isOld(mark) || older.isInTables();
    }

    /** Whether its generation is before the newest two, and so has long been in the tables. */
    private boolean isOld(long mark) {
        return mark < older.records().firstMark();
    }

    private byte[] insert(Bucket bucket, int at, long hash, byte[] packed) {
        buckets.insert(bucket, at, hash, packed, newest.add(hash, packed));
        bytes += packed.length + OVERHEAD_BYTES;
        if (bytes > limitBytes) {
            sweep();
        }
        return packed;
    }

    /** Drops what is only a cache from the next bucket, so that no write has to wait until all of it is gone. */
    private void sweep() {
        int place = sweptUpTo < buckets.places() ? sweptUpTo : 0;
        sweptUpTo = buckets.placeAfter(place);
        Bucket bucket = buckets.bucketAt(place);
        for (int at = bucket.size - 1; at >= 0; at--) {
            if (isOld(bucket.marks[at])) {
                bytes -= bucket.records[at].length + OVERHEAD_BYTES;
                buckets.remove(bucket, at);
            }
        }
        buckets.shrink();
    }
}
