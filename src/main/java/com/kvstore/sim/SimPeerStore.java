package com.kvstore.sim;

import com.kvstore.common.Bytes;
import com.kvstore.protocol.kernel.Persistent;
import com.kvstore.protocol.parts.PeerStorage;
import com.kvstore.protocol.parts.RecordTable;
import com.kvstore.storage.MemoryTable;
import com.kvstore.wire.PeerStateCodec;
import com.kvstore.wire.ProtocolException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * The disk of a peer of a group.
 *
 * <p>What a process writes between two syncs is one batch, which reaches the disk whole or not at all: a torn one has a wrong
 * checksum. A crash loses what was not handed over, and by chance what is on its way; a sync that fails may have brought all
 * of it. Values cross the real codec.
 *
 * <p>Threading: belongs to one simulation.
 */
final class SimPeerStore extends SyncedDisk<SimPeerStore.Image> {
    /** All that a peer keeps, as it is at one moment. */
    static final class Image {
        private final RecordTable table;
        private final TreeMap<Bytes, byte[]> values = new TreeMap<>();

        private Image(RecordTable table) {
            this.table = table;
        }
    }

    /** @param newDisk makes the table of a new, empty disk */
    SimPeerStore(Scheduler scheduler, SimRandom random, Supplier<RecordTable> newDisk) {
        super(scheduler, random, () -> new Image(newDisk.get()));
    }

    /** A process starts: what it finds is what it sees from then on. */
    PeerStorage open() {
        Image seen = new Image(new MemoryTable());
        image().table.scan(0, (hash, record) -> {
            seen.table.apply(record);
            return true;
        });
        seen.values.putAll(image().values);
        return new Opened(seen, begin());
    }

    @Override
    int keptInACrash(int waiting, int covered) {
        return wholeOrNothing(covered);
    }

    @Override
    int broughtByAFailedSync(int covered) {
        return wholeOrNothing(covered);
    }

    private int wholeOrNothing(int covered) {
        return random.chance(0.5) ? covered : 0;
    }

    /** What one life sees and writes. */
    private static final class Opened implements PeerStorage {
        private final Image seen;
        private final Consumer<Change<Image>> journal;
        private final RecordTable table;
        private final PeerStateCodec codec = new PeerStateCodec();
        private long written;

        private Opened(Image seen, Consumer<Change<Image>> journal) {
            this.seen = seen;
            this.journal = journal;
            this.table = new JournalledTable(seen.table, change -> write(image -> change.applyTo(image.table)));
        }

        private void write(Change<Image> change) {
            written++;
            change.applyTo(seen);
            journal.accept(change);
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

        private Persistent decode(byte[] value) {
            try {
                return codec.decode(value);
            } catch (ProtocolException broken) {
                throw new SimulationFailure("what was stored cannot be read: " + broken.getMessage(), broken);
            }
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
}
