package com.kvstore.protocol.parts;

/**
 * The time of day, for deadlines: the host's clock when the process began, carried on by its monotonic clock. So a clock
 * that is set forward makes nothing expire early, and one that drifts is right again after a restart.
 *
 * <p>Threading: one machine's, which tells it the time with every input.
 */
public final class WallClock {
    private static final long NS_PER_MS = 1_000_000;

    private long startMs;
    private long startNs;
    private long nowNs;

    /** @param wallMs the host's clock at {@code nowNs}, milliseconds since 1970 */
    public void start(long wallMs, long nowNs) {
        startMs = wallMs;
        startNs = nowNs;
        this.nowNs = nowNs;
    }

    /** It is {@code nowNs} by the monotonic clock. */
    public void advance(long nowNs) {
        this.nowNs = nowNs;
    }

    /** Milliseconds since 1970; never goes back. */
    public long nowMs() {
        return startMs + (nowNs - startNs) / NS_PER_MS;
    }
}
