package com.kvstore.protocol.parts;

/**
 * A clock for versions: as near to the time of day as it can be, and never behind anything this peer has seen, so that a
 * write that can know of another one gets the larger number, whatever the hosts' clocks show.
 *
 * <p>A reading is milliseconds since 1970 times 65,536, plus a count; the count runs over into the milliseconds where
 * more than 65,535 readings are taken in one. It runs ahead of the fastest clock of the group only by such counts.
 *
 * <p>Invariants: each reading of {@link #next} is larger than all before it, by any method, and than all
 * {@link #observe}d ones.
 *
 * <p>Threading: one machine's. Source: Kulkarni, Demirbas, Madappa, Avva, Leone: Logical Physical Clocks, OPODIS 2014.
 */
public final class HybridClock {
    private static final int COUNT_BITS = 16;
    /** Some 2,000 years after 1970: a larger reading comes from no clock and would leave too little room above it. */
    public static final long MAX = 1L << 62;

    private long last;

    /**
     * A reading that nobody has had.
     *
     * @param wallMs the time of day, milliseconds since 1970
     */
    public long next(long wallMs) {
        last = Math.max(last + 1, wallMs << COUNT_BITS);
        return last;
    }

    /** A reading that all later ones of {@link #next} exceed. */
    public long now(long wallMs) {
        last = Math.max(last, wallMs << COUNT_BITS);
        return last;
    }

    /** From now on all readings exceed this one of another peer's. @return false: it is beyond {@link #MAX}, ignored */
    public boolean observe(long reading) {
        if (reading > MAX) {
            return false;
        }
        last = Math.max(last, reading);
        return true;
    }

    /** The last reading; 0: none yet. */
    public long last() {
        return last;
    }

    /** The reading that is so much later. */
    public static long later(long reading, long byMs) {
        return reading + (byMs << COUNT_BITS);
    }

    /** The time of day a reading stands for, milliseconds since 1970. */
    public static long wallMs(long reading) {
        return reading >> COUNT_BITS;
    }
}
