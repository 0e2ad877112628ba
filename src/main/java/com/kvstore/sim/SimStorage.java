package com.kvstore.sim;

/** A disk that a node writes to as it goes, and syncs; outlives its processes. */
interface SimStorage {
    /** The process is gone. */
    void crashed();

    /** Makes durable what was written so far, or says that it could not. */
    void sync(SimProcess by, long token);
}
