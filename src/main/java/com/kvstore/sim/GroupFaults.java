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
    /** Those that mean something where there is no coordinator, no datagram, no disk. */
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
            Fault.STOP_SLAVE);

    private static final long DOWN_NS = 30_000_000_000L;

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
            node.disk().mend();
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
            default -> throw new IllegalArgumentException(fault + " is no fault of a group");
        };
    }

    private boolean kill() {
        SimNode node = random.pick(cluster.nodes());
        if (!node.isUp() || !cluster.maySpare(node)) {
            return false;
        }
        processes.kill(node, 1 + random.below(40), () -> cluster.maySpare(node));
        return true;
    }

    private boolean stop() {
        SimNode node = random.pick(cluster.nodes());
        if (!node.isUp() || !cluster.maySpare(node)) {
            return false;
        }
        cluster.stop(node);
        return true;
    }

    private boolean killAll() {
        if (!mayLoseAll) {
            return false;
        }
        cluster.nodes().forEach(node -> node.crash(random.chance(0.5) ? Death.POWER_LOST : Death.KILLED));
        allIsLost.run();
        return true;
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
