package com.kvstore.client;

/**
 * How a {@link KvClient} reads single keys. Reads of several keys, scans and counts are always as the protocol promises.
 */
public enum ReadMode {
    /** As the protocol promises: the newest acknowledged write, but with {@code eventual}. */
    PROTOCOL,
    /** What the asked peer of a group holds, without asking anybody else: fast, and it may be stale. */
    LOCAL,
    /**
     * The same, but the peer waits until it has what this client wrote itself: read your own writes, also after the client
     * has gone on to another peer. What others wrote may be missing. See {@link SessionToken}.
     */
    OWN_WRITES
}
