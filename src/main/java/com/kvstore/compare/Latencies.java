package com.kvstore.compare;

/**
 * Counts how long requests took: buckets that grow with the value, each at most 1.6 % wide.
 *
 * <p>Threading: one thread.
 */
final class Latencies {
    private static final int SUB_BITS = 6;
    private static final int SUBS = 1 << SUB_BITS;

    private final long[] counts = new long[(Long.SIZE - SUB_BITS + 1) * SUBS];
    private long total;

    void add(long ns) {
        counts[index(Math.max(0, ns))]++;
        total++;
    }

    void addAll(Latencies other) {
        for (int i = 0; i < counts.length; i++) {
            counts[i] += other.counts[i];
        }
        total += other.total;
    }

    long count() {
        return total;
    }

    /**
     * @param percent such as 99
     * @return nanoseconds that so many of the requests did not exceed; 0 if there were none
     */
    long percentileNs(double percent) {
        long wanted = Math.max(1, (long) Math.ceil(total * percent / 100));
        long seen = 0;
        for (int i = 0; i < counts.length; i++) {
            seen += counts[i];
            if (seen >= wanted) {
                return highest(i);
            }
        }
        return 0;
    }

    private static int index(long ns) {
        if (ns < SUBS) {
            return (int) ns;
        }
        int shift = Long.SIZE - 1 - Long.numberOfLeadingZeros(ns) - SUB_BITS;
        return (shift + 1) * SUBS + (int) (ns >>> shift) - SUBS;
    }

    /** The largest value that is counted at this index. */
    private static long highest(int index) {
        int shift = index / SUBS - 1;
        if (shift < 0) {
            return index;
        }
        long sub = index % SUBS + (long) SUBS;
        return ((sub + 1) << shift) - 1;
    }
}
