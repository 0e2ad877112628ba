package com.kvstore.protocol.ring;

import com.kvstore.common.Bytes;
import com.kvstore.common.Version;
import com.kvstore.protocol.parts.RecordTable;
import com.kvstore.protocol.parts.StoredRecord;
import com.kvstore.protocol.twophase.TransactionLog;
import com.kvstore.protocol.twophase.TwoPhaseMessage.Prepare;
import com.kvstore.storage.MemoryTable;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** A slave's disk in a story: what was synced outlives its process, what was not is gone, the syncs fail when a test says so. */
final class KeptStorage implements SlaveStorage, TransactionLog, RecordTable {
    private interface Change {
        void applyTo(Image image);
    }

    private static final class Image {
        final MemoryTable table = new MemoryTable();
        final TreeMap<Version, Prepare> prepared = new TreeMap<>();
        final TreeSet<Version> committed = new TreeSet<>();
        Promise promise = Promise.NONE;
    }

    private final long incarnation;
    private final Image disk = new Image();
    private final List<Change> unsynced = new ArrayList<>();
    private Image seen = new Image();
    private long written;
    /** Null: the disk works. */
    @Nullable String trouble;

    KeptStorage(long incarnation) {
        this.incarnation = incarnation;
    }

    /** A process begins: it finds what was synced. */
    void open() {
        unsynced.clear();
        seen = new Image();
        disk.table.scan(0, (hash, record) -> {
            seen.table.apply(record);
            return true;
        });
        seen.prepared.putAll(disk.prepared);
        seen.committed.addAll(disk.committed);
        seen.promise = disk.promise;
    }

    /** @return whether all that was written is durable now */
    boolean sync() {
        if (trouble != null) {
            return false;
        }
        unsynced.forEach(change -> change.applyTo(disk));
        unsynced.clear();
        return true;
    }

    private void change(Change change) {
        written++;
        change.applyTo(seen);
        unsynced.add(change);
    }

    @Override
    public RecordTable table() {
        return this;
    }

    @Override
    public TransactionLog transactions() {
        return this;
    }

    @Override
    public long incarnation() {
        return incarnation;
    }

    @Override
    public Promise promise() {
        return seen.promise;
    }

    @Override
    public void promise(Promise latest) {
        change(image -> image.promise = latest);
    }

    @Override
    public void retire() {}

    @Override
    public boolean isDurable() {
        return true;
    }

    @Override
    public long written() {
        return written;
    }

    @Override
    public void prepared(Prepare prepare) {
        change(image -> image.prepared.put(prepare.transaction(), prepare));
    }

    @Override
    public void committed(Version transaction) {
        change(image -> {
            image.prepared.remove(transaction);
            image.committed.add(transaction);
        });
    }

    @Override
    public void aborted(Version transaction) {
        change(image -> image.prepared.remove(transaction));
    }

    @Override
    public void settled(Version transaction) {
        change(image -> image.committed.remove(transaction));
    }

    @Override
    public List<Prepare> preparedBefore() {
        return List.copyOf(seen.prepared.values());
    }

    @Override
    public List<Version> committedBefore() {
        return List.copyOf(seen.committed);
    }

    @Override
    public @Nullable StoredRecord get(Bytes key) {
        return seen.table.get(key);
    }

    @Override
    public boolean holds(Bytes key) {
        return seen.table.holds(key);
    }

    @Override
    public boolean apply(int position, Bytes key, @Nullable Bytes value, long deadlineMs, Version version) {
        StoredRecord present = seen.table.get(key);
        boolean stored = present == null || !present.version().isNewerThan(version);
        change(image -> image.table.apply(position, key, value, deadlineMs, version));
        return stored;
    }

    @Override
    public void remove(Bytes key) {
        change(image -> image.table.remove(key));
    }

    @Override
    public void clear() {
        change(image -> image.table.clear());
    }

    @Override
    public long keys() {
        return seen.table.keys();
    }

    @Override
    public long tombstones() {
        return seen.table.tombstones();
    }

    @Override
    public long expiring() {
        return seen.table.expiring();
    }

    @Override
    public long bytes() {
        return seen.table.bytes();
    }

    @Override
    public void scan(long from, Visitor visitor) {
        seen.table.scan(from, visitor);
    }

    @Override
    public long findExpired(long from, int limit, long nowMs, ExpiredVisitor visitor) {
        return seen.table.findExpired(from, limit, nowMs, visitor);
    }
}
