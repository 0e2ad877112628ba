package com.kvstore.sim;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

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
    private final Supplier<List<SimNode>> nodes;
    private final SimNetwork network;
    private final BooleanSupplier mayDisturb;
    private final SimRandom random;

    /**
     * @param nodes all there are at the moment
     * @param mayDisturb whether living nodes may be made to look dead now
     */
    NetworkFaults(
            SimWorld world,
            Supplier<List<SimNode>> nodes,
            SimNetwork network,
            BooleanSupplier mayDisturb,
            SimRandom random) {
        this.world = world;
        this.nodes = nodes;
        this.network = network;
        this.mayDisturb = mayDisturb;
        this.random = random;
    }

    /** @param bothWays whether the way back is cut too */
    boolean cut(boolean bothWays) {
        SimNode one = random.pick(nodes.get());
        SimNode other = random.pick(nodes.get());
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
        SimNode alone = random.pick(nodes.get());
        List<Path> paths = new ArrayList<>();
        for (SimNode other : nodes.get()) {
            if (other != alone) {
                paths.add(new Path(alone, other));
                paths.add(new Path(other, alone));
            }
        }
        return cut(paths);
    }

    boolean bridge() {
        List<SimNode> all = nodes.get();
        SimNode bridge = random.pick(all);
        List<SimNode> left = new ArrayList<>();
        List<SimNode> right = new ArrayList<>();
        for (SimNode node : all) {
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
        if (paths.isEmpty() || !mayDisturb.getAsBoolean()) {
            return false;
        }
        paths.forEach(path -> network.cut(path.from, path.to));
        world.scheduler().after(forNs, () -> paths.forEach(path -> network.heal(path.from, path.to)));
        return true;
    }

    boolean reset() {
        SimNode one = random.pick(nodes.get());
        SimNode other = random.pick(nodes.get());
        if (one == other || !mayDisturb.getAsBoolean()) {
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

    boolean cutDatagrams(SimNode from, SimNode to) {
        network.cutDatagrams(from, to);
        world.scheduler().after(random.skewed(MIN_CUT_NS, 2 * MAX_CUT_NS), () -> network.healDatagrams(from, to));
        return true;
    }

    boolean slowDown() {
        long forNs = random.skewed(100_000_000, 10_000_000_000L);
        if (!mayDisturb.getAsBoolean()) {
            return false;
        }
        network.slowDown(2 + random.below(200));
        world.scheduler().after(forNs, () -> network.slowDown(1));
        return true;
    }
}
