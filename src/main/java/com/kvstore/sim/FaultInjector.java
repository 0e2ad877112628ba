package com.kvstore.sim;

import com.kvstore.common.Command;
import com.kvstore.sim.ClusterOptions.Roughness;
import com.kvstore.sim.SimCluster.Slave;
import com.kvstore.sim.SimNode.Death;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Breaks things, one after the other and at once, in the mix that the seed has drawn. What it breaks it mends again later;
 * {@link #healAll} mends the rest.
 *
 * <p>Threading: belongs to one simulation.
 */
final class FaultInjector {
    private static final int MAX_SLAVES = 6;
    private static final long LOOKS_AFTER_NS = 1_000_000_000L;

    private final SimWorld world;
    private final SimCluster cluster;
    private final SimNetwork network;
    private final SimOperator operator;
    private final LossRule rule;
    private final SimRandom random;
    private final ProcessFaults processes;
    private final NetworkFaults links;
    private final long maxGapNs;
    /** Each fault as often as it is likely. */
    private final List<Fault> lots = new ArrayList<>();

    private final Map<String, Integer> counts = new TreeMap<>();
    private boolean striking;

    FaultInjector(SimWorld world, SimCluster cluster, SimNetwork network, Roughness roughness, SimOperator operator) {
        this.world = world;
        this.cluster = cluster;
        this.network = network;
        this.operator = operator;
        this.random = world.random().fork("faults");
        this.rule = new LossRule(cluster, roughness.losses());
        this.processes = new ProcessFaults(world, cluster, rule, random);
        this.links = new NetworkFaults(world, cluster, network, rule, random);
        this.maxGapNs = random.skewed(2_000_000_000L, 30_000_000_000L);
        roughness.faults().forEach((fault, weight) -> lots.addAll(Collections.nCopies(weight, fault)));
    }

    /** From now on, until {@link #healAll}. */
    void start() {
        striking = true;
        plan();
    }

    /** How often each fault was caused. */
    Map<String, Integer> counts() {
        return counts;
    }

    /** Nothing is broken any more: every node runs and reaches every other, and there is one coordinator. */
    void healAll() {
        striking = false;
        world.trace().note(world.nowNs(), "faults", "all heals");
        network.healAll();
        for (SimNode node : cluster.nodes()) {
            node.disk().mend();
            node.calmDown();
            node.resume();
        }
        cluster.otherCoordinator().crash(Death.KILLED);
        for (SimNode node : cluster.nodes()) {
            if (!node.isUp() && cluster.isWanted(node)) {
                node.start();
            }
        }
    }

    private void plan() {
        if (lots.isEmpty()) {
            return;
        }
        long gapNs = random.skewed(50_000_000, maxGapNs);
        world.scheduler().after(gapNs, () -> {
            if (striking) {
                strike(random.pick(lots));
                plan();
            }
        });
    }

    private void strike(Fault fault) {
        boolean struck =
                switch (fault) {
                    case KILL_SLAVE -> processes.killSlave();
                    case KILL_COORDINATOR -> processes.killCoordinator();
                    case KILL_ALL -> processes.killAll();
                    case PAUSE_SLAVE -> processes.pauseSlave();
                    case PAUSE_COORDINATOR -> processes.pauseCoordinator();
                    case REPLACE_COORDINATOR -> processes.replaceCoordinator();
                    case CUT -> links.cut(/* bothWays= */ true);
                    case ONE_WAY_CUT -> links.cut(/* bothWays= */ false);
                    case ISOLATE -> links.isolate();
                    case BRIDGE -> links.bridge();
                    case RESET -> links.reset();
                    case LOSE_DATAGRAMS -> links.loseDatagrams();
                    case CUT_DATAGRAMS -> links.cutDatagrams();
                    case SLOW_NETWORK -> links.slowDown();
                    case FULL_DISK, FAILED_SYNC, SLOW_DISK -> troubleDisk(fault);
                    case STOP_SLAVE -> processes.stopSlave();
                    case JOIN -> join();
                    case DRAIN -> leave(/* drain= */ true);
                    case FORGET -> leave(/* drain= */ false);
                };
        if (struck) {
            counts.merge(fault.name(), 1, Integer::sum);
        }
    }

    private boolean troubleDisk(Fault fault) {
        long longestNs = fault == Fault.SLOW_DISK ? 60_000_000_000L : 10_000_000_000L;
        cluster.coordinator().disk().trouble(fault, world.nowNs() + random.skewed(10_000_000, longestNs));
        return true;
    }

    private boolean join() {
        if (cluster.slaves().size() >= MAX_SLAVES) {
            return false;
        }
        Slave slave = cluster.addSlave();
        processes.watch(slave);
        slave.node().start();
        return true;
    }

    /** An operator takes a server out: drained first, or forgotten at once. */
    private boolean leave(boolean drain) {
        List<Slave> staying = new ArrayList<>(cluster.slaves());
        staying.removeIf(slave -> slave.isRetired() || !cluster.isMember(slave));
        if (staying.size() < 4 || rule.mayLoseAll() || !rule.mayLoseOne()) {
            return false;
        }
        Slave slave = random.pick(staying);
        slave.retire();
        Command command = drain
                ? new Command.Drain(slave.node().address())
                : new Command.Forget(slave.node().address());
        if (!drain) {
            slave.node().crash(Death.KILLED);
        }
        operator.ask(command, () -> cluster.hasLeft(slave));
        if (drain) {
            stopOnceDrained(slave);
        }
        return true;
    }

    /** What has left is stopped, as its console says it may be; it does not come back, though it may not know that it left. */
    private void stopOnceDrained(Slave slave) {
        if (cluster.hasLeft(slave)) {
            slave.node().crash(Death.KILLED);
            return;
        }
        world.scheduler().after(LOOKS_AFTER_NS, () -> stopOnceDrained(slave));
    }
}
