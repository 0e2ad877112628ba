package com.kvstore.sim;

import java.util.List;

/**
 * A seeded source of random numbers (SplitMix64: Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators,
 * 2014).
 *
 * <p>{@link #fork} depends on this source's seed and on a name only, not on what was drawn before: a draw that is added in
 * one component shifts nothing in another, so that a seed keeps its meaning for as long as possible.
 *
 * <p>Threading: belongs to one simulation.
 */
public final class SimRandom {
    private static final long GOLDEN_GAMMA = 0x9E3779B97F4A7C15L;

    private final long seed;
    private long state;

    public SimRandom(long seed) {
        this.seed = mix(seed);
        this.state = this.seed;
    }

    /** A source of its own for the component {@code name}. */
    public SimRandom fork(String name) {
        long h = seed;
        for (int i = 0; i < name.length(); i++) {
            h = mix(h + GOLDEN_GAMMA ^ name.charAt(i));
        }
        return new SimRandom(h);
    }

    public long nextLong() {
        state += GOLDEN_GAMMA;
        return mix(state);
    }

    /** Uniform, 0 included to 1 excluded. */
    public double nextDouble() {
        return (nextLong() >>> 11) * 0x1.0p-53;
    }

    /** Uniform from 0 to {@code bound} - 1; the bias towards small numbers is below one in a thousand million. */
    public int below(int bound) {
        return (int) ((nextLong() >>> 1) % bound);
    }

    /** Uniform, both ends included. */
    public long between(long low, long high) {
        return low + (nextLong() >>> 1) % (high - low + 1);
    }

    /** Between both ends, with the logarithm uniform: as many short times as long ones. {@code low} is 1 or more. */
    public long skewed(long low, long high) {
        return (long) (low * Math.pow((double) high / low, nextDouble()));
    }

    public boolean chance(double probability) {
        return nextDouble() < probability;
    }

    /** @param list not empty */
    public <T> T pick(List<T> list) {
        return list.get(below(list.size()));
    }

    /** The finalizer of SplitMix64: every bit of the answer depends on every bit of {@code z}. */
    static long mix(long z) {
        long a = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        long b = (a ^ (a >>> 27)) * 0x94D049BB133111EBL;
        return b ^ (b >>> 31);
    }
}
