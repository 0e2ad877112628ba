package com.kvstore.sim;

import com.kvstore.common.Bytes;
import com.kvstore.common.Version;
import com.kvstore.protocol.kernel.Input;
import com.kvstore.protocol.parts.RecordTable;
import com.kvstore.protocol.parts.StoredRecord;
import com.kvstore.protocol.ring.Promise;
import com.kvstore.protocol.ring.SlaveStorage;
import com.kvstore.protocol.twophase.TransactionLog;
import com.kvstore.protocol.twophase.TwoPhaseMessage.Prepare;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A data node's disk; outlives its processes.
 *
 * <p>What a process writes waits, in order, until a sync takes it to the disk. A crash keeps what was synced and any number
 * of the writes that follow it, in their order: what a journal with a torn tail is read as. A sync takes a random time, and
 * fails for as long as the disk is in trouble; it may have worked all the same.
 *
 * <p>Threading: belongs to one simulation.
 */
final class SimStore implements SimStorage {
    private static final long USUAL_SYNC_NS = 20_000_000L;
    private static final long SLOW_SYNC_NS = 4_000_000_000L;

    /** One change of what is kept. */
    private interface Write {
        void applyTo(Image image);
    }

    /** All that is kept, as it is at one moment. */
    private static final class Image {
        private final RecordTable table;
        private final TreeMap<Version, Prepare> prepared = new TreeMap<>();
        private final TreeSet<Version> committed = new TreeSet<>();
        private Promise promise = Promise.NONE;
        private boolean retired;

        Image(RecordTable table) {
            this.table = table;
        }
    }

    private final Scheduler scheduler;
    private final SimRandom random;
    private final Supplier<RecordTable> newTable;
    private Image disk;
    private long incarnation;
    private final Deque<Write> unsynced = new ArrayDeque<>();
    /** Counts lives, so that what an earlier one asked for is told from what this one does. */
    private int life;

    private long fullUntilNs;
    private long failsUntilNs;
    private long slowUntilNs;

    SimStore(Scheduler scheduler, SimRandom random, Supplier<RecordTable> newTable) {
        this.scheduler = scheduler;
        this.random = random;
        this.newTable = newTable;
        this.disk = new Image(newTable.get());
        this.incarnation = random.nextLong();
    }

    /** A new, empty disk takes the place of this one; no process may be running. */
    void wipe() {
        unsynced.clear();
        disk = new Image(newTable.get());
        incarnation = random.nextLong();
    }

    /** A process starts: what it finds is what it sees from then on. */
    SlaveStorage open() {
        life++;
        if (disk.retired) {
            wipe();
        }
        Image seen = new Image(newTable.get());
        disk.table.scan(0, (hash, record) -> {
            seen.table.apply(record);
            return true;
        });
        seen.prepared.putAll(disk.prepared);
        seen.committed.addAll(disk.committed);
        seen.promise = disk.promise;
        return new Opened(seen);
    }

    @Override
    public void crashed() {
        life++;
        for (int kept = random.below(unsynced.size() + 1); kept > 0; kept--) {
            unsynced.remove().applyTo(disk);
        }
        unsynced.clear();
    }

    /** From now on {@code fault} strikes every sync, until then. */
    void trouble(Fault fault, long untilNs) {
        switch (fault) {
            case FULL_SLAVE_DISK -> fullUntilNs = untilNs;
            case FAILED_SLAVE_SYNC -> failsUntilNs = untilNs;
            case SLOW_SLAVE_DISK -> slowUntilNs = untilNs;
            default -> throw new IllegalArgumentException(fault + " is no trouble of a data node's disk");
        }
    }

    /** No trouble any more. */
    void mend() {
        fullUntilNs = 0;
        failsUntilNs = 0;
        slowUntilNs = 0;
    }

    @Override
    public void sync(SimProcess by, long token) {
        int covered = unsynced.size();
        int asked = life;
        boolean slow = scheduler.nowNs() < slowUntilNs;
        long latencyNs = random.skewed(slow ? USUAL_SYNC_NS : 50_000, slow ? SLOW_SYNC_NS : USUAL_SYNC_NS);
        scheduler.after(latencyNs, () -> {
            if (asked == life) {
                ended(by, token, covered);
            }
        });
    }

    private void ended(SimProcess by, long token, int covered) {
        boolean full = scheduler.nowNs() < fullUntilNs;
        boolean failed = full || scheduler.nowNs() < failsUntilNs;
        int reached = failed ? random.below(covered + 1) : covered;
        for (int i = 0; i < reached; i++) {
            unsynced.remove().applyTo(disk);
        }
        by.deliver(
                failed
                        ? new Input.PersistFailed(token, full ? "No space left on device" : "Input/output error")
                        : new Input.Persisted(token));
    }

    /** What one life sees and writes. */
    private final class Opened implements SlaveStorage, TransactionLog, RecordTable {
        private final Image seen;
        private final List<Prepare> preparedBefore;
        private final List<Version> committedBefore;
        private final int mine = life;
        private long written;

        Opened(Image seen) {
            this.seen = seen;
            preparedBefore = List.copyOf(seen.prepared.values());
            committedBefore = List.copyOf(seen.committed);
        }

        private void write(Write write) {
            write.applyTo(seen);
            if (mine == life) {
                written++;
                unsynced.add(write);
            }
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
        public void promise(Promise promise) {
            write(image -> image.promise = promise);
        }

        @Override
        public void retire() {
            write(image -> image.retired = true);
        }

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
            write(image -> image.prepared.put(prepare.transaction(), prepare));
        }

        @Override
        public void committed(Version transaction) {
            write(image -> {
                image.prepared.remove(transaction);
                image.committed.add(transaction);
            });
        }

        @Override
        public void aborted(Version transaction) {
            write(image -> image.prepared.remove(transaction));
        }

        @Override
        public void settled(Version transaction) {
            Write write = image -> image.committed.remove(transaction);
            write.applyTo(seen);
            if (mine == life) {
                unsynced.add(write);
            }
        }

        @Override
        public List<Prepare> preparedBefore() {
            return preparedBefore;
        }

        @Override
        public List<Version> committedBefore() {
            return committedBefore;
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
            if (present != null && present.version().isNewerThan(version)) {
                return false;
            }
            write(image -> image.table.apply(position, key, value, deadlineMs, version));
            return true;
        }

        @Override
        public void remove(Bytes key) {
            write(image -> image.table.remove(key));
        }

        @Override
        public void clear() {
            write(image -> image.table.clear());
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
}
