package com.kvstore.sim;

import com.kvstore.protocol.kernel.Input;
import com.kvstore.protocol.kernel.Persistent;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * Where a node keeps its one durable state; outlives its processes.
 *
 * <p>Writes end in the order they were asked for, each after a random time. A crash loses what was not confirmed, or, by
 * chance, some of it was on the disk already. While it fails, a write is answered {@code PersistFailed}, and by chance it
 * is there all the same.
 */
final class SimDisk {
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
    private final long maxWriteNs;
    private final ArrayDeque<Write> underWay = new ArrayDeque<>();
    private long lastEndNs;
    private long failsUntilNs;
    private @Nullable Persistent durable;

    SimDisk(Scheduler scheduler, SimRandom random, long maxWriteNs) {
        this.scheduler = scheduler;
        this.random = random;
        this.maxWriteNs = maxWriteNs;
    }

    /** What a process finds when it starts. */
    @Nullable Persistent durable() {
        return durable;
    }

    void failUntil(long timeNs) {
        failsUntilNs = timeNs;
    }

    void persist(SimProcess process, long token, Persistent state) {
        Write write = new Write(process, token, state);
        underWay.add(write);
        lastEndNs = Math.max(lastEndNs + 1, scheduler.nowNs() + random.skewed(10_000, maxWriteNs));
        scheduler.at(lastEndNs, () -> ended(write));
    }

    /** The process that wrote is gone. */
    void crashed() {
        while (!underWay.isEmpty() && random.chance(0.5)) {
            durable = underWay.remove().state;
        }
        underWay.clear();
    }

    private void ended(Write write) {
        if (underWay.peek() != write) {
            return; // a crash came first
        }
        underWay.remove();
        boolean failed = scheduler.nowNs() < failsUntilNs;
        if (!failed || random.chance(0.5)) {
            durable = write.state;
        }
        write.process.deliver(
                failed
                        ? new Input.PersistFailed(write.token, "No space left on device")
                        : new Input.Persisted(write.token));
    }
}
