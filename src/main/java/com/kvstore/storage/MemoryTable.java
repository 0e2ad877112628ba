package com.kvstore.storage;

import com.kvstore.common.Bytes;
import com.kvstore.common.Expiry;
import com.kvstore.common.Version;
import com.kvstore.protocol.parts.RecordTable;
import com.kvstore.protocol.parts.StoredRecord;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A record table in memory: one hash table whose slots, read from the first to the last, are in scan order, so that a
 * scan sorts nothing and can begin anywhere.
 *
 * <p>Threading: not thread-safe; belongs to one machine.
 *
 * <p>How: open addressing with linear probing. A record's home slot is the top bits of its scan hash, so homes rise with
 * hashes; within a run of occupied slots the records are kept sorted by hash. Nothing wraps around: behind the last home
 * lie spare slots for the last run. Sorted order also ends a search for an absent key early, and makes growing one pass
 * over both arrays (some 10 ms for a million records).
 *
 * <p>Memory: a record is one packed array; beside it 12 bytes a slot, at most 70 % of the slots taken. About 190 bytes
 * for a key of 16 bytes and a value of 100.
 *
 * <p>Invariants: hashes of occupied slots rise (unsigned) with the slot; every slot from a record's home to its place is
 * occupied; the last slot is empty, so that no loop over a run needs a bound.
 *
 * <p>Failure behaviour: keys made to share their hash make a run long, which costs time in proportion to its length and
 * nothing else. Out of memory, the table is as it was before the call.
 *
 * <p>Source: Amble and Knuth, Ordered hash tables, The Computer Journal 17 (1974).
 */
public final class MemoryTable implements RecordTable {
    private static final int MIN_BITS = 6;
    private static final int MAX_BITS = 29;
    private static final int SPARE_SLOTS = 64;
    /** A table this empty is made smaller: one part in so many. */
    private static final int SHRINK_BELOW = 8;

    /** The slots' homes number 2 to this. */
    private int bits;
    /** Scan hashes; what stands beside an empty slot means nothing. */
    private long[] hashes;
    /** Packed records; null: an empty slot. */
    private byte[][] records;

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
        int slot = find(RecordTable.scanHash(key), key);
        return slot < 0 ? null : PackedRecord.unpack(records[slot]);
    }

    @Override
    public boolean holds(Bytes key) {
        int slot = find(RecordTable.scanHash(key), key);
        return slot >= 0 && !PackedRecord.isTombstone(records[slot]);
    }

    @Override
    public boolean apply(int position, Bytes key, @Nullable Bytes value, long deadlineMs, Version version) {
        long hash = RecordTable.scanHash(key);
        int slot = find(hash, key);
        int length = PackedRecord.length(key, value, deadlineMs);
        if (slot >= 0) {
            byte[] present = records[slot];
            if (PackedRecord.isNewerThan(present, version)) {
                return false;
            }
            byte[] packed = present.length == length ? present : new byte[length];
            count(present, -1);
            PackedRecord.pack(packed, position, key, value, deadlineMs, version);
            count(packed, 1);
            records[slot] = packed;
            return true;
        }
        byte[] packed = new byte[length];
        PackedRecord.pack(packed, position, key, value, deadlineMs, version);
        if ((size() + 1) * 10 > homes() * 7) {
            rebuild(bits + 1);
            slot = find(hash, key);
        }
        insert(~slot, hash, packed);
        count(packed, 1);
        return true;
    }

    @Override
    public void remove(Bytes key) {
        int slot = find(RecordTable.scanHash(key), key);
        if (slot < 0) {
            return;
        }
        count(records[slot], -1);
        // What follows in the run moves one slot towards its home, up to the first record that is at home.
        int end = slot + 1;
        while (records[end] != null && home(hashes[end], bits) < end) {
            end++;
        }
        System.arraycopy(hashes, slot + 1, hashes, slot, end - slot - 1);
        System.arraycopy(records, slot + 1, records, slot, end - slot - 1);
        records[end - 1] = null;
        if (bits > MIN_BITS && size() < homes() / SHRINK_BELOW) {
            rebuild(bits - 1);
        }
    }

    @Override
    public final void clear() {
        bits = MIN_BITS;
        hashes = new long[(1 << MIN_BITS) + SPARE_SLOTS];
        records = new byte[hashes.length][];
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
        for (int slot = home(from, bits); slot < records.length; slot++) {
            byte[] packed = records[slot];
            if (packed != null
                    && Long.compareUnsigned(hashes[slot], from) >= 0
                    && !visitor.visit(hashes[slot], PackedRecord.unpack(packed))) {
                return;
            }
        }
    }

    @Override
    public long findExpired(long from, int limit, long nowMs, ExpiredVisitor visitor) {
        int end = home(from, bits) + limit;
        for (int slot = home(from, bits); slot < records.length; slot++) {
            byte[] packed = records[slot];
            if (packed == null || Long.compareUnsigned(hashes[slot], from) < 0) {
                continue;
            }
            if (slot >= end && hashes[slot] != hashes[slot - 1]) {
                return hashes[slot];
            }
            if (Expiry.isPast(PackedRecord.deadlineMs(packed), nowMs)) {
                PackedRecord.visitExpired(packed, visitor);
            }
        }
        return 0;
    }

    private long size() {
        return keys + tombstones;
    }

    private long homes() {
        return 1L << bits;
    }

    private static int home(long hash, int bits) {
        return (int) (hash >>> (64 - bits));
    }

    /** The slot of {@code key}; the complement of the slot to insert it at if it is not there. */
    private int find(long hash, Bytes key) {
        int slot = home(hash, bits);
        while (records[slot] != null) {
            long present = hashes[slot];
            if (present == hash) {
                if (PackedRecord.isOf(records[slot], key)) {
                    return slot;
                }
            } else if (Long.compareUnsigned(present, hash) > 0) {
                break;
            }
            slot++;
        }
        return ~slot;
    }

    private void insert(int slot, long hash, byte[] packed) {
        int empty = slot;
        while (records[empty] != null) {
            empty++;
        }
        keepLastEmpty(empty);
        System.arraycopy(hashes, slot, hashes, slot + 1, empty - slot);
        System.arraycopy(records, slot, records, slot + 1, empty - slot);
        hashes[slot] = hash;
        records[slot] = packed;
    }

    /** Makes room behind the last home if {@code slot}, about to be taken, is the last one. */
    private void keepLastEmpty(int slot) {
        if (slot == records.length - 1) {
            int longer = records.length + (records.length - (1 << bits));
            long[] longerHashes = Arrays.copyOf(hashes, longer);
            records = Arrays.copyOf(records, longer);
            hashes = longerHashes;
        }
    }

    /** Lays all records out anew over another number of homes, in one pass: they are already in order. */
    private void rebuild(int newBits) {
        if (newBits > MAX_BITS) {
            throw new IllegalStateException("a table in memory cannot hold more than " + size()
                    + " records: add servers, so that each keeps fewer");
        }
        int spare = records.length - (1 << bits);
        MemoryTable target = new MemoryTable();
        target.bits = newBits;
        target.hashes = new long[(1 << newBits) + spare];
        target.records = new byte[target.hashes.length][];
        int next = 0;
        for (int slot = 0; slot < records.length; slot++) {
            if (records[slot] != null) {
                int at = Math.max(next, home(hashes[slot], newBits));
                target.keepLastEmpty(at);
                target.hashes[at] = hashes[slot];
                target.records[at] = records[slot];
                next = at + 1;
            }
        }
        bits = newBits;
        hashes = target.hashes;
        records = target.records;
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
