package com.kvstore.sim;

/**
 * How bad a network is when nothing in particular is broken.
 *
 * @param minLatencyNs one way
 * @param maxLatencyNs one way, of most messages
 * @param spikeChance that a message takes longer
 * @param maxSpikeNs how long then, at most
 * @param connectTimeoutNs how long a process waits for a connection to open
 * @param datagramLoss share of datagrams that do not arrive
 * @param datagramDuplicate share of those that arrive twice
 */
public record NetworkOptions(
        long minLatencyNs,
        long maxLatencyNs,
        double spikeChance,
        long maxSpikeNs,
        long connectTimeoutNs,
        double datagramLoss,
        double datagramDuplicate) {
    /** A quiet local network. */
    public static final NetworkOptions LAN =
            new NetworkOptions(20_000, 400_000, 0.002, 60_000_000, 2_000_000_000, 0.01, 0.01);

    /** Anything between a good network and a poor one. */
    static NetworkOptions draw(SimRandom random) {
        return new NetworkOptions(
                20_000,
                random.skewed(100_000, 20_000_000),
                random.chance(0.3) ? 0 : random.nextDouble() * 0.01,
                random.skewed(30_000_000, 900_000_000),
                random.skewed(500_000_000, 5_000_000_000L),
                random.nextDouble() * 0.1,
                random.nextDouble() * 0.1);
    }
}
