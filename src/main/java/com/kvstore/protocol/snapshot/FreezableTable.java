package com.kvstore.protocol.snapshot;

import com.kvstore.common.Bytes;
import com.kvstore.common.Version;
import com.kvstore.protocol.parts.BoundedScan;
import com.kvstore.protocol.parts.ForwardingTable;
import com.kvstore.protocol.parts.RecordTable;
import com.kvstore.protocol.parts.StoredRecord;
import java.util.HashSet;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A table that can be read as it was at a moment, while it changes: whatever is about to be changed and has not been read
 * yet is set aside first (copy on write).
 *
 * <p>Threading: one machine's. Any table may lie below it.
 *
 * <p>Bounded: what is set aside has at most {@value #MAX_SAVED_BYTES} bytes; beyond that the frozen state is given up.
 * Where nothing is frozen a call costs one comparison more.
 */
public final class FreezableTable extends ForwardingTable {
    static final long MAX_SAVED_BYTES = 256L << 20;

    private record Place(long hash, Bytes key) implements Comparable<Place> {
        @Override
        public int compareTo(Place other) {
            int byHash = Long.compareUnsigned(hash, other.hash);
            return byHash != 0 ? byHash : key.compareTo(other.key);
        }
    }

    /** What was there, null for nothing, of each key that has changed since and was not read. */
    private static final class Frozen {
        private final NavigableMap<Place, StoredRecord[]> saved = new TreeMap<>();
        private long savedBytes;
        /** Everything below (unsigned) has been read. */
        private long next;

        private boolean complete;
    }

    private @Nullable Frozen frozen;

    public FreezableTable(RecordTable table) {
        super(table);
    }

    /** From now on {@link #readFrozen} shows what the table holds at this moment. */
    public void freeze() {
        frozen = new Frozen();
    }

    /** Forgets what was frozen. */
    public void thaw() {
        frozen = null;
    }

    /** Whether there is a frozen state that can be read from {@code from} on. */
    public boolean isFrozen(long from) {
        Frozen state = frozen;
        return state != null && !state.complete && state.next == from;
    }

    /**
     * Reads on.
     *
     * @param maxBytes about so many
     * @param visitor sees each record of this step once, in no order
     * @return up to where, included, the frozen state has been read; {@link BoundedScan#END}: to its end
     */
    public long readFrozen(int maxBytes, Consumer<StoredRecord> visitor) {
        Frozen state = frozen;
        if (state == null) {
            throw new IllegalStateException("nothing is frozen");
        }
        Set<Bytes> seen = new HashSet<>();
        Step step = new Step(maxBytes, record -> {
            StoredRecord[] before = state.saved.get(new Place(RecordTable.scanHash(record.key()), record.key()));
            if (before == null) {
                visitor.accept(record);
            } else if (before.length > 0) {
                visitor.accept(before[0]);
                seen.add(record.key());
            } else {
                seen.add(record.key());
            }
        });
        step.run(table, state.next);
        long reached = step.reached();
        // What is not in the table any more was not met on the way.
        while (!state.saved.isEmpty()) {
            Map.Entry<Place, StoredRecord[]> first = state.saved.firstEntry();
            if (Long.compareUnsigned(first.getKey().hash(), reached) > 0) {
                break;
            }
            state.saved.pollFirstEntry();
            if (first.getValue().length > 0 && !seen.contains(first.getKey().key())) {
                visitor.accept(first.getValue()[0]);
            }
        }
        state.complete = reached == BoundedScan.END;
        state.next = reached + 1;
        return reached;
    }

    private static final class Step extends BoundedScan {
        private final int maxBytes;
        private final Consumer<StoredRecord> visitor;
        private long bytes;

        Step(int maxBytes, Consumer<StoredRecord> visitor) {
            this.maxBytes = maxBytes;
            this.visitor = visitor;
        }

        @Override
        protected boolean goOn(long nextHash) {
            if (spent() || bytes >= maxBytes) {
                stopAt(nextHash - 1);
                return false;
            }
            return true;
        }

        @Override
        protected void take(long scanHash, StoredRecord record) {
            bytes += bytesOf(record.key(), record.value());
            visitor.accept(record);
        }
    }

    private void beforeChange(Bytes key) {
        Frozen state = frozen;
        if (state == null || state.complete) {
            return;
        }
        long hash = RecordTable.scanHash(key);
        Place place = new Place(hash, key);
        if (Long.compareUnsigned(hash, state.next) < 0 || state.saved.containsKey(place)) {
            return;
        }
        StoredRecord record = table.get(key);
        state.saved.put(place, record == null ? new StoredRecord[0] : new StoredRecord[] {record});
        state.savedBytes += BoundedScan.bytesOf(key, record == null ? null : record.value());
        if (state.savedBytes > MAX_SAVED_BYTES) {
            frozen = null;
        }
    }

    @Override
    public boolean apply(int position, Bytes key, @Nullable Bytes value, long deadlineMs, Version version) {
        if (frozen != null) {
            beforeChange(key);
        }
        return table.apply(position, key, value, deadlineMs, version);
    }

    @Override
    public void remove(Bytes key) {
        if (frozen != null) {
            beforeChange(key);
        }
        table.remove(key);
    }

    @Override
    public void clear() {
        frozen = null;
        table.clear();
    }
}
