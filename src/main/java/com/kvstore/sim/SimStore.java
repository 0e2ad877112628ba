package com.kvstore.sim;

import com.kvstore.protocol.parts.RecordTable;
import com.kvstore.protocol.ring.SlaveStorage;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * A data node's disk.
 *
 * <p>A crash keeps what was synced and any number of the writes that follow it, in their order: what a journal with a torn
 * tail is read as. A sync that fails may have worked all the same, or a part of it.
 *
 * <p>Threading: belongs to one simulation.
 */
final class SimStore extends SyncedDisk<SlaveImage> {
    private final Supplier<RecordTable> newTable;
    private long incarnation;

    /** @param newTable makes the tables of a new, empty disk, and of what a process sees of it */
    SimStore(Scheduler scheduler, SimRandom random, Supplier<RecordTable> newTable) {
        super(scheduler, random, () -> new SlaveImage(newTable.get()));
        this.newTable = newTable;
        this.incarnation = random.nextLong();
    }

    @Override
    void wipe() {
        super.wipe();
        incarnation = random.nextLong();
    }

    /** A process starts: what it finds is what it sees from then on. */
    SlaveStorage open() {
        Consumer<Change<SlaveImage>> journal = begin();
        if (image().isRetired()) {
            wipe();
        }
        return image().open(newTable.get(), incarnation, journal);
    }

    @Override
    int keptInACrash(int waiting, int covered) {
        return random.below(waiting + 1);
    }

    @Override
    int broughtByAFailedSync(int covered) {
        return random.below(covered + 1);
    }
}
