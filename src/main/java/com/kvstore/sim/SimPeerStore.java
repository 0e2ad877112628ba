package com.kvstore.sim;

import com.kvstore.common.Bytes;
import com.kvstore.common.Version;
import com.kvstore.protocol.kernel.Input;
import com.kvstore.protocol.kernel.Persistent;
import com.kvstore.protocol.parts.PeerStorage;
import com.kvstore.protocol.parts.RecordTable;
import com.kvstore.protocol.parts.StoredRecord;
import com.kvstore.storage.MemoryTable;
import com.kvstore.wire.PeerStateCodec;
import com.kvstore.wire.ProtocolException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The disk of a peer of a group; outlives its processes.
 *
 * <p>What a process writes between two syncs is one batch, which reaches the disk whole or not at all: a torn one has a wrong
 * checksum. A crash loses what was not handed over, and by chance what is on its way. A sync takes a random time, and fails
 * for as long as the disk is in trouble; what it was to bring may be there all the same, and comes again with the next one.
 * Values cross the real codec.
 *
 * <p>Threading: belongs to one simulation.
 */
final class SimPeerStore implements SimStorage {
    private static final long USUAL_SYNC_NS = 20_000_000L;
    private static final long SLOW_SYNC_NS = 4_000_000_000L;

    /** One change of what is kept. */
    private interface Write {
        void applyTo(Image image);
    }

    private static final class Image {
        private final RecordTable table;
        private final TreeMap<Bytes, byte[]> values = new TreeMap<>();

        private Image(RecordTable table) {
            this.table = table;
        }
    }

    private final Scheduler scheduler;
    private final SimRandom random;
    private final Supplier<RecordTable> newDisk;
    private final PeerStateCodec codec = new PeerStateCodec();
    private Image disk;
    /** Written since the last sync was asked for. */
    private List<Write> fresh = new ArrayList<>();
    /** Handed over, and not known to be on the disk. */
    private List<Write> underWay = new ArrayList<>();
    /** How many of those have reached the disk though it said they had not: they come again, and change nothing. */
    private int reached;

    /** Counts lives, so that what an earlier one asked for is told from what this one does. */
    private int life;

    private long fullUntilNs;
    private long failsUntilNs;
    private long slowUntilNs;

    /** @param newDisk makes the table of a new, empty disk */
    SimPeerStore(Scheduler scheduler, SimRandom random, Supplier<RecordTable> newDisk) {
        this.scheduler = scheduler;
        this.random = random;
        this.newDisk = newDisk;
        this.disk = new Image(newDisk.get());
    }

    /** A new, empty disk takes the place of this one; no process may be running. */
    void wipe() {
        disk = new Image(newDisk.get());
    }

    /** A process starts: what it finds is what it sees from then on. */
    PeerStorage open() {
        life++;
        Image seen = new Image(new MemoryTable());
        disk.table.scan(0, (hash, record) -> {
            seen.table.apply(record);
            return true;
        });
        seen.values.putAll(disk.values);
        return new Opened(seen);
    }

    @Override
    public void crashed() {
        life++;
        if (random.chance(0.5)) {
            reach();
        }
        underWay.clear();
        fresh.clear();
        reached = 0;
    }

    /** From now on {@code fault} strikes every sync, until then. */
    void trouble(Fault fault, long untilNs) {
        switch (fault) {
            case FULL_SLAVE_DISK -> fullUntilNs = untilNs;
            case FAILED_SLAVE_SYNC -> failsUntilNs = untilNs;
            case SLOW_SLAVE_DISK -> slowUntilNs = untilNs;
            default -> throw new IllegalArgumentException(fault + " is no trouble of a peer's disk");
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
        underWay.addAll(fresh);
        fresh.clear();
        int asked = life;
        boolean slow = scheduler.nowNs() < slowUntilNs;
        long latencyNs = random.skewed(slow ? USUAL_SYNC_NS : 50_000, slow ? SLOW_SYNC_NS : USUAL_SYNC_NS);
        scheduler.after(latencyNs, () -> {
            if (asked == life) {
                ended(by, token);
            }
        });
    }

    private void ended(SimProcess by, long token) {
        boolean full = scheduler.nowNs() < fullUntilNs;
        boolean failed = full || scheduler.nowNs() < failsUntilNs;
        if (!failed || random.chance(0.5)) {
            reach();
        }
        if (!failed) {
            underWay.clear();
            reached = 0;
        }
        by.deliver(
                failed
                        ? new Input.PersistFailed(token, full ? "No space left on device" : "Input/output error")
                        : new Input.Persisted(token));
    }

    private void reach() {
        underWay.subList(reached, underWay.size()).forEach(write -> write.applyTo(disk));
        reached = underWay.size();
    }

    private Persistent decode(byte[] value) {
        try {
            return codec.decode(value);
        } catch (ProtocolException broken) {
            throw new SimulationFailure("what was stored cannot be read: " + broken.getMessage(), broken);
        }
    }

    /** What one life sees and writes. */
    private final class Opened implements PeerStorage {
        private final Image seen;
        private final RecordTable table;
        private final int mine = life;
        private long written;

        private Opened(Image seen) {
            this.seen = seen;
            this.table = new Table(this, seen.table);
        }

        private void write(Write write) {
            write.applyTo(seen);
            if (mine == life) {
                written++;
                fresh.add(write);
            }
        }

        @Override
        public RecordTable table() {
            return table;
        }

        @Override
        public Collection<Persistent> recovered() {
            List<Persistent> values = new ArrayList<>();
            seen.values.values().forEach(value -> values.add(decode(value)));
            return values;
        }

        @Override
        public void put(Bytes key, Persistent value) {
            byte[] bytes = codec.encode(value);
            write(image -> image.values.put(key, bytes));
        }

        @Override
        public void remove(Bytes key) {
            write(image -> image.values.remove(key));
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

    /** The records of one life. */
    private static final class Table implements RecordTable {
        private final Opened opened;
        private final RecordTable seen;

        private Table(Opened opened, RecordTable seen) {
            this.opened = opened;
            this.seen = seen;
        }

        @Override
        public @Nullable StoredRecord get(Bytes key) {
            return seen.get(key);
        }

        @Override
        public boolean holds(Bytes key) {
            return seen.holds(key);
        }

        @Override
        public boolean apply(int position, Bytes key, @Nullable Bytes value, long deadlineMs, Version version) {
            StoredRecord present = seen.get(key);
            if (present != null && present.version().isNewerThan(version)) {
                return false;
            }
            opened.write(image -> image.table.apply(position, key, value, deadlineMs, version));
            return true;
        }

        @Override
        public void remove(Bytes key) {
            if (seen.get(key) != null) {
                opened.write(image -> image.table.remove(key));
            }
        }

        @Override
        public void clear() {
            opened.write(image -> image.table.clear());
        }

        @Override
        public long keys() {
            return seen.keys();
        }

        @Override
        public long tombstones() {
            return seen.tombstones();
        }

        @Override
        public long expiring() {
            return seen.expiring();
        }

        @Override
        public long bytes() {
            return seen.bytes();
        }

        @Override
        public void scan(long from, Visitor visitor) {
            seen.scan(from, visitor);
        }

        @Override
        public long findExpired(long from, int limit, long nowMs, ExpiredVisitor visitor) {
            return seen.findExpired(from, limit, nowMs, visitor);
        }
    }
}
