package com.kvstore.storage;

import com.kvstore.common.Bytes;
import com.kvstore.common.Expiry;
import com.kvstore.common.Version;
import com.kvstore.protocol.parts.RecordTable;
import com.kvstore.protocol.parts.StoredRecord;
import org.jspecify.annotations.Nullable;

/**
 * A record table in memory.
 *
 * <p>Threading: not thread-safe; belongs to one machine.
 *
 * <p>Memory: a record is one packed array; beside it some 20 bytes for its place in a bucket ({@link BucketDirectory}).
 * About 190 bytes for a key of 16 bytes and a value of 100.
 *
 * <p>Failure behaviour: out of memory, the table is as it was before the call.
 */
public final class MemoryTable implements RecordTable {
    private final BucketDirectory buckets = new BucketDirectory(false);
    private long keys;
    private long tombstones;
    private long expiring;
    private long bytes;

    /** An empty table. */
    public MemoryTable() {}

    @Override
    public @Nullable StoredRecord get(Bytes key) {
        long hash = RecordTable.scanHash(key);
        Bucket bucket = buckets.bucketOf(hash);
        int at = bucket.find(hash, key);
        return at < 0 ? null : PackedRecord.unpack(bucket.records[at]);
    }

    @Override
    public boolean holds(Bytes key) {
        long hash = RecordTable.scanHash(key);
        Bucket bucket = buckets.bucketOf(hash);
        int at = bucket.find(hash, key);
        return at >= 0 && !PackedRecord.isTombstone(bucket.records[at]);
    }

    @Override
    public boolean apply(int position, Bytes key, @Nullable Bytes value, long deadlineMs, Version version) {
        long hash = RecordTable.scanHash(key);
        Bucket bucket = buckets.bucketOf(hash);
        int at = bucket.find(hash, key);
        if (at >= 0 && PackedRecord.isNewerThan(bucket.records[at], version)) {
            return false;
        }
        int length = PackedRecord.length(key, value, deadlineMs);
        if (at < 0) {
            byte[] packed = new byte[length];
            PackedRecord.pack(packed, position, key, value, deadlineMs, version);
            buckets.insert(bucket, ~at, hash, packed, 0);
            count(packed, 1);
        } else {
            byte[] present = bucket.records[at];
            byte[] packed = present.length == length ? present : new byte[length];
            count(present, -1);
            PackedRecord.pack(packed, position, key, value, deadlineMs, version);
            count(packed, 1);
            bucket.records[at] = packed;
        }
        return true;
    }

    @Override
    public void remove(Bytes key) {
        long hash = RecordTable.scanHash(key);
        Bucket bucket = buckets.bucketOf(hash);
        int at = bucket.find(hash, key);
        if (at < 0) {
            return;
        }
        count(bucket.records[at], -1);
        buckets.remove(bucket, at);
        buckets.shrink();
    }

    @Override
    public void clear() {
        buckets.clear();
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
        for (BucketDirectory.Cursor at = buckets.cursor(from); !at.isAtEnd(); at.advance()) {
            if (!visitor.visit(at.hash(), PackedRecord.unpack(at.packed()))) {
                return;
            }
        }
    }

    @Override
    public long findExpired(long from, int limit, long nowMs, ExpiredVisitor visitor) {
        int looks = 0;
        long before = 0;
        int at = buckets.bucketOf(from).from(from);
        for (int place = buckets.place(from); place < buckets.places(); place = buckets.placeAfter(place)) {
            Bucket bucket = buckets.bucketAt(place);
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
        return buckets.fullestBucket();
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
