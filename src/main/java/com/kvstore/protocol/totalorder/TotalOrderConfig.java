package com.kvstore.protocol.totalorder;

import com.kvstore.common.Group;

/**
 * How one peer of a total-order group is set up. Immutable.
 *
 * @param incarnation random, drawn when the process started
 * @param bootstrap whether a majority of empty peers may form the group
 * @param maxLogBytes delivered entries kept, over all lanes, for peers that lack them; who needs older ones takes a snapshot
 * @param maxWaiting requests that may be in hand at once
 */
public record TotalOrderConfig(
        Group group, int self, long incarnation, boolean bootstrap, long maxLogBytes, int maxWaiting) {
    static final long TICK_NS = 25_000_000L;
    static final long HEARTBEAT_NS = 100_000_000L;
    /** A lane that has been waited for so long is sealed. */
    static final long SUSPECT_NS = 400_000_000L;
    /** What a peer lacks and waits for, it asks others for, after so long. */
    static final long ASK_OTHERS_NS = 100_000_000L;
    /** A ballot that has not come to its end by then gives way to a higher one. */
    static final long BALLOT_NS = 300_000_000L;
    /** Without a word from a majority for so long, this peer refuses what it is asked. */
    static final long MAJORITY_NS = 1_500_000_000L;

    /** A disk that has something to sync and has ended nothing for so long is not waited for with the clock. */
    static final long SLOW_DISK_NS = 20_000_000L;

    static final long REQUEST_TIMEOUT_NS = 5_000_000_000L;
    /** A peer that takes messages and says nothing for so long gets a new link. */
    static final long SILENT_NS = 5_000_000_000L;

    public TotalOrderConfig(Group group, int self, long incarnation, boolean bootstrap) {
        this(group, self, incarnation, bootstrap, 32L * 1024 * 1024, 10_000);
    }

    int index() {
        return group.indexOf(self);
    }
}
