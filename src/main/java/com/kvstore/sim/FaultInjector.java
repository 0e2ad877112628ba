package com.kvstore.sim;

import com.kvstore.common.Command;
import com.kvstore.sim.ClusterOptions.Roughness;
import com.kvstore.sim.SimCluster.Slave;
import com.kvstore.sim.SimNode.Death;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

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
    private final DiskFaults disks;
    private final FaultPlan plan;

    FaultInjector(SimWorld world, SimCluster cluster, SimNetwork network, Roughness roughness, SimOperator operator) {
        this.world = world;
        this.cluster = cluster;
        this.network = network;
        this.operator = operator;
        this.random = world.random().fork("faults");
        this.rule = new LossRule(cluster, roughness.losses());
        this.processes = new ProcessFaults(world, cluster, rule, random);
        this.links = new NetworkFaults(world, cluster::nodes, network, rule::mayDisturb, random);
        this.disks = new DiskFaults(world, cluster, rule);
        this.plan = new FaultPlan(world, random, roughness.faults(), this::strike);
    }

    /** From now on, until {@link #healAll}. */
    void start() {
        plan.begin();
    }

    /** How often each fault was caused. */
    Map<String, Integer> counts() {
        return plan.counts();
    }

    /** Nothing is broken any more: every node runs and reaches every other, and there is one coordinator. */
    void healAll() {
        plan.end();
        network.healAll();
        disks.mendAll();
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

    private boolean strike(Fault fault) {
        return switch (fault) {
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
            case CUT_DATAGRAMS ->
                links.cutDatagrams(random.pick(cluster.slaves()).node(), cluster.coordinator());
            case SLOW_NETWORK -> links.slowDown();
            case FULL_DISK, FAILED_SYNC, SLOW_DISK -> troubleDisk(fault);
            case FULL_SLAVE_DISK, FAILED_SLAVE_SYNC, SLOW_SLAVE_DISK, WIPE_SLAVE -> disks.strike(fault);
            case STOP_SLAVE -> processes.stopSlave();
            case JOIN -> join();
            case DRAIN -> leave(/* drain= */ true);
            case FORGET -> leave(/* drain= */ false);
        };
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
        if (drain) {
            slave.drain();
        } else {
            slave.retire();
        }
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
            slave.retire();
            slave.node().crash(Death.KILLED);
            return;
        }
        world.scheduler().after(LOOKS_AFTER_NS, () -> stopOnceDrained(slave));
    }
}
