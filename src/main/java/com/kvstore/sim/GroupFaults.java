package com.kvstore.sim;

import com.kvstore.sim.ClusterOptions.Losses;
import com.kvstore.sim.ClusterOptions.Roughness;
import com.kvstore.sim.SimNode.Death;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Breaks peers and the network between them.
 *
 * <p>Threading: belongs to one simulation.
 */
final class GroupFaults {
    /** Those that mean something where there is no coordinator and no datagram. */
    static final Set<Fault> KNOWN = EnumSet.of(
            Fault.KILL_SLAVE,
            Fault.KILL_ALL,
            Fault.PAUSE_SLAVE,
            Fault.CUT,
            Fault.ONE_WAY_CUT,
            Fault.ISOLATE,
            Fault.BRIDGE,
            Fault.RESET,
            Fault.SLOW_NETWORK,
            Fault.STOP_SLAVE,
            Fault.FULL_SLAVE_DISK,
            Fault.FAILED_SLAVE_SYNC,
            Fault.SLOW_SLAVE_DISK,
            Fault.WIPE_SLAVE);

    private static final long DOWN_NS = 30_000_000_000L;

    private final SimWorld world;
    private final GroupCluster cluster;
    private final SimNetwork network;
    private final boolean mayLoseAll;
    private final Runnable allIsLost;
    private final SimRandom random;
    private final NodeFaults processes;
    private final NetworkFaults links;
    private final FaultPlan plan;

    /** @param allIsLost called when every peer was killed at once */
    GroupFaults(SimWorld world, GroupCluster cluster, SimNetwork network, Roughness roughness, Runnable allIsLost) {
        this.world = world;
        this.cluster = cluster;
        this.network = network;
        this.mayLoseAll = roughness.losses() == Losses.ANY;
        this.allIsLost = allIsLost;
        this.random = world.random().fork("faults");
        this.processes = new NodeFaults(world, random);
        this.links = new NetworkFaults(world, cluster::nodes, network, () -> true, random);
        SortedMap<Fault, Integer> weights = new TreeMap<>(roughness.faults());
        weights.keySet().retainAll(KNOWN);
        this.plan = new FaultPlan(world, random, weights, this::strike);
        for (SimNode node : cluster.nodes()) {
            processes.restartWheneverItEnds(node, DOWN_NS, () -> true);
        }
    }

    void start() {
        plan.begin();
    }

    Map<String, Integer> counts() {
        return plan.counts();
    }

    /** Nothing is broken any more: every peer runs and reaches every other. */
    void healAll() {
        plan.end();
        network.healAll();
        for (SimNode node : cluster.nodes()) {
            SimPeerStore store = cluster.store(node);
            if (store != null) {
                store.mend();
            }
            node.calmDown();
            node.resume();
            if (!node.isUp()) {
                node.start();
            }
        }
    }

    private boolean strike(Fault fault) {
        return switch (fault) {
            case KILL_SLAVE -> kill();
            case KILL_ALL -> killAll();
            case PAUSE_SLAVE -> pause();
            case CUT -> links.cut(/* bothWays= */ true);
            case ONE_WAY_CUT -> links.cut(/* bothWays= */ false);
            case ISOLATE -> links.isolate();
            case BRIDGE -> links.bridge();
            case RESET -> links.reset();
            case SLOW_NETWORK -> links.slowDown();
            case STOP_SLAVE -> stop();
            case WIPE_SLAVE -> wipe();
            case FULL_SLAVE_DISK, FAILED_SLAVE_SYNC, SLOW_SLAVE_DISK -> troubleDisks(fault);
            default -> throw new IllegalArgumentException(fault + " is no fault of a group");
        };
    }

    private boolean kill() {
        SimNode node = random.pick(cluster.nodes());
        if (!node.isUp() || !cluster.mayEnd(node)) {
            return false;
        }
        processes.kill(node, 1 + random.below(40), () -> cluster.mayEnd(node));
        return true;
    }

    private boolean stop() {
        SimNode node = random.pick(cluster.nodes());
        if (!node.isUp() || !cluster.mayEnd(node)) {
            return false;
        }
        cluster.stop(node);
        return true;
    }

    private boolean killAll() {
        boolean durable = cluster.nodes().stream().allMatch(node -> cluster.store(node) != null);
        if (!mayLoseAll && !durable) {
            return false;
        }
        cluster.nodes().forEach(node -> node.crash(random.chance(0.5) ? Death.POWER_LOST : Death.KILLED));
        if (!durable) {
            allIsLost.run();
        }
        return true;
    }

    /** Its process ends, and its disk is replaced by an empty one. */
    private boolean wipe() {
        SimNode node = random.pick(cluster.nodes());
        SimPeerStore store = cluster.store(node);
        if (store == null || !node.isUp() || !cluster.mayWipe(node)) {
            return false;
        }
        node.crash(random.chance(0.5) ? Death.POWER_LOST : Death.KILLED);
        store.wipe();
        return true;
    }

    private boolean troubleDisks(Fault fault) {
        long untilNs = world.nowNs() + DiskTrouble.lengthNs(fault, random);
        // A full disk seldom is one node's alone: they fill up together.
        SimNode one = random.pick(cluster.nodes());
        boolean all = random.chance(0.3);
        boolean struck = false;
        for (SimNode node : cluster.nodes()) {
            SimPeerStore store = cluster.store(node);
            if (store != null && (all || node == one)) {
                store.trouble(fault, untilNs);
                struck = true;
            }
        }
        return struck;
    }

    private boolean pause() {
        SimNode node = random.pick(cluster.nodes());
        SimProcess process = node.process();
        if (process == null || process.isPaused()) {
            return false;
        }
        processes.pauseFor(node, processes.pauseLengthNs());
        return true;
    }
}
