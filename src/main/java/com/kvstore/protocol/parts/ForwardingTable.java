package com.kvstore.protocol.parts;

import com.kvstore.common.Bytes;
import com.kvstore.common.Version;
import org.jspecify.annotations.Nullable;

/**
 * A table that leaves everything to another one, for those that do something besides.
 *
 * <p>Threading: that of the other one.
 */
public abstract class ForwardingTable implements RecordTable {
    protected final RecordTable table;

    protected ForwardingTable(RecordTable table) {
        this.table = table;
    }

    @Override
    public @Nullable StoredRecord get(Bytes key) {
        return table.get(key);
    }

    @Override
    public boolean holds(Bytes key) {
        return table.holds(key);
    }

    @Override
    public boolean apply(int position, Bytes key, @Nullable Bytes value, long deadlineMs, Version version) {
        return table.apply(position, key, value, deadlineMs, version);
    }

    @Override
    public void remove(Bytes key) {
        table.remove(key);
    }

    @Override
    public void clear() {
        table.clear();
    }

    @Override
    public long keys() {
        return table.keys();
    }

    @Override
    public long tombstones() {
        return table.tombstones();
    }

    @Override
    public long expiring() {
        return table.expiring();
    }

    @Override
    public long bytes() {
        return table.bytes();
    }

    @Override
    public void scan(long from, Visitor visitor) {
        table.scan(from, visitor);
    }

    @Override
    public long findExpired(long from, int limit, long nowMs, ExpiredVisitor visitor) {
        return table.findExpired(from, limit, nowMs, visitor);
    }
}
