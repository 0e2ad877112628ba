package com.kvstore.sim;

import com.kvstore.sim.SimNode.Death;
import java.util.function.BooleanSupplier;

/**
 * What can be done to the process of any node, whatever protocol it runs.
 *
 * <p>Threading: belongs to one simulation.
 */
final class NodeFaults {
    private final SimWorld world;
    private final SimRandom random;

    NodeFaults(SimWorld world, SimRandom random) {
        this.world = world;
        this.random = random;
    }

    /** From now on, the node is started again whenever its process has ended, if it is still wanted then. */
    void restartWheneverItEnds(SimNode node, long maxDownNs, BooleanSupplier wanted) {
        node.onEnd(() -> world.scheduler().after(random.skewed(5_000_000, maxDownNs), () -> {
            if (!node.isUp() && wanted.getAsBoolean()) {
                node.start();
            }
        }));
    }

    /**
     * Kills it, at once or in the midst of a coming turn.
     *
     * @param effects before which effect from now, if in the midst of a turn
     * @param allowed asked at that moment
     */
    void kill(SimNode node, int effects, BooleanSupplier allowed) {
        if (random.chance(0.5)) {
            node.crashAfterEffects(effects, allowed);
        } else {
            node.crash(random.chance(0.3) ? Death.POWER_LOST : Death.KILLED);
        }
    }

    /** Mostly short: long ones are rarer, and longer than any time-out. */
    long pauseLengthNs() {
        return random.chance(0.8)
                ? random.skewed(20_000_000, 4_000_000_000L)
                : random.skewed(4_000_000_000L, 70_000_000_000L);
    }

    /** It sleeps, and goes on afterwards if it still lives. */
    void pauseFor(SimNode node, long forNs) {
        SimProcess process = node.process();
        node.pause();
        world.scheduler().after(forNs, () -> {
            if (node.process() == process) {
                node.resume();
            }
        });
    }
}
