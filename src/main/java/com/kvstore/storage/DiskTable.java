package com.kvstore.storage;

import com.kvstore.common.Bytes;
import com.kvstore.common.Expiry;
import com.kvstore.common.Version;
import com.kvstore.protocol.parts.RecordTable;
import com.kvstore.protocol.parts.StoredRecord;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A record table on disk: what is written lies in memory until it has been written to RocksDB, and is found there first.
 *
 * <p>Threading: not thread-safe; belongs to one machine. Reads of what is in no cache block the machine's thread for as
 * long as the disk takes to read one block; docs/durability.md says why that is so.
 *
 * <p>Order on disk: the scan hash (8 bytes, big-endian), then the key.
 */
final class DiskTable implements RecordTable {
    /** Stands for a key that was taken out. */
    private static final byte[] REMOVED = {};

    private final RocksEngine engine;
    private final BatchBuffer buffer;
    private final Runnable onWrite;
    /** Written since the last hand-over: packed records by key. */
    private Map<Bytes, byte[]> fresh = new HashMap<>();
    /** Handed over and perhaps not in the engine yet. */
    private Map<Bytes, byte[]> handedOver = new HashMap<>();

    private long keys;
    private long tombstones;
    private long expiring;
    private long bytes;

    /**
     * @param buffer where writes are gathered
     * @param onWrite called at each
     */
    DiskTable(RocksEngine engine, BatchBuffer buffer, Runnable onWrite) {
        this.engine = engine;
        this.buffer = buffer;
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

    /**
     * What is written so far is on its way to the engine.
     *
     * @param arrived whether what was handed over before has arrived there; else it goes again, with this
     */
    void handOver(boolean arrived) {
        if (arrived) {
            Map<Bytes, byte[]> empty = handedOver.size() > 1_000 ? new HashMap<>() : handedOver;
            empty.clear();
            handedOver = fresh;
            fresh = empty;
        } else {
            handedOver.putAll(fresh);
            fresh.clear();
        }
    }

    private static byte[] place(long hash, Bytes key) {
        byte[] place = new byte[Long.BYTES + key.length()];
        ByteBuffer.wrap(place).putLong(hash).put(key.array());
        return place;
    }

    private byte @Nullable [] packed(Bytes key) {
        byte[] packed = fresh.get(key);
        if (packed == null) {
            packed = handedOver.get(key);
        }
        if (packed == null) {
            return engine.get(RocksEngine.RECORDS, place(RecordTable.scanHash(key), key));
        }
        return packed.length == 0 ? null : packed;
    }

    @Override
    public @Nullable StoredRecord get(Bytes key) {
        byte[] packed = packed(key);
        return packed == null ? null : PackedRecord.unpack(packed);
    }

    @Override
    public boolean holds(Bytes key) {
        byte[] packed = packed(key);
        return packed != null && !PackedRecord.isTombstone(packed);
    }

    @Override
    public boolean apply(int position, Bytes key, @Nullable Bytes value, long deadlineMs, Version version) {
        byte[] present = packed(key);
        if (present != null) {
            if (PackedRecord.isNewerThan(present, version)) {
                return false;
            }
            count(present, -1);
        }
        byte[] packed = new byte[PackedRecord.length(key, value, deadlineMs)];
        PackedRecord.pack(packed, position, key, value, deadlineMs, version);
        count(packed, 1);
        fresh.put(key, packed);
        buffer.put(RocksEngine.RECORDS, place(RecordTable.scanHash(key), key), packed);
        onWrite.run();
        return true;
    }

    @Override
    public void remove(Bytes key) {
        byte[] present = packed(key);
        if (present != null) {
            count(present, -1);
            fresh.put(key, REMOVED);
            buffer.delete(RocksEngine.RECORDS, place(RecordTable.scanHash(key), key));
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
        Merge merge = new Merge(above(from), visitor);
        engine.scan(RocksEngine.RECORDS, start, merge);
        if (!merge.stopped) {
            merge.finish();
        }
    }

    private SortedMap<Bytes, byte[]> above(long from) {
        TreeMap<Bytes, byte[]> above = new TreeMap<>();
        for (Map<Bytes, byte[]> layer : List.of(handedOver, fresh)) {
            layer.forEach((key, packed) -> {
                long hash = RecordTable.scanHash(key);
                if (Long.compareUnsigned(hash, from) >= 0) {
                    above.put(Bytes.wrap(place(hash, key)), packed);
                }
            });
        }
        return above;
    }

    /** One walk: entries of the engine come in, those that lie over them go between. */
    private static final class Merge implements RocksEngine.Visitor {
        private final Iterator<Map.Entry<Bytes, byte[]>> above;
        private final PackedVisitor visitor;
        private Map.@Nullable Entry<Bytes, byte[]> next;
        private boolean stopped;

        Merge(SortedMap<Bytes, byte[]> above, PackedVisitor visitor) {
            this.above = above.entrySet().iterator();
            this.visitor = visitor;
            advance();
        }

        private void advance() {
            next = above.hasNext() ? above.next() : null;
        }

        @Override
        public boolean visit(byte[] key, byte[] value) {
            Bytes place = Bytes.wrap(key);
            Map.Entry<Bytes, byte[]> over = next;
            while (over != null && over.getKey().compareTo(place) < 0) {
                if (!show(over)) {
                    return false;
                }
                advance();
                over = next;
            }
            if (over != null && over.getKey().equals(place)) {
                advance();
                return show(over);
            }
            return show(key, value);
        }

        void finish() {
            for (Map.Entry<Bytes, byte[]> over = next; over != null && show(over); over = next) {
                advance();
            }
        }

        private boolean show(Map.Entry<Bytes, byte[]> over) {
            return over.getValue().length == 0 || show(over.getKey().array(), over.getValue());
        }

        private boolean show(byte[] place, byte[] packed) {
            stopped = !visitor.visit(ByteBuffer.wrap(place).getLong(), packed);
            return !stopped;
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
