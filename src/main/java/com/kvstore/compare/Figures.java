package com.kvstore.compare;

/**
 * One load on one group.
 *
 * @param perSecond requests that were carried out
 * @param p50Us microseconds that half of them took at most
 * @param p99Us microseconds that 99 of a hundred took at most
 * @param errors requests that were not carried out
 */
record Figures(double perSecond, double p50Us, double p99Us, long errors) {
    static Figures of(Latencies latencies, long errors, long tookNs) {
        return new Figures(
                latencies.count() * 1e9 / Math.max(1, tookNs),
                latencies.percentileNs(50) / 1e3,
                latencies.percentileNs(99) / 1e3,
                errors);
    }
}
