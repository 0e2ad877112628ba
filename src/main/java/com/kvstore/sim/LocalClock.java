package com.kvstore.sim;

/**
 * The monotonic clock of one process: it starts at a number of its own and runs a little fast or slow.
 *
 * @param bootNs when the process started, simulated time
 * @param originNs what its clock showed then
 * @param driftPpm by how many millionths it is fast
 */
record LocalClock(long bootNs, long originNs, long driftPpm) {
    private static final long MILLION = 1_000_000;
    /** A year: no run is so long, and no sum overflows. */
    private static final long NEVER_NS = 1L << 55;

    static LocalClock draw(long bootNs, SimRandom random, long maxDriftPpm) {
        return new LocalClock(bootNs, random.between(0, 1L << 50), random.between(-maxDriftPpm, maxDriftPpm));
    }

    /** What the clock shows. */
    long local(long simulatedNs) {
        long elapsed = simulatedNs - bootNs;
        return originNs + elapsed + elapsed / MILLION * driftPpm;
    }

    /** The earliest simulated time at which it shows {@code localNs} or more. */
    long simulated(long localNs) {
        if (localNs - originNs > NEVER_NS) {
            return Long.MAX_VALUE;
        }
        long shown = localNs - originNs;
        long guess = bootNs + shown - shown / (MILLION + driftPpm) * driftPpm;
        while (local(guess) < localNs) {
            guess += Math.max(1, localNs - local(guess));
        }
        return guess;
    }
}
