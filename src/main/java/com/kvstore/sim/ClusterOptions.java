package com.kvstore.sim;

import com.kvstore.protocol.ring.CoordinatorConfig;

/**
 * What kind of cluster is simulated, and how roughly it is treated.
 *
 * @param slaves at the beginning
 * @param clients at once
 * @param hotKeys that all clients fight for
 * @param coordinator how the coordinator is configured
 * @param ring the ring's dimensions
 * @param faultsForNs how long things are broken before all is healed
 * @param losses what losses of memory are allowed
 */
public record ClusterOptions(
        int slaves,
        int clients,
        int hotKeys,
        CoordinatorConfig coordinator,
        Ring ring,
        long faultsForNs,
        Losses losses) {

    /** @param size positions; {@code pointsPerServer}: virtual nodes */
    public record Ring(int size, int pointsPerServer) {}

    /** Which losses of a slave's memory the faults may cause. */
    public enum Losses {
        /** One at a time, the next only when the coordinator says that every key has two copies: nothing may be lost. */
        ONE_AT_A_TIME,
        /** Any: what is lost must be reported as lost. */
        ANY
    }

    /** A cluster drawn from a seed. */
    public static ClusterOptions draw(SimRandom random) {
        boolean fast = random.chance(0.4);
        long heartbeatTimeoutNs = fast ? random.between(4, 10) * SECOND_NS : 30 * SECOND_NS;
        CoordinatorConfig coordinator = new CoordinatorConfig(
                SimCluster.COORDINATOR,
                SimCluster.HEARTBEAT_PORT,
                random.chance(0.2) ? 0 : 1 + random.below(5),
                500_000_000,
                heartbeatTimeoutNs,
                fast ? random.between(1, 5) * SECOND_NS : 30 * SECOND_NS,
                random.chance(0.1) ? 2 : 1,
                random.chance(0.3) ? random.skewed(1_000, 100_000) : 0,
                1_000);
        return new ClusterOptions(
                2 + random.below(4),
                2 + random.below(4),
                2 + random.below(8),
                coordinator,
                random.chance(0.6) ? new Ring(31, 1) : new Ring(1024, 1 + random.below(6)),
                random.between(10, fast ? 60 : 120) * SECOND_NS,
                random.chance(0.75) ? Losses.ONE_AT_A_TIME : Losses.ANY);
    }

    static final long SECOND_NS = 1_000_000_000L;
}
