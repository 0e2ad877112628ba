package com.kvstore.protocol.movement;

import com.kvstore.common.Bytes;
import com.kvstore.common.Version;
import com.kvstore.protocol.movement.MoveMessage.Chunk;
import com.kvstore.protocol.movement.MoveMessage.Fetch;
import com.kvstore.protocol.movement.MoveMessage.MoveProgress;
import com.kvstore.protocol.movement.MoveMessage.StartMove;
import com.kvstore.protocol.parts.BoundedScan;
import com.kvstore.protocol.parts.PieceScan;
import com.kvstore.protocol.parts.RecordTable;
import com.kvstore.protocol.parts.StoredRecord;
import com.kvstore.protocol.parts.Stretch;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One move at its target: how far it is, and what each piece of it does to the table.
 *
 * <p>Invariants: everything below {@code next} (unsigned) has been compared with the source, but for an answer that
 * was checked and not applied yet; no record outside the
 * move's ranges is ever touched; no record of the move's epoch or newer is ever dropped or replaced by an older one.
 */
final class Filling {
    private final RecordTable table;
    private final StartMove start;
    private final PositionSet ranges;

    /** Where the next step begins. */
    private long next;

    /** Whether there is nothing more to ask for. */
    private boolean complete;

    private long keys;
    private long bytes;

    Filling(RecordTable table, StartMove start) {
        this.table = table;
        this.start = start;
        this.ranges = new PositionSet(start.ranges());
    }

    /** The question for the next {@code maxBytes} or so. */
    Fetch fetch(int maxBytes) {
        PieceScan scan = new PieceScan(ranges::contains, /* tombstonesCount= */ false, maxBytes / 8);
        scan.run(table, next);
        return new Fetch(start.move(), next, scan.pieces(), maxBytes);
    }

    /**
     * Whether this answers what was asked; what is asked next begins behind it. {@link #apply} takes it in, at once or later:
     * what is written here in between is of the move's epoch or newer, which nothing below touches.
     *
     * @return why it cannot be an answer; null: it is one
     */
    @Nullable String check(Chunk chunk) {
        if (Long.compareUnsigned(chunk.last(), next) < 0) {
            return "the source answered for what it was not asked";
        }
        long from = next;
        for (Stretch stretch : chunk.differing()) {
            if (Long.compareUnsigned(stretch.first(), from) < 0
                    || Long.compareUnsigned(stretch.last(), stretch.first()) < 0
                    || Long.compareUnsigned(stretch.last(), chunk.last()) > 0) {
                return "the source answered for what it was not asked";
            }
            from = stretch.last();
            for (StoredRecord record : stretch.records()) {
                if (ranges.contains(record.position())) {
                    keys++;
                    bytes += BoundedScan.bytesOf(record.key(), record.value());
                }
            }
        }
        reached(chunk.last());
        return null;
    }

    /** Takes in what {@link #check} has found to be an answer. */
    void apply(Chunk chunk) {
        for (Stretch stretch : chunk.differing()) {
            dropWhatTheSourceLacks(stretch);
            for (StoredRecord record : stretch.records()) {
                if (ranges.contains(record.position())) {
                    table.apply(record);
                }
            }
        }
    }

    /** Without a source: drops the next few of what is older than the move. */
    void erase() {
        List<Bytes> old = new ArrayList<>();
        BoundedScan scan = new BoundedScan() {
            @Override
            protected boolean goOn(long nextHash) {
                if (spent()) {
                    stopAt(nextHash - 1);
                    return false;
                }
                return true;
            }

            @Override
            protected void take(long scanHash, StoredRecord record) {
                if (isOlderThanTheMove(record)) {
                    old.add(record.key());
                }
            }
        };
        scan.run(table, next);
        old.forEach(table::remove);
        keys += old.size();
        reached(scan.reached());
    }

    /**
     * The source is in sync and has applied every transaction older than the move, so of what is older its word is final:
     * what it lacks is gone, and where it has an older version than this node, this node's was never acknowledged.
     */
    private void dropWhatTheSourceLacks(Stretch stretch) {
        List<StoredRecord> old = new ArrayList<>();
        table.scan(stretch.first(), (scanHash, record) -> {
            if (Long.compareUnsigned(scanHash, stretch.last()) > 0) {
                return false;
            }
            if (isOlderThanTheMove(record)) {
                old.add(record);
            }
            return true;
        });
        if (old.isEmpty()) {
            return;
        }
        Map<Bytes, Version> atSource = new HashMap<>();
        for (StoredRecord record : stretch.records()) {
            atSource.put(record.key(), record.version());
        }
        for (StoredRecord record : old) {
            Version version = atSource.get(record.key());
            if (version == null || record.version().isNewerThan(version)) {
                table.remove(record.key());
            }
        }
    }

    private boolean isOlderThanTheMove(StoredRecord record) {
        return record.version().epoch() < start.epoch() && ranges.contains(record.position());
    }

    private void reached(long last) {
        complete = last == BoundedScan.END;
        next = last + 1;
    }

    boolean complete() {
        return complete;
    }

    long keys() {
        return keys;
    }

    long bytes() {
        return bytes;
    }

    MoveProgress progress() {
        double fraction = complete ? 1 : (next >>> 11) / (double) (1L << 53);
        return new MoveProgress(start.move(), keys, bytes, fraction);
    }
}
