package com.kvstore.sim;

import com.kvstore.protocol.kernel.Input;
import com.kvstore.protocol.kernel.Persistent;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * Where a node keeps its one durable state; outlives its processes. Two nodes may have it in common, as hosts that share a
 * volume do: then whoever started last may write, and the writes of the other fail.
 *
 * <p>Writes end in the order they were asked for, each after a random time. A crash loses what was not confirmed, or, by
 * chance, some of it was on the disk already. A write is whole or not there at all: a torn one has a wrong checksum, and
 * the reader falls back on the state before it, which is what a lost write looks like.
 */
final class SimDisk {
    private static final long SLOW_WRITE_NS = 4_000_000_000L;

    /** Not a record: two writes of one state are two writes. */
    private static final class Write {
        private final SimProcess process;
        private final long token;
        private final Persistent state;

        private Write(SimProcess process, long token, Persistent state) {
            this.process = process;
            this.token = token;
            this.state = state;
        }
    }

    private final Scheduler scheduler;
    private final SimRandom random;
    private final DiskTrouble trouble;
    private long maxWriteNs;
    private final ArrayDeque<Write> underWay = new ArrayDeque<>();
    private @Nullable SimProcess owner;
    private long lastEndNs;
    private @Nullable Persistent durable;

    SimDisk(Scheduler scheduler, SimRandom random, long maxWriteNs) {
        this.scheduler = scheduler;
        this.random = random;
        this.trouble = new DiskTrouble(scheduler);
        this.maxWriteNs = maxWriteNs;
    }

    /** What a process that starts now would find; null: nothing. */
    @Nullable Persistent durable() {
        return durable;
    }

    /** A process starts and takes the disk from whoever had it. @return what is durable */
    @Nullable Persistent open(SimProcess process) {
        if (owner != null && owner != process) {
            ArrayDeque<Write> lost = new ArrayDeque<>(underWay);
            crashed(owner);
            lost.forEach(this::refuse);
        }
        owner = process;
        return durable;
    }

    /** From now on {@code fault} strikes every write, until then. */
    void trouble(Fault fault, long untilNs) {
        switch (fault) {
            case FULL_DISK -> trouble.full(untilNs);
            case FAILED_SYNC -> trouble.failing(untilNs);
            case SLOW_DISK -> trouble.slow(untilNs);
            default -> throw new IllegalArgumentException(fault + " is no trouble of a disk");
        }
    }

    /** From now on a write takes up to so long where nothing is wrong. */
    void isAsSlowAs(long longestNs) {
        maxWriteNs = longestNs;
    }

    /** No trouble any more. */
    void mend() {
        trouble.mend();
    }

    void persist(SimProcess process, long token, Persistent state) {
        Write write = new Write(process, token, state);
        if (process != owner) {
            refuse(write);
            return;
        }
        underWay.add(write);
        boolean slow = trouble.isSlow();
        long latencyNs = random.skewed(slow ? maxWriteNs : 10_000, slow ? SLOW_WRITE_NS : maxWriteNs);
        lastEndNs = Math.max(lastEndNs + 1, scheduler.nowNs() + latencyNs);
        scheduler.at(lastEndNs, () -> ended(write));
    }

    private void refuse(Write write) {
        scheduler.after(
                maxWriteNs,
                () -> write.process.deliver(new Input.PersistFailed(write.token, "another process has the directory")));
    }

    /** The process that wrote is gone. */
    void crashed(SimProcess process) {
        if (process != owner) {
            return;
        }
        while (!underWay.isEmpty() && random.chance(0.5)) {
            durable = underWay.remove().state;
        }
        underWay.clear();
        lastEndNs = 0;
    }

    private void ended(Write write) {
        if (underWay.peek() != write) {
            return; // a crash came first
        }
        underWay.remove();
        if (!trouble.isFull() && (!trouble.isFailing() || random.chance(0.5))) {
            durable = write.state;
        }
        write.process.deliver(trouble.answer(write.token));
    }
}
