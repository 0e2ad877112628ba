package com.kvstore.runtime;

import com.kvstore.protocol.kernel.Persistent;

/** Where a driver makes a machine's state durable. */
public interface Persistence {

    /** For a machine that keeps nothing: asking for durability is then a bug, and throws. */
    Persistence NONE = (token, state, outcome) -> {
        throw new IllegalStateException("this node keeps nothing on disk, yet was to persist " + state);
    };

    /**
     * Replaces the durable state. Does not block; of several states that wait, only the newest need be written.
     *
     * @param token rises from call to call
     * @param outcome told once for each token, in their order, on a thread of the implementation's
     */
    void write(long token, Persistent state, Outcome outcome);

    /**
     * Makes durable what was written to the node's storage so far. Does not block.
     *
     * @param token as above
     */
    default void sync(long token, Outcome outcome) {
        throw new IllegalStateException("this node keeps no data on disk, yet was to sync them");
    }

    /** Learns what became of a {@link #write}. */
    interface Outcome {
        void durable(long token);

        /** @param reason for people: what failed, on which file */
        void failed(long token, String reason);
    }
}
