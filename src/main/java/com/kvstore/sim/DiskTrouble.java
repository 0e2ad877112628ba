package com.kvstore.sim;

import com.kvstore.protocol.kernel.Input;

/**
 * What is wrong with one disk, and until when.
 *
 * <p>Threading: belongs to one simulation.
 */
final class DiskTrouble {
    private final Scheduler scheduler;
    private long fullUntilNs;
    private long failsUntilNs;
    private long slowUntilNs;

    DiskTrouble(Scheduler scheduler) {
        this.scheduler = scheduler;
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
