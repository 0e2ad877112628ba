package com.kvstore.sim;

import java.util.ArrayList;
import java.util.List;

/**
 * Cuts, resets, losses and slowness, each for a while.
 *
 * <p>Threading: belongs to one simulation.
 */
final class NetworkFaults {
    private static final long MIN_CUT_NS = 50_000_000;
    private static final long MAX_CUT_NS = 60_000_000_000L;

    private record Path(SimNode from, SimNode to) {}

    private final SimWorld world;
    private final SimCluster cluster;
    private final SimNetwork network;
    private final LossRule rule;
    private final SimRandom random;

    NetworkFaults(SimWorld world, SimCluster cluster, SimNetwork network, LossRule rule, SimRandom random) {
        this.world = world;
        this.cluster = cluster;
        this.network = network;
        this.rule = rule;
        this.random = random;
    }

    /** @param bothWays whether the way back is cut too */
    boolean cut(boolean bothWays) {
        SimNode one = random.pick(cluster.nodes());
        SimNode other = random.pick(cluster.nodes());
        List<Path> paths = new ArrayList<>();
        if (one != other) {
            paths.add(new Path(one, other));
            if (bothWays) {
                paths.add(new Path(other, one));
            }
        }
        return cut(paths);
    }

    boolean isolate() {
        SimNode alone = random.pick(cluster.nodes());
        List<Path> paths = new ArrayList<>();
        for (SimNode other : cluster.nodes()) {
            if (other != alone) {
                paths.add(new Path(alone, other));
                paths.add(new Path(other, alone));
            }
        }
        return cut(paths);
    }

    boolean bridge() {
        List<SimNode> nodes = cluster.nodes();
        SimNode bridge = random.pick(nodes);
        List<SimNode> left = new ArrayList<>();
        List<SimNode> right = new ArrayList<>();
        for (SimNode node : nodes) {
            if (node != bridge) {
                (random.chance(0.5) ? left : right).add(node);
            }
        }
        List<Path> paths = new ArrayList<>();
        for (SimNode one : left) {
            for (SimNode other : right) {
                paths.add(new Path(one, other));
                paths.add(new Path(other, one));
            }
        }
        return cut(paths);
    }

    private boolean cut(List<Path> paths) {
        long forNs = random.skewed(MIN_CUT_NS, MAX_CUT_NS);
        if (paths.isEmpty() || !rule.mayDisturb()) {
            return false;
        }
        paths.forEach(path -> network.cut(path.from, path.to));
        world.scheduler().after(forNs, () -> paths.forEach(path -> network.heal(path.from, path.to)));
        return true;
    }

    boolean reset() {
        SimNode one = random.pick(cluster.nodes());
        SimNode other = random.pick(cluster.nodes());
        if (one == other || !rule.mayDisturb()) {
            return false;
        }
        network.resetLinks(one, other);
        return true;
    }

    boolean loseDatagrams() {
        long forNs = random.skewed(1_000_000_000, 80_000_000_000L);
        network.loseDatagrams(random.chance(0.5) ? 1 : 0.5);
        world.scheduler().after(forNs, () -> network.loseDatagrams(0));
        return true;
    }

    boolean cutDatagrams() {
        SimNode from = random.pick(cluster.slaves()).node();
        SimNode to = cluster.coordinator();
        network.cutDatagrams(from, to);
        world.scheduler().after(random.skewed(MIN_CUT_NS, 2 * MAX_CUT_NS), () -> network.healDatagrams(from, to));
        return true;
    }

    boolean slowDown() {
        long forNs = random.skewed(100_000_000, 10_000_000_000L);
        if (!rule.mayDisturb()) {
            return false;
        }
        network.slowDown(2 + random.below(200));
        world.scheduler().after(forNs, () -> network.slowDown(1));
        return true;
    }
}
