package com.kvstore.sim;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * A disk whose changes wait, in order, until a sync takes them to it; outlives its processes.
 *
 * <p>A crash keeps some of the first of those changes and loses the rest; how many, is a disk's own. A sync takes a random
 * time, and fails for as long as the disk is in trouble; then, too, some of what it covers may have reached the disk.
 *
 * <p>Threading: belongs to one simulation.
 *
 * @param <I> all that is kept, as it is at one moment
 */
abstract class SyncedDisk<I> implements SimStorage {
    private static final long USUAL_SYNC_NS = 20_000_000L;
    private static final long SLOW_SYNC_NS = 4_000_000_000L;

    /**
     * One change of what is kept.
     *
     * @param <I> what it changes
     */
    interface Change<I> {
        void applyTo(I image);
    }

    final SimRandom random;
    private final Scheduler scheduler;
    private final DiskTrouble trouble;
    private final Supplier<I> newImage;
    private I image;
    private final Deque<Change<I>> unsynced = new ArrayDeque<>();
    /** How many of those, the first, were written when a sync was asked for last. */
    private int covered;
    /** Counts lives, so that what an earlier one asked for is told from what this one does. */
    private int life;

    /** @param newImage makes what is on a new, empty disk */
    SyncedDisk(Scheduler scheduler, SimRandom random, Supplier<I> newImage) {
        this.scheduler = scheduler;
        this.random = random;
        this.trouble = new DiskTrouble(scheduler);
        this.newImage = newImage;
        this.image = newImage.get();
    }

    /** How many of the changes that wait, of which a sync was to bring the first {@code covered}, outlive a crash. */
    abstract int keptInACrash(int waiting, int covered);

    /** How many changes a sync that covers so many has brought to the disk when it fails. */
    abstract int broughtByAFailedSync(int covered);

    /** What a process that starts now would find. */
    final I image() {
        return image;
    }

    /** Whether all changes have reached the disk. */
    final boolean isSettled() {
        return unsynced.isEmpty();
    }

    /** A new, empty disk takes the place of this one; no process may be running. */
    void wipe() {
        image = newImage.get();
    }

    /** A process starts. @return takes its changes, in their order, for as long as it lives */
    final Consumer<Change<I>> begin() {
        int mine = ++life;
        return change -> {
            if (mine == life) {
                unsynced.add(change);
            }
        };
    }

    @Override
    public final void crashed() {
        life++;
        bring(keptInACrash(unsynced.size(), covered));
        unsynced.clear();
        covered = 0;
    }

    /** From now on {@code fault} strikes every sync, until then. */
    final void trouble(Fault fault, long untilNs) {
        switch (fault) {
            case FULL_SLAVE_DISK -> trouble.full(untilNs);
            case FAILED_SLAVE_SYNC -> trouble.failing(untilNs);
            case SLOW_SLAVE_DISK -> trouble.slow(untilNs);
            default -> throw new IllegalArgumentException(fault + " is no trouble of such a disk");
        }
    }

    /** No trouble any more. */
    final void mend() {
        trouble.mend();
    }

    @Override
    public final void sync(SimProcess by, long token) {
        covered = unsynced.size();
        int asked = life;
        boolean slow = trouble.isSlow();
        long latencyNs = random.skewed(slow ? USUAL_SYNC_NS : 50_000, slow ? SLOW_SYNC_NS : USUAL_SYNC_NS);
        scheduler.after(latencyNs, () -> {
            if (asked == life) {
                bring(trouble.isFailing() ? broughtByAFailedSync(covered) : covered);
                by.deliver(trouble.answer(token));
            }
        });
    }

    /** The first so many changes reach the disk. */
    private void bring(int changes) {
        for (int i = 0; i < changes; i++) {
            unsynced.remove().applyTo(image);
        }
        covered -= changes;
    }
}
