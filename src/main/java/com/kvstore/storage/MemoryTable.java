package com.kvstore.storage;

import com.kvstore.common.Bytes;
import com.kvstore.common.Expiry;
import com.kvstore.common.Version;
import com.kvstore.protocol.parts.RecordTable;
import com.kvstore.protocol.parts.StoredRecord;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A record table in memory: extendible hashing whose directory goes by the first bits of the scan hash, so that a scan
 * sorts nothing and can begin anywhere.
 *
 * <p>Threading: not thread-safe; belongs to one machine.
 *
 * <p>How: the directory has a place for every beginning of a hash; neighbouring places share a {@link Bucket} until it has
 * more than {@value #MOST_IN_BUCKET} records, and is divided. A bucket as deep as the directory doubles that first, unless
 * it has as many places as there are records: then the bucket gets larger than others for a while. So records may come in
 * any order, those of a move above all, which come in scan order and fill one end of the table first.
 *
 * <p>Memory: a record is one packed array; beside it some 20 bytes for its place in a bucket. About 190 bytes for a key of
 * 16 bytes and a value of 100.
 *
 * <p>Invariants: hashes rise (unsigned) within a bucket and from bucket to bucket; a bucket of depth d fills
 * 2<sup>directory's depth - d</sup> neighbouring places.
 *
 * <p>Failure behaviour: keys made to share their hash fill one bucket, which costs time in proportion to its size and
 * nothing else. Out of memory, the table is as it was before the call.
 *
 * <p>Source: Fagin, Nievergelt, Pippenger, Strong, Extendible hashing, ACM Transactions on Database Systems 4 (1979).
 */
public final class MemoryTable implements RecordTable {
    static final int MOST_IN_BUCKET = 32;
    private static final int MIN_DEPTH = 4;
    private static final int MAX_DEPTH = 28;
    /** With fewer records a bucket than this on average, the table is laid out anew. */
    private static final int FEWEST_IN_BUCKET = 4;

    /** Of the directory: it has 2 to this places. */
    private int depth;

    private Bucket[] directory;
    private long buckets;
    private long keys;
    private long tombstones;
    private long expiring;
    private long bytes;

    /** An empty table. */
    public MemoryTable() {
        clear();
    }

    @Override
    public @Nullable StoredRecord get(Bytes key) {
        long hash = RecordTable.scanHash(key);
        Bucket bucket = bucketOf(hash);
        int at = bucket.find(hash, key);
        return at < 0 ? null : PackedRecord.unpack(bucket.records[at]);
    }

    @Override
    public boolean holds(Bytes key) {
        long hash = RecordTable.scanHash(key);
        Bucket bucket = bucketOf(hash);
        int at = bucket.find(hash, key);
        return at >= 0 && !PackedRecord.isTombstone(bucket.records[at]);
    }

    @Override
    public boolean apply(int position, Bytes key, @Nullable Bytes value, long deadlineMs, Version version) {
        long hash = RecordTable.scanHash(key);
        Bucket bucket = bucketOf(hash);
        int at = bucket.find(hash, key);
        if (at >= 0 && PackedRecord.isNewerThan(bucket.records[at], version)) {
            return false;
        }
        byte[] packed = room(bucket, at, PackedRecord.length(key, value, deadlineMs));
        PackedRecord.pack(packed, position, key, value, deadlineMs, version);
        keep(bucket, at, hash, packed);
        return true;
    }

    @Override
    public void remove(Bytes key) {
        long hash = RecordTable.scanHash(key);
        Bucket bucket = bucketOf(hash);
        int at = bucket.find(hash, key);
        if (at < 0) {
            return;
        }
        count(bucket.records[at], -1);
        bucket.remove(at);
        if (buckets > 1 << MIN_DEPTH && size() < buckets * FEWEST_IN_BUCKET) {
            layOutAnew();
        }
    }

    /** The packed record of a key; the caller must not change it. */
    byte @Nullable [] packed(long hash, Bytes key) {
        Bucket bucket = bucketOf(hash);
        int at = bucket.find(hash, key);
        return at < 0 ? null : bucket.records[at];
    }

    /** Stores a record whatever its key has. @return as it is packed here: good until the key is written again */
    byte[] store(long hash, int position, Bytes key, @Nullable Bytes value, long deadlineMs, Version version) {
        Bucket bucket = bucketOf(hash);
        int at = bucket.find(hash, key);
        byte[] packed = room(bucket, at, PackedRecord.length(key, value, deadlineMs));
        PackedRecord.pack(packed, position, key, value, deadlineMs, version);
        keep(bucket, at, hash, packed);
        return packed;
    }

    /** Notes that the key was taken out, which is another thing than not to have it ({@link PackedRecord#isRemoval}). */
    void storeRemoval(long hash, Bytes key) {
        Bucket bucket = bucketOf(hash);
        int at = bucket.find(hash, key);
        byte[] packed = room(bucket, at, PackedRecord.length(key, null, Expiry.NO_DEADLINE));
        PackedRecord.packRemoval(packed, key);
        keep(bucket, at, hash, packed);
    }

    /** An array for a record, that of the present one if it is as long; the present one does not count any more. */
    private byte[] room(Bucket bucket, int at, int length) {
        if (at < 0) {
            return new byte[length];
        }
        byte[] present = bucket.records[at];
        byte[] room = present.length == length ? present : new byte[length];
        count(present, -1);
        return room;
    }

    private void keep(Bucket bucket, int at, long hash, byte[] packed) {
        count(packed, 1);
        if (at >= 0) {
            bucket.records[at] = packed;
        } else {
            bucket.insert(~at, hash, packed);
            divide(bucket, hash);
        }
    }

    /** Whether there is a record of the same key. */
    boolean hasKeyOf(long hash, byte[] packed) {
        Bucket bucket = bucketOf(hash);
        for (int at = bucket.from(hash); at < bucket.size && bucket.hashes[at] == hash; at++) {
            if (PackedRecord.haveSameKey(bucket.records[at], packed)) {
                return true;
            }
        }
        return false;
    }

    /** Goes over the records in the order of a scan; good until the table is changed. */
    Cursor cursor(long from) {
        return new Cursor(from);
    }

    /** See {@link #cursor}. */
    final class Cursor {
        private int place;
        private int at;

        private Cursor(long from) {
            place = place(from);
            at = directory[place].from(from);
            skipEmpty();
        }

        private void skipEmpty() {
            while (place < directory.length && at >= directory[place].size) {
                place = placeAfter(place);
                at = 0;
            }
        }

        boolean isAtEnd() {
            return place >= directory.length;
        }

        long hash() {
            return directory[place].hashes[at];
        }

        byte[] packed() {
            return directory[place].records[at];
        }

        void advance() {
            at++;
            skipEmpty();
        }
    }

    @Override
    public final void clear() {
        depth = MIN_DEPTH;
        directory = new Bucket[1 << MIN_DEPTH];
        Arrays.setAll(directory, place -> new Bucket(MIN_DEPTH));
        buckets = directory.length;
        keys = 0;
        tombstones = 0;
        expiring = 0;
        bytes = 0;
    }

    @Override
    public long keys() {
        return keys;
    }

    @Override
    public long tombstones() {
        return tombstones;
    }

    @Override
    public long expiring() {
        return expiring;
    }

    @Override
    public long bytes() {
        return bytes;
    }

    @Override
    public void scan(long from, Visitor visitor) {
        int at = bucketOf(from).from(from);
        for (int place = place(from); place < directory.length; place = placeAfter(place)) {
            Bucket bucket = directory[place];
            for (; at < bucket.size; at++) {
                if (!visitor.visit(bucket.hashes[at], PackedRecord.unpack(bucket.records[at]))) {
                    return;
                }
            }
            at = 0;
        }
    }

    @Override
    public long findExpired(long from, int limit, long nowMs, ExpiredVisitor visitor) {
        int looks = 0;
        long before = 0;
        int at = bucketOf(from).from(from);
        for (int place = place(from); place < directory.length; place = placeAfter(place)) {
            Bucket bucket = directory[place];
            for (; at < bucket.size; at++) {
                long hash = bucket.hashes[at];
                if (looks++ >= limit && hash != before) {
                    return hash;
                }
                before = hash;
                byte[] packed = bucket.records[at];
                if (Expiry.isPast(PackedRecord.deadlineMs(packed), nowMs)) {
                    PackedRecord.visitExpired(packed, visitor);
                }
            }
            looks++;
            at = 0;
        }
        return 0;
    }

    /** Records of the fullest bucket. */
    int fullestBucket() {
        int most = 0;
        for (int place = 0; place < directory.length; place = placeAfter(place)) {
            most = Math.max(most, directory[place].size);
        }
        return most;
    }

    private long size() {
        return keys + tombstones;
    }

    private Bucket bucketOf(long hash) {
        return directory[place(hash)];
    }

    private int place(long hash) {
        return (int) (hash >>> (Long.SIZE - depth));
    }

    /** The first place of the next bucket. */
    private int placeAfter(int place) {
        int shared = depth - directory[place].depth;
        return ((place >>> shared) + 1) << shared;
    }

    /** Divides a bucket that has grown too large, and its parts, as long as {@code hash} lies in one that has. */
    private void divide(Bucket grown, long hash) {
        Bucket bucket = grown;
        while (bucket.size > MOST_IN_BUCKET && bucket.isDivisible() && (bucket.depth < depth || extend())) {
            int middle = bucket.middle();
            Bucket low = bucket.part(0, middle);
            Bucket high = bucket.part(middle, bucket.size);
            int half = 1 << (depth - low.depth);
            int first = place(hash) & -(2 * half);
            Arrays.fill(directory, first, first + half, low);
            Arrays.fill(directory, first + half, first + 2 * half, high);
            buckets++;
            bucket = bucketOf(hash);
        }
    }

    /** Doubles the directory; false: it is large enough for so many records. */
    private boolean extend() {
        if (directory.length >= size() || depth == MAX_DEPTH) {
            return false;
        }
        Bucket[] longer = new Bucket[2 * directory.length];
        for (int place = 0; place < longer.length; place++) {
            longer[place] = directory[place >>> 1];
        }
        directory = longer;
        depth++;
        return true;
    }

    /** After many were removed: the same records in fewer buckets. */
    private void layOutAnew() {
        Bucket[] old = directory;
        int oldDepth = depth;
        long records = size();
        depth = MIN_DEPTH;
        while (1L << depth < records / (MOST_IN_BUCKET / 2)) {
            depth++;
        }
        directory = new Bucket[1 << depth];
        Arrays.setAll(directory, place -> new Bucket(depth));
        buckets = directory.length;
        for (int place = 0; place < old.length; ) {
            Bucket bucket = old[place];
            for (int at = 0; at < bucket.size; at++) {
                long hash = bucket.hashes[at];
                Bucket target = bucketOf(hash);
                target.insert(target.size, hash, bucket.records[at]);
                divide(target, hash);
            }
            int shared = oldDepth - bucket.depth;
            place = ((place >>> shared) + 1) << shared;
        }
    }

    private void count(byte[] packed, int times) {
        if (PackedRecord.isTombstone(packed)) {
            tombstones += times;
        } else {
            keys += times;
        }
        if (PackedRecord.deadlineMs(packed) != Expiry.NO_DEADLINE) {
            expiring += times;
        }
        bytes += (long) times * PackedRecord.payload(packed);
    }
}
