package com.kvstore.sim;

import com.kvstore.protocol.kernel.Input;

/**
 * What is wrong with one disk, and until when.
 *
 * <p>Threading: belongs to one simulation.
 */
final class DiskTrouble {
    private static final long LONGEST_TROUBLE_NS = 15_000_000_000L;
    private static final long LONGEST_SLOWNESS_NS = 40_000_000_000L;

    private final Scheduler scheduler;
    private long fullUntilNs;
    private long failsUntilNs;
    private long slowUntilNs;

    DiskTrouble(Scheduler scheduler) {
        this.scheduler = scheduler;
    }

    /** How long this lasts at the disk of a data node or of a peer. */
    static long lengthNs(Fault fault, SimRandom random) {
        return random.skewed(10_000_000, fault == Fault.SLOW_SLAVE_DISK ? LONGEST_SLOWNESS_NS : LONGEST_TROUBLE_NS);
    }

    void full(long untilNs) {
        fullUntilNs = untilNs;
    }

    void failing(long untilNs) {
        failsUntilNs = untilNs;
    }

    void slow(long untilNs) {
        slowUntilNs = untilNs;
    }

    /** No trouble any more. */
    void mend() {
        fullUntilNs = 0;
        failsUntilNs = 0;
        slowUntilNs = 0;
    }

    boolean isFull() {
        return scheduler.nowNs() < fullUntilNs;
    }

    boolean isSlow() {
        return scheduler.nowNs() < slowUntilNs;
    }

    /** Whether what ends now ends with an error. */
    boolean isFailing() {
        return isFull() || scheduler.nowNs() < failsUntilNs;
    }

    /** What is told to whoever asked for what ends now. */
    Input answer(long token) {
        return isFailing()
                ? new Input.PersistFailed(token, isFull() ? "No space left on device" : "Input/output error")
                : new Input.Persisted(token);
    }
}
