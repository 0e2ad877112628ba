package com.kvstore.sim;

import com.kvstore.sim.SimCluster.Slave;
import com.kvstore.sim.SimNode.Death;

/**
 * Kills, pauses and stops processes, and starts them again later.
 *
 * <p>Threading: belongs to one simulation.
 */
final class ProcessFaults {
    private static final long COORDINATOR_DOWN_NS = 20_000_000_000L;
    private static final long SLAVE_DOWN_NS = 80_000_000_000L;

    private final SimCluster cluster;
    private final LossRule rule;
    private final SimRandom random;
    private final NodeFaults nodes;

    ProcessFaults(SimWorld world, SimCluster cluster, LossRule rule, SimRandom random) {
        this.cluster = cluster;
        this.rule = rule;
        this.random = random;
        this.nodes = new NodeFaults(world, random);
        for (SimNode node : cluster.coordinators()) {
            nodes.restartWheneverItEnds(node, COORDINATOR_DOWN_NS, () -> cluster.isWanted(node));
        }
        cluster.slaves().forEach(this::watch);
    }

    /** From now on, this slave is started again whenever it has ended. */
    void watch(Slave slave) {
        nodes.restartWheneverItEnds(slave.node(), SLAVE_DOWN_NS, () -> cluster.isWanted(slave.node()));
    }

    boolean killSlave() {
        SimNode node = random.pick(cluster.slaves()).node();
        if (!node.isUp() || !rule.mayKillOne()) {
            return false;
        }
        nodes.kill(node, 1 + random.below(40), rule::mayKillOne);
        return true;
    }

    boolean killCoordinator() {
        SimNode node = someCoordinator();
        if (!node.isUp()) {
            return false;
        }
        nodes.kill(node, 1 + random.below(60), () -> true);
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
        long forNs = nodes.pauseLengthNs();
        if (node.process() == null || node.process().isPaused() || !rule.mayDisturb()) {
            return false;
        }
        nodes.pauseFor(node, forNs);
        return true;
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
            nodes.pauseFor(old, random.skewed(20_000_000, 20_000_000_000L));
        }
        cluster.takeOver();
        next.start();
        return true;
    }

    private SimNode someCoordinator() {
        return random.chance(0.8) ? cluster.coordinator() : cluster.otherCoordinator();
    }
}
