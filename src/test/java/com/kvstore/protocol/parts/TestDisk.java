package com.kvstore.protocol.parts;

import com.kvstore.common.Bytes;
import com.kvstore.protocol.kernel.Persistent;
import com.kvstore.storage.MemoryTable;
import java.util.Collection;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** A peer's disk in a story: a crash takes what was not synced. */
public final class TestDisk implements PeerStorage {
    private final RecordTable table = new MemoryTable();
    private final SortedMap<Bytes, Persistent> values = new TreeMap<>();
    private long written;
    /** As it was when the sync under way began; null: none is. */
    private @Nullable TestDisk syncing;

    private @Nullable TestDisk synced;

    /** A process begins, the one before has ended. @return what it sees: what was synced */
    public TestDisk open() {
        return synced == null ? new TestDisk() : synced.copy();
    }

    private TestDisk copy() {
        TestDisk copy = new TestDisk();
        table.scan(0, (hash, record) -> {
            copy.table.apply(record);
            return true;
        });
        copy.values.putAll(values);
        copy.synced = this;
        return copy;
    }

    /** A sync begins. */
    void sync() {
        syncing = copy();
    }

    /** It has ended well. */
    void synced() {
        synced = syncing;
        syncing = null;
    }

    @Override
    public RecordTable table() {
        return table;
    }

    @Override
    public Collection<Persistent> recovered() {
        return List.copyOf(values.values());
    }

    @Override
    public void put(Bytes key, Persistent value) {
        values.put(key, value);
        written++;
    }

    @Override
    public void remove(Bytes key) {
        values.remove(key);
        written++;
    }

    @Override
    public boolean isDurable() {
        return true;
    }

    @Override
    public long written() {
        return written;
    }
}
