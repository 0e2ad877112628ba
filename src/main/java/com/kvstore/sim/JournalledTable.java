package com.kvstore.sim;

import com.kvstore.common.Bytes;
import com.kvstore.common.Version;
import com.kvstore.protocol.parts.ForwardingTable;
import com.kvstore.protocol.parts.RecordTable;
import com.kvstore.protocol.parts.StoredRecord;
import com.kvstore.sim.SyncedDisk.Change;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The records that one life sees, whose changes go through a journal.
 *
 * <p>Threading: belongs to one simulation.
 */
final class JournalledTable extends ForwardingTable {
    private final Consumer<Change<RecordTable>> journal;

    /** @param journal takes a change and makes it, to {@code seen} too */
    JournalledTable(RecordTable seen, Consumer<Change<RecordTable>> journal) {
        super(seen);
        this.journal = journal;
    }

    @Override
    public boolean apply(int position, Bytes key, @Nullable Bytes value, long deadlineMs, Version version) {
        StoredRecord present = table.get(key);
        if (present != null && present.version().isNewerThan(version)) {
            return false;
        }
        journal.accept(records -> records.apply(position, key, value, deadlineMs, version));
        return true;
    }

    @Override
    public void remove(Bytes key) {
        if (table.get(key) != null) {
            journal.accept(records -> records.remove(key));
        }
    }

    @Override
    public void clear() {
        journal.accept(RecordTable::clear);
    }
}
