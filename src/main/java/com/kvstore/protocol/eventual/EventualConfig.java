package com.kvstore.protocol.eventual;

import com.kvstore.common.Group;

/**
 * How one peer of an eventual group is set up. Immutable.
 *
 * @param incarnation random, drawn when the process started; a stream's name is made of it
 * @param maxLogBytes own changes kept for peers that have not acknowledged them; beyond, they are repaired by digests
 * @param maxWaiting reads that may wait for a version or for the first repair
 */
public record EventualConfig(Group group, int self, long incarnation, long maxLogBytes, int maxWaiting) {
    /** How often a peer reports what it holds, and an idle one moves its clock on. */
    static final long REPORT_INTERVAL_NS = 250_000_000L;

    /** How often a peer looks for what it misses. */
    static final long REPAIR_INTERVAL_NS = 500_000_000L;

    /** An answer to a pull that takes longer is not waited for. */
    static final long PULL_TIMEOUT_NS = 2_000_000_000L;

    /** A link on which nothing is acknowledged for so long is given up for a new one. */
    static final long STUCK_NS = 3_000_000_000L;

    /** How long a read waits for what it asks for. */
    static final long READ_TIMEOUT_NS = 2_000_000_000L;

    /** How long a peer that starts empty looks for another one to fill it before it serves by itself. */
    static final long ALONE_AFTER_NS = 1_500_000_000L;

    /**
     * How long a process that has just started waits for the others' clocks before it numbers a write: a peer that was
     * away is connected to again within half a second.
     */
    static final long LISTEN_NS = 1_000_000_000L;

    public EventualConfig(Group group, int self, long incarnation) {
        this(group, self, incarnation, 64L * 1024 * 1024, 10_000);
    }

    /** The same, but for the stream, which is an earlier process's. */
    EventualConfig withIncarnation(long earlier) {
        return new EventualConfig(group, self, earlier, maxLogBytes, maxWaiting);
    }

    int index() {
        return group.indexOf(self);
    }

    long stream() {
        return Streams.of(index(), incarnation);
    }
}
