package com.kvstore.protocol.movement;

/**
 * How fast one move goes: as fast as it can while nobody else wants anything of the two nodes, and stepping back once clients
 * do. Then it asks for little at a time, so that nobody waits long behind it, and rests for a multiple of what each step took.
 * A step takes longer on a busy node, so the busier the nodes are, the longer the rests.
 *
 * <p>Invariants: whatever the load, a step follows its predecessor's end by {@link #MAX_REST_NS} at most unless {@code
 * bytesPerSecond} says otherwise, so every move ends.
 */
final class Pace {
    /** Asked for with one Fetch: large enough that the round trip is small beside it. */
    static final int MAX_FETCH_BYTES = 512 * 1024;

    /** The same while clients are at work: some hundred records, a fraction of a millisecond at each end. */
    static final int BUSY_FETCH_BYTES = 64 * 1024;

    private static final int MIN_FETCH_BYTES = 16 * 1024;

    /** Clients are at work if one of the two nodes sees so many requests a second. */
    static final long BUSY_REQUESTS_PER_SECOND = 1_000;

    /** While they are, a move rests so many times as long as it works. */
    static final int RESTS = 8;

    static final long MAX_REST_NS = 100_000_000L;

    private static final double SECOND_NS = 1e9;

    private final long bytesPerSecond;

    /** Until it is known better: whoever begins gently disturbs nobody. */
    private boolean busy;

    private long askedNs;
    private long tookNs;
    private long requestsAtTarget;
    private long requestsAtSource;
    /** At the speed allowed, what has come would have come by then. */
    private long paidUntilNs;

    private long restUntilNs;

    /**
     * @param bytesPerSecond never faster than that; 0: as fast as it goes, whoever else is at work
     * @param requestsAtTarget that clients have made of it so far
     */
    Pace(long bytesPerSecond, long requestsAtTarget, long nowNs) {
        this.bytesPerSecond = bytesPerSecond;
        this.requestsAtTarget = requestsAtTarget;
        this.busy = bytesPerSecond > 0;
        this.tookNs = nowNs;
        this.paidUntilNs = nowNs;
        this.restUntilNs = nowNs;
    }

    /** How much to ask for next. */
    int fetchBytes() {
        if (bytesPerSecond == 0) {
            return MAX_FETCH_BYTES;
        }
        // A slow move asks for less at a time: about a second's worth, so that it flows and its progress shows.
        long wanted = Math.min(busy ? BUSY_FETCH_BYTES : MAX_FETCH_BYTES, bytesPerSecond);
        return (int) Math.max(MIN_FETCH_BYTES, wanted);
    }

    void asked(long nowNs) {
        askedNs = nowNs;
    }

    /**
     * An answer was taken in.
     *
     * @param bytes of it
     * @param atTarget requests of clients at the target so far
     * @param atSource requests of clients at the source so far
     */
    void took(long bytes, long atTarget, long atSource, long nowNs) {
        if (bytesPerSecond == 0) {
            return;
        }
        paidUntilNs = Math.max(paidUntilNs, askedNs) + (long) (bytes * SECOND_NS / bytesPerSecond);
        long requests = Math.max(atTarget - requestsAtTarget, atSource - requestsAtSource);
        busy = requests * SECOND_NS >= (double) BUSY_REQUESTS_PER_SECOND * (nowNs - tookNs);
        requestsAtTarget = atTarget;
        requestsAtSource = atSource;
        tookNs = nowNs;
        if (busy) {
            restUntilNs = nowNs + Math.min(MAX_REST_NS, RESTS * (nowNs - askedNs));
        }
    }

    /** When to ask next. */
    long nextNs() {
        return Math.max(paidUntilNs, restUntilNs);
    }
}
