package com.kvstore.sim;

import com.kvstore.protocol.ring.CoordinatorConfig;
import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What kind of cluster is simulated, and how roughly it is treated.
 *
 * @param slaves at the beginning
 * @param coordinator how the coordinator is configured; its address is the first coordinator's
 * @param durable the slaves keep their data on disks
 */
public record ClusterOptions(
        int slaves, Load load, CoordinatorConfig coordinator, Ring ring, Roughness roughness, boolean durable) {
    static final long SECOND_NS = 1_000_000_000L;

    private static final long USUAL_DRIFT_PPM = 50;
    /** The leases of the coordinator's cache allow for two clocks that are 10 % apart. */
    private static final long MAX_DRIFT_PPM = 45_000;

    /**
     * @param clients at once
     * @param hotKeys that all clients fight for
     * @param operations of each client, after which things are no longer broken; 0: as many as fit in the time
     */
    public record Load(int clients, int hotKeys, int operations) {}

    /** @param size positions; {@code pointsPerServer}: virtual nodes */
    public record Ring(int size, int pointsPerServer) {}

    /**
     * @param faultsForNs how long things are broken before all is healed
     * @param losses what losses of memory are allowed
     * @param faults what goes wrong, and how often in proportion to the others
     * @param maxDriftPpm by how many millionths a clock may be fast or slow
     */
    public record Roughness(long faultsForNs, Losses losses, SortedMap<Fault, Integer> faults, long maxDriftPpm) {
        public Roughness {
            faults = Collections.unmodifiableSortedMap(new TreeMap<>(faults));
        }
    }

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
        int slaves = 2 + random.below(4);
        Load load = new Load(2 + random.below(4), 2 + random.below(8), 0);
        Ring ring = random.chance(0.6) ? new Ring(31, 1) : new Ring(1024, 1 + random.below(6));
        boolean durable = random.fork("durable").chance(0.5);
        Roughness roughness = new Roughness(
                random.between(10, fast ? 60 : 120) * SECOND_NS,
                random.chance(0.75) ? Losses.ONE_AT_A_TIME : Losses.ANY,
                drawFaults(random.fork("faults"), durable),
                random.chance(0.6) ? USUAL_DRIFT_PPM : random.skewed(USUAL_DRIFT_PPM, MAX_DRIFT_PPM));
        return new ClusterOptions(slaves, load, coordinator, ring, roughness, durable);
    }

    /**
     * Each run has its own favourites: faults that always come together hide what each does alone (Groce, Zhang, Eide,
     * Chen, Regehr: Swarm testing, 2012).
     */
    private static SortedMap<Fault, Integer> drawFaults(SimRandom random, boolean durable) {
        SortedMap<Fault, Integer> weights = new TreeMap<>();
        for (Fault fault : Fault.values()) {
            if (fault.strikesSlaveDisks() && !durable) {
                continue;
            }
            boolean rare = fault == Fault.KILL_ALL || fault == Fault.REPLACE_COORDINATOR;
            int weight = random.chance(rare ? 0.7 : 0.5) ? 0 : 1 + random.below(rare ? 2 : 5);
            if (fault == Fault.KILL_SLAVE) {
                weight += 2;
            }
            if (weight > 0) {
                weights.put(fault, weight);
            }
        }
        return weights;
    }
}
