package com.kvstore.protocol.primarybackup;

/** Durations, in nanoseconds. */
final class Times {
    static final long MS = 1_000_000;

    static final long TICK = 25 * MS;
    /** Between two signs of life of the primary. */
    static final long HEARTBEAT = 100 * MS;
    /** For so long after a word of its primary a backup promises nothing to anybody else. */
    static final long PROMISE = 600 * MS;
    /** For so long the primary counts on that promise: two clocks may be 10 % apart, and a little more. */
    static final long LEASE = 500 * MS;
    /** A primary that is silent for so long is suspected. */
    static final long SUSPECT = 1_000 * MS;
    /** The same where nobody listens at its address any more. */
    static final long SUSPECT_REFUSED = 200 * MS;
    /** A view that has not begun after so long is given up for the next one. */
    static final long VIEW_CHANGE_PATIENCE = 1_500 * MS;
    /** Between two tellings of the same. */
    static final long REPEAT = 200 * MS;
    /** A suspicion counts for so long. */
    static final long SUSPICION_LASTS = 1_000 * MS;
    /** A primary that has not heard a majority for so long takes nothing on. */
    static final long QUORUM_PATIENCE = 1_200 * MS;
    /** A read waits for so long for a lease. */
    static final long READ_PATIENCE = 2_000 * MS;
    /** A write waits for so long for a majority; then its outcome is unknown. */
    static final long WRITE_PATIENCE = 4_000 * MS;
    /** An answer to a fetch may take so long. */
    static final long FETCH_PATIENCE = 1_000 * MS;

    /** A primary waits for so long for a disk that takes nothing. */
    static final long DISK_PATIENCE = 3_000 * MS;
    /** Then it is silent for so long, which is time for two elections, if the first one's winner does no better. */
    static final long SILENCE = 4_000 * MS;

    private Times() {}
}
