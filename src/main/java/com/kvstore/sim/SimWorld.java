package com.kvstore.sim;

/**
 * What every component of one simulation shares: the time, the random source, the record of what happened, the codec.
 *
 * @param random never drawn from, only forked, by component
 * @param maxDriftPpm by how many millionths a process's clock may be fast or slow
 */
public record SimWorld(Scheduler scheduler, SimRandom random, Trace trace, MessageCodec codec, long maxDriftPpm) {
    private static final long USUAL_DRIFT_PPM = 50;

    /** With the clocks of ordinary machines. */
    public static SimWorld create(long seed, Trace trace, MessageCodec codec) {
        return create(seed, trace, codec, USUAL_DRIFT_PPM);
    }

    public static SimWorld create(long seed, Trace trace, MessageCodec codec, long maxDriftPpm) {
        return new SimWorld(new Scheduler(), new SimRandom(seed), trace, codec, maxDriftPpm);
    }

    long nowNs() {
        return scheduler.nowNs();
    }

    /** Equal for equal bytes, on every machine. */
    static long hash(byte[] bytes) {
        long h = bytes.length;
        for (byte b : bytes) {
            h = h * 0x100000001B3L ^ b;
        }
        return h;
    }
}
