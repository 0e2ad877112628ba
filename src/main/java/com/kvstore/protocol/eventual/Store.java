package com.kvstore.protocol.eventual;

import com.kvstore.common.Bytes;
import com.kvstore.common.Version;
import com.kvstore.protocol.parts.FullCopy;
import com.kvstore.protocol.parts.RecordTable;
import com.kvstore.protocol.parts.StoredRecord;
import java.util.ArrayList;
import java.util.List;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/**
 * The peer's records: newer wins, and a delete is a record too, a tombstone, until every listed peer has it.
 *
 * <p>Invariant: below the <b>horizon</b> this peer has had every write there is, and so has every other. So a record below
 * it whose key is not here is one that was deleted everywhere since: it arrives late, and is not let in.
 *
 * <p>Threading: one machine's.
 */
final class Store {
    private static final int PURGED_A_TURN = 10_000;
    private static final int LOOKED_AT_A_SWEEP = 10_000;

    private record Tombstone(Version version, Bytes key) implements Comparable<Tombstone> {
        @Override
        public int compareTo(Tombstone other) {
            int byVersion = version.compareTo(other.version);
            return byVersion != 0 ? byVersion : key.compareTo(other.key);
        }
    }

    private final RecordTable table;
    private final PriorityQueue<Tombstone> tombstones = new PriorityQueue<>();
    private long horizon;
    /** The horizon when it last decided anything: a tombstone was forgotten, a record was not let in. */
    private long purgedAt;

    private long sweepFrom;

    Store(RecordTable table) {
        this.table = table;
    }

    /** Goes on with what is in the table; of what lies up to {@code purged} something may have been forgotten. */
    void restore(long purged) {
        horizon = purged;
        purgedAt = purged;
        if (table.tombstones() > 0) {
            table.scan(0, (hash, record) -> {
                if (record.isTombstone()) {
                    tombstones.add(new Tombstone(record.version(), record.key()));
                }
                return true;
            });
        }
    }

    long purgedAt() {
        return purgedAt;
    }

    RecordTable table() {
        return table;
    }

    /** Everything of every peer up to this clock reading is everywhere. */
    long horizon() {
        return horizon;
    }

    /** Applies a record of another peer or of this one. */
    void apply(StoredRecord record) {
        if (Streams.clockOf(record.version()) <= horizon && table.get(record.key()) == null) {
            purgedAt = horizon;
            return;
        }
        if (table.apply(record) && record.isTombstone()) {
            tombstones.add(new Tombstone(record.version(), record.key()));
        }
    }

    /** Every listed peer has everything up to {@code clock}: tombstones up to there have done their work. */
    void purge(long clock) {
        horizon = Math.max(horizon, clock);
        for (int i = 0; i < PURGED_A_TURN; i++) {
            Tombstone oldest = tombstones.peek();
            if (oldest == null || Streams.clockOf(oldest.version()) > horizon) {
                return;
            }
            tombstones.poll();
            StoredRecord record = table.get(oldest.key());
            if (record != null && record.isTombstone() && record.version().equals(oldest.version())) {
                purgedAt = horizon;
                table.remove(oldest.key());
            }
        }
    }

    /**
     * Makes tombstones of values past their deadline, under the version they have: every peer comes to the same by itself,
     * and nothing needs to be sent.
     */
    void sweep(long nowMs) {
        if (table.expiring() == 0) {
            return;
        }
        List<StoredRecord> expired = new ArrayList<>();
        sweepFrom = table.findExpired(
                sweepFrom,
                LOOKED_AT_A_SWEEP,
                nowMs,
                (position, key, version) -> expired.add(new StoredRecord(FullCopy.POSITION, key, null, version)));
        expired.forEach(this::apply);
    }

    /** The version of what is here of {@code key}; null: nothing, not even a tombstone. */
    @Nullable Version versionOf(Bytes key) {
        StoredRecord record = table.get(key);
        return record == null ? null : record.version();
    }
}
