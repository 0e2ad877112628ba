package com.kvstore.storage;

import com.kvstore.common.Bytes;
import com.kvstore.common.Expiry;
import com.kvstore.common.Version;
import com.kvstore.protocol.parts.RecordTable;
import com.kvstore.protocol.parts.StoredRecord;
import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A record table on disk: what is written lies in memory ({@link Generations}) until it has been written to
 * RocksDB, and is found there first.
 *
 * <p>Threading: not thread-safe; belongs to one machine. Reads of what is in no cache block the machine's thread for as
 * long as the disk takes to read one block; docs/durability.md says why that is so.
 *
 * <p>Order on disk: the scan hash (8 bytes, big-endian), then the key.
 */
final class DiskTable implements RecordTable {
    private final RocksEngine engine;
    private final BatchBuffer buffer;
    private final Generations generations;
    private final RecentRecords recent;
    private final Runnable onWrite;

    /**
     * Hashes of which the engine has none: those before the first that the last walk saw there. It may take over others from
     * the older generation, which are found in that, and so this holds until that generation is followed by another.
     */
    private long gapFirst;

    private long gapLast;
    /** The older generation of that time; null: nothing is known of any gap. */
    private @Nullable Generation gapUnder;

    private long keys;
    private long tombstones;
    private long expiring;
    private long bytes;

    /**
     * @param buffer where writes are gathered for the journal
     * @param generations where they are found until the engine has them
     * @param onWrite called at each
     */
    DiskTable(RocksEngine engine, BatchBuffer buffer, Generations generations, Runnable onWrite) {
        this.engine = engine;
        this.buffer = buffer;
        this.generations = generations;
        this.recent = generations.recent();
        this.onWrite = onWrite;
    }

    /** The counts, as they stand in the store beside the records. */
    byte[] counts() {
        return ByteBuffer.allocate(4 * Long.BYTES)
                .putLong(keys)
                .putLong(tombstones)
                .putLong(expiring)
                .putLong(bytes)
                .array();
    }

    void counts(byte[] stored) {
        ByteBuffer in = ByteBuffer.wrap(stored);
        keys = in.getLong();
        tombstones = in.getLong();
        expiring = in.getLong();
        bytes = in.getLong();
    }

    private static byte[] place(long hash, Bytes key) {
        byte[] place = new byte[Long.BYTES + key.length()];
        ByteBuffer.wrap(place).putLong(hash).put(key.array());
        return place;
    }

    private byte @Nullable [] packed(long hash, Bytes key) {
        byte[] packed = recent.find(hash, key);
        if (packed == null) {
            return isInGap(hash) ? null : engine.get(RocksEngine.RECORDS, place(hash, key));
        }
        return PackedRecord.isRemoval(packed) ? null : packed;
    }

    /** A copy that is filled in the order of the hashes lies in a gap all the way: looking for what is not there costs most. */
    private boolean isInGap(long hash) {
        return gapUnder == generations.older()
                && Long.compareUnsigned(gapFirst, hash) <= 0
                && Long.compareUnsigned(hash, gapLast) <= 0;
    }

    @Override
    public @Nullable StoredRecord get(Bytes key) {
        byte[] packed = packed(RecordTable.scanHash(key), key);
        return packed == null ? null : PackedRecord.unpack(packed);
    }

    @Override
    public boolean holds(Bytes key) {
        byte[] packed = packed(RecordTable.scanHash(key), key);
        return packed != null && !PackedRecord.isTombstone(packed);
    }

    @Override
    public boolean apply(int position, Bytes key, @Nullable Bytes value, long deadlineMs, Version version) {
        long hash = RecordTable.scanHash(key);
        byte[] present = packed(hash, key);
        if (present != null) {
            if (PackedRecord.isNewerThan(present, version)) {
                return false;
            }
            count(present, -1); // Before its place is taken.
        }
        byte[] packed = recent.store(hash, position, key, value, deadlineMs, version);
        count(packed, 1);
        buffer.put(RocksEngine.RECORDS, place(hash, key), packed);
        onWrite.run();
        return true;
    }

    @Override
    public void remove(Bytes key) {
        long hash = RecordTable.scanHash(key);
        byte[] present = packed(hash, key);
        if (present != null) {
            count(present, -1);
            recent.storeRemoval(hash, key);
            buffer.delete(RocksEngine.RECORDS, place(hash, key));
            onWrite.run();
        }
    }

    @Override
    public void clear() {
        List<Bytes> all = new java.util.ArrayList<>();
        scan(0, (hash, record) -> all.add(record.key()));
        all.forEach(this::remove);
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
        walk(from, (hash, packed) -> visitor.visit(hash, PackedRecord.unpack(packed)));
    }

    @Override
    public long findExpired(long from, int limit, long nowMs, ExpiredVisitor visitor) {
        long[] next = {0};
        int[] seen = {0};
        long[] last = {0};
        walk(from, (hash, packed) -> {
            if (seen[0]++ >= limit && hash != last[0]) {
                next[0] = hash;
                return false;
            }
            last[0] = hash;
            if (Expiry.isPast(PackedRecord.deadlineMs(packed), nowMs)) {
                PackedRecord.visitExpired(packed, visitor);
            }
            return true;
        });
        return next[0];
    }

    /** Sees packed records. */
    private interface PackedVisitor {
        boolean visit(long scanHash, byte[] packed);
    }

    /** Merges what is in the engine with what lies over it, in the order of the scan. */
    private void walk(long from, PackedVisitor visitor) {
        byte[] start = ByteBuffer.allocate(Long.BYTES).putLong(from).array();
        Merge merge = new Merge(recent, from, visitor);
        engine.scan(RocksEngine.RECORDS, start, merge);
        gapFirst = from;
        gapLast = merge.firstInEngine - 1;
        gapUnder = merge.shown && merge.firstInEngine == from ? null : generations.older();
        merge.finish();
    }

    /** One walk: entries of the engine come in, what was written lately goes before and between. */
    private static final class Merge implements EntryVisitor {
        private final RecentRecords recent;
        private final BucketDirectory.Cursor at;
        private final PackedVisitor visitor;
        /** Whether the engine has shown any entry, and the hash of the first; without one, 0: one more than the last there is. */
        private boolean shown;

        private long firstInEngine;
        private boolean stopped;

        Merge(RecentRecords recent, long from, PackedVisitor visitor) {
            this.recent = recent;
            this.at = recent.cursor(from);
            this.visitor = visitor;
        }

        @Override
        public boolean visit(byte[] place, byte[] packed) {
            long hash = ByteBuffer.wrap(place).getLong();
            if (!shown) {
                shown = true;
                firstInEngine = hash;
            }
            showUpTo(hash);
            if (!stopped && !recent.hasKeyOf(hash, packed)) {
                show(hash, packed);
            }
            return !stopped;
        }

        void finish() {
            showUpTo(-1); // The last hash there is, unsigned.
        }

        private void showUpTo(long last) {
            while (!stopped && !at.isAtEnd() && Long.compareUnsigned(at.hash(), last) <= 0) {
                long hash = at.hash();
                byte[] packed = at.packed();
                at.advance();
                if (!PackedRecord.isRemoval(packed)) {
                    show(hash, packed);
                }
            }
        }

        private void show(long hash, byte[] packed) {
            stopped = !visitor.visit(hash, packed);
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
