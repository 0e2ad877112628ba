package com.kvstore.sim;

import com.kvstore.common.Command;
import com.kvstore.sim.ClusterOptions.Losses;
import com.kvstore.sim.SimCluster.Slave;
import com.kvstore.sim.SimNode.Death;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Breaks things, one after the other and at once: kills and restarts, pauses, cuts, resets, lost datagrams, slowness, a
 * full disk, servers that join and leave. What it breaks it mends again later; {@link #healAll} mends the rest.
 *
 * <p>With {@link Losses#ONE_AT_A_TIME} a slave loses its memory only while the coordinator says that every server is up
 * and every key has two copies: one loss, with any number of other faults that make living servers look dead, even before
 * it is noticed, must cost nothing.
 *
 * <p>Threading: belongs to one simulation.
 */
final class FaultInjector {
    private static final int MAX_SLAVES = 6;

    private final SimWorld world;
    private final SimCluster cluster;
    private final SimNetwork network;
    private final Losses losses;
    private final SimOperator operator;
    private final SimRandom random;
    private final long maxGapNs;
    /** Each fault as often as it is likely. */
    private final List<Fault> lots = new ArrayList<>();

    private final Map<String, Integer> counts = new TreeMap<>();
    private long untilNs;
    /** A slave that was asked to end and may have been told that it can. */
    private @Nullable SimProcess stopping;

    /** What can go wrong. */
    private enum Fault {
        KILL_SLAVE,
        KILL_COORDINATOR,
        PAUSE_SLAVE,
        PAUSE_COORDINATOR,
        CUT,
        RESET,
        LOSE_DATAGRAMS,
        SLOW_NETWORK,
        FULL_DISK,
        STOP_SLAVE,
        JOIN,
        LEAVE
    }

    FaultInjector(SimWorld world, SimCluster cluster, SimNetwork network, Losses losses, SimOperator operator) {
        this.world = world;
        this.cluster = cluster;
        this.network = network;
        this.losses = losses;
        this.operator = operator;
        this.random = world.random().fork("faults");
        this.maxGapNs = random.skewed(2_000_000_000L, 30_000_000_000L);
        // Each run has its own favourites: faults that always come together hide what each does alone.
        for (Fault fault : Fault.values()) {
            int weight = random.chance(0.4) ? 0 : 1 + random.below(5);
            lots.addAll(Collections.nCopies(fault == Fault.KILL_SLAVE ? weight + 2 : weight, fault));
        }
        cluster.coordinator().onEnd(() -> startLater(cluster.coordinator(), 20_000_000_000L));
        cluster.slaves().forEach(this::watch);
    }

    private void watch(Slave slave) {
        slave.node().onEnd(() -> slaveEnded(slave));
    }

    /** From now on until then. */
    void start(long endNs) {
        untilNs = endNs;
        plan();
    }

    /** How often each fault was caused. */
    Map<String, Integer> counts() {
        return counts;
    }

    /** Nothing is broken any more: every node runs and reaches every other. */
    void healAll() {
        world.trace().note(world.nowNs(), "faults", "all heals");
        network.healAll();
        for (SimNode node : cluster.nodes()) {
            node.failDisk(0);
            node.calmDown();
            node.resume();
        }
        if (!cluster.coordinator().isUp()) {
            cluster.coordinator().start();
        }
        for (Slave slave : cluster.slaves()) {
            if (!slave.node().isUp() && !slave.isRetired()) {
                slave.node().start();
            }
        }
    }

    private void plan() {
        long gapNs = random.skewed(50_000_000, maxGapNs);
        world.scheduler().after(gapNs, () -> {
            if (world.nowNs() < untilNs) {
                strike(random.pick(lots));
                plan();
            }
        });
    }

    private void strike(Fault fault) {
        boolean struck =
                switch (fault) {
                    case KILL_SLAVE -> killSlave();
                    case KILL_COORDINATOR -> killCoordinator();
                    case PAUSE_SLAVE -> pause(random.pick(cluster.slaves()).node());
                    case PAUSE_COORDINATOR -> pause(cluster.coordinator());
                    case CUT -> cut();
                    case RESET -> reset();
                    case LOSE_DATAGRAMS -> loseDatagrams();
                    case SLOW_NETWORK -> slowDown();
                    case FULL_DISK -> fillDisk();
                    case STOP_SLAVE -> stopSlave();
                    case JOIN -> join();
                    case LEAVE -> leave();
                };
        if (struck) {
            counts.merge(fault.name(), 1, Integer::sum);
        }
    }

    private boolean mayLose() {
        if (losses == Losses.ANY) {
            return true;
        }
        return !isStopping() && cluster.mayLoseOne();
    }

    private boolean isStopping() {
        return stopping != null && !stopping.isDead();
    }

    /** Whether living slaves may be made to look dead: one that stops in good order counts on the others. */
    private boolean mayDisturb() {
        return losses == Losses.ANY || !isStopping();
    }

    private boolean killSlave() {
        SimNode node = random.pick(cluster.slaves()).node();
        if (!node.isUp() || !mayLose()) {
            return false;
        }
        kill(node, 1 + random.below(40), this::mayLose);
        return true;
    }

    private boolean killCoordinator() {
        SimNode node = cluster.coordinator();
        if (!node.isUp()) {
            return false;
        }
        kill(node, 1 + random.below(60), () -> true);
        return true;
    }

    private void kill(SimNode node, int effects, BooleanSupplier allowed) {
        if (random.chance(0.5)) {
            node.crashAfterEffects(effects, allowed);
        } else {
            node.crash(random.chance(0.3) ? Death.POWER_LOST : Death.KILLED);
        }
    }

    private boolean stopSlave() {
        SimNode node = random.pick(cluster.slaves()).node();
        if (!node.isUp() || !mayLose()) {
            return false;
        }
        // The machine chooses the moment: that it is a safe one is a part of what is tested.
        stopping = node.process();
        node.requestStop();
        return true;
    }

    private void slaveEnded(Slave slave) {
        if (!slave.isRetired()) {
            startLater(slave.node(), 80_000_000_000L);
        }
    }

    private void startLater(SimNode node, long maxNs) {
        world.scheduler().after(random.skewed(5_000_000, maxNs), () -> {
            if (!node.isUp()) {
                node.start();
            }
        });
    }

    private boolean pause(SimNode node) {
        long forNs = random.chance(0.8)
                ? random.skewed(20_000_000, 4_000_000_000L)
                : random.skewed(4_000_000_000L, 70_000_000_000L);
        SimProcess process = node.process();
        if (process == null || process.isPaused() || !mayDisturb()) {
            return false;
        }
        node.pause();
        world.scheduler().after(forNs, () -> {
            if (node.process() == process) {
                node.resume();
            }
        });
        return true;
    }

    private boolean cut() {
        SimNode one = random.pick(cluster.nodes());
        SimNode other = random.pick(cluster.nodes());
        long forNs = random.skewed(50_000_000, 60_000_000_000L);
        boolean bothWays = random.chance(0.6);
        if (one == other || !mayDisturb()) {
            return false;
        }
        network.cut(one, other);
        if (bothWays) {
            network.cut(other, one);
        }
        world.scheduler().after(forNs, () -> {
            network.heal(one, other);
            network.heal(other, one);
        });
        return true;
    }

    private boolean reset() {
        SimNode one = random.pick(cluster.nodes());
        SimNode other = random.pick(cluster.nodes());
        if (one == other || !mayDisturb()) {
            return false;
        }
        network.resetLinks(one, other);
        return true;
    }

    private boolean loseDatagrams() {
        long forNs = random.skewed(1_000_000_000, 80_000_000_000L);
        network.loseDatagrams(random.chance(0.5) ? 1 : 0.5);
        world.scheduler().after(forNs, () -> network.loseDatagrams(0));
        return true;
    }

    private boolean slowDown() {
        long forNs = random.skewed(100_000_000, 10_000_000_000L);
        if (!mayDisturb()) {
            return false;
        }
        network.slowDown(2 + random.below(200));
        world.scheduler().after(forNs, () -> network.slowDown(1));
        return true;
    }

    private boolean fillDisk() {
        cluster.coordinator().failDisk(random.skewed(10_000_000, 10_000_000_000L));
        return true;
    }

    private boolean join() {
        if (cluster.slaves().size() >= MAX_SLAVES) {
            return false;
        }
        Slave slave = cluster.addSlave();
        watch(slave);
        slave.node().start();
        return true;
    }

    /** An operator takes a server out: drained first, or forgotten at once. */
    private boolean leave() {
        List<Slave> staying = new ArrayList<>(cluster.slaves());
        staying.removeIf(slave -> slave.isRetired() || !cluster.isMember(slave));
        if (staying.size() < 4 || losses == Losses.ANY || !mayLose()) {
            return false;
        }
        Slave slave = random.pick(staying);
        slave.retire();
        boolean drain = random.chance(0.5);
        Command command = drain
                ? new Command.Drain(slave.node().address())
                : new Command.Forget(slave.node().address());
        if (!drain) {
            slave.node().crash(Death.KILLED);
        }
        operator.ask(command, () -> cluster.hasLeft(slave));
        return true;
    }
}
