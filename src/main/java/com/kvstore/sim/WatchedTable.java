package com.kvstore.sim;

import com.kvstore.common.Bytes;
import com.kvstore.common.Version;
import com.kvstore.protocol.parts.ForwardingTable;
import com.kvstore.protocol.parts.RecordTable;
import com.kvstore.protocol.parts.StoredRecord;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A peer's table, watched: whatever any peer stores under a version and a key, every other peer must store the same. For
 * protocols whose versions are places in one log, that is "the same log everywhere", also for what is overwritten before
 * anybody reads it.
 *
 * <p>Threading: belongs to one simulation.
 */
final class WatchedTable extends ForwardingTable {
    /** What was stored, by whomever first, in one simulation. */
    static final class Ledger {
        private record Place(Bytes key, Version version) {}

        private final Map<Place, Integer> contents = new HashMap<>();
        /** The newest delete of each key that a peer has forgotten, because all peers had it. */
        private final Map<Bytes, Version> forgotten = new HashMap<>();
        /**
         * Writes that are newer than a forgotten delete though numbered below it, and that delete: a peer whose clock is slow
         * took them before it could hear of anybody. They are nothing that was deleted.
         */
        private final Map<Place, Version> late = new HashMap<>();

        /** The store begins anew: its versions may come again. */
        void clear() {
            contents.clear();
            forgotten.clear();
            late.clear();
        }

        /** Whether this write's key was deleted later, and the delete forgotten because all peers had it. */
        boolean isForgotten(Bytes key, Version version) {
            Version delete = forgotten.get(key);
            return delete != null && !version.isNewerThan(delete) && !delete.equals(late.get(new Place(key, version)));
        }

        private void enter(String who, Bytes key, Version version, @Nullable Bytes value, long deadlineMs) {
            int content = Arrays.hashCode(new Object[] {value, deadlineMs});
            Place place = new Place(key, version);
            Integer before = contents.putIfAbsent(place, content);
            Version delete = forgotten.get(key);
            if (before == null && delete != null && delete.isNewerThan(version)) {
                late.put(place, delete);
            }
            if (before != null && before != content) {
                throw new SimulationFailure("two writes of one version: " + who + " stores " + value + " as " + key
                        + " at " + version + ", another peer something else");
            }
        }

        private void stored(String who, Bytes key, Version version) {
            Version delete = forgotten.get(key);
            if (delete != null && delete.isNewerThan(version) && isForgotten(key, version)) {
                throw new SimulationFailure("a delete came undone: " + who + " stores " + key + " at " + version
                        + ", which was deleted everywhere at " + delete);
            }
        }

        private void forget(Bytes key, Version version) {
            forgotten.merge(key, version, (one, other) -> one.isNewerThan(other) ? one : other);
        }
    }

    private final String who;
    private final @Nullable Ledger ledger;
    private final boolean forgetsDeletes;

    /**
     * @param ledger null: nothing is compared
     * @param forgetsDeletes whether a tombstone is taken out only once no older write of its key can turn up
     */
    WatchedTable(String who, RecordTable table, @Nullable Ledger ledger, boolean forgetsDeletes) {
        super(table);
        this.who = who;
        this.ledger = ledger;
        this.forgetsDeletes = forgetsDeletes;
    }

    @Override
    public boolean apply(int position, Bytes key, @Nullable Bytes value, long deadlineMs, Version version) {
        if (ledger != null) {
            ledger.enter(who, key, version, value, deadlineMs);
        }
        boolean stored = table.apply(position, key, value, deadlineMs, version);
        if (stored && value != null && ledger != null) {
            ledger.stored(who, key, version);
        }
        return stored;
    }

    @Override
    public void remove(Bytes key) {
        StoredRecord record = table.get(key);
        if (ledger != null && forgetsDeletes && record != null && record.isTombstone()) {
            ledger.forget(key, record.version());
        }
        table.remove(key);
    }
}
