package com.kvstore.sim;

import com.kvstore.sim.SimCluster.Slave;
import com.kvstore.sim.SimNode.Death;
import java.util.function.BooleanSupplier;

/**
 * Kills, pauses and stops processes, and starts them again later.
 *
 * <p>Threading: belongs to one simulation.
 */
final class ProcessFaults {
    private static final long COORDINATOR_DOWN_NS = 20_000_000_000L;
    private static final long SLAVE_DOWN_NS = 80_000_000_000L;

    private final SimWorld world;
    private final SimCluster cluster;
    private final LossRule rule;
    private final SimRandom random;

    ProcessFaults(SimWorld world, SimCluster cluster, LossRule rule, SimRandom random) {
        this.world = world;
        this.cluster = cluster;
        this.rule = rule;
        this.random = random;
        for (SimNode node : cluster.coordinators()) {
            node.onEnd(() -> startLater(node, COORDINATOR_DOWN_NS));
        }
        cluster.slaves().forEach(this::watch);
    }

    /** From now on, this slave is started again whenever it has ended. */
    void watch(Slave slave) {
        slave.node().onEnd(() -> startLater(slave.node(), SLAVE_DOWN_NS));
    }

    private void startLater(SimNode node, long maxNs) {
        world.scheduler().after(random.skewed(5_000_000, maxNs), () -> {
            if (!node.isUp() && cluster.isWanted(node)) {
                node.start();
            }
        });
    }

    boolean killSlave() {
        SimNode node = random.pick(cluster.slaves()).node();
        if (!node.isUp() || !rule.mayKillOne()) {
            return false;
        }
        kill(node, 1 + random.below(40), rule::mayKillOne);
        return true;
    }

    boolean killCoordinator() {
        SimNode node = someCoordinator();
        if (!node.isUp()) {
            return false;
        }
        kill(node, 1 + random.below(60), () -> true);
        return true;
    }

    boolean killAll() {
        if (!rule.mayKillAll()) {
            return false;
        }
        Death death = random.chance(0.5) ? Death.POWER_LOST : Death.KILLED;
        cluster.nodes().forEach(node -> node.crash(death));
        return true;
    }

    private void kill(SimNode node, int effects, BooleanSupplier allowed) {
        if (random.chance(0.5)) {
            node.crashAfterEffects(effects, allowed);
        } else {
            node.crash(random.chance(0.3) ? Death.POWER_LOST : Death.KILLED);
        }
    }

    boolean stopSlave() {
        SimNode node = random.pick(cluster.slaves()).node();
        if (!node.isUp() || !rule.mayLoseOne()) {
            return false;
        }
        // The machine chooses the moment: that it is a safe one is a part of what is tested.
        rule.stops(node.process());
        node.requestStop();
        return true;
    }

    boolean pauseSlave() {
        return pause(random.pick(cluster.slaves()).node());
    }

    boolean pauseCoordinator() {
        return pause(someCoordinator());
    }

    private boolean pause(SimNode node) {
        long forNs = random.chance(0.8)
                ? random.skewed(20_000_000, 4_000_000_000L)
                : random.skewed(4_000_000_000L, 70_000_000_000L);
        if (node.process() == null || node.process().isPaused() || !rule.mayDisturb()) {
            return false;
        }
        pauseFor(node, forNs);
        return true;
    }

    private void pauseFor(SimNode node, long forNs) {
        SimProcess process = node.process();
        node.pause();
        world.scheduler().after(forNs, () -> {
            if (node.process() == process) {
                node.resume();
            }
        });
    }

    /** Another coordinator takes the state over; the old one may sleep meanwhile, and goes on as long as it lives. */
    boolean replaceCoordinator() {
        SimNode old = cluster.coordinator();
        SimNode next = cluster.otherCoordinator();
        if (!old.isUp() || !rule.mayDisturb()) {
            return false;
        }
        next.crash(Death.KILLED);
        if (random.chance(0.6)) {
            pauseFor(old, random.skewed(20_000_000, 20_000_000_000L));
        }
        cluster.takeOver();
        next.start();
        return true;
    }

    private SimNode someCoordinator() {
        return random.chance(0.8) ? cluster.coordinator() : cluster.otherCoordinator();
    }
}
