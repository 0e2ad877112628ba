package com.kvstore.sim;

import com.kvstore.sim.ClusterOptions.Losses;
import org.jspecify.annotations.Nullable;

/**
 * What the faults may do to the slaves' memory at the moment.
 *
 * <p>With {@link Losses#ONE_AT_A_TIME} a slave loses its memory only while the coordinator says that every server is up
 * and every key has two copies: one loss, with any number of other faults that make living servers look dead, even before
 * it is noticed, must cost nothing.
 *
 * <p>Threading: belongs to one simulation.
 */
final class LossRule {
    private final SimCluster cluster;
    private final Losses losses;
    /** A slave that was asked to end and may have been told that it can. */
    private @Nullable SimProcess stopping;

    LossRule(SimCluster cluster, Losses losses) {
        this.cluster = cluster;
        this.losses = losses;
    }

    /** Whether anything may be lost, so long as it is reported as lost. */
    boolean mayLoseAll() {
        return losses == Losses.ANY;
    }

    /** Whether one slave may lose its memory now. */
    boolean mayLoseOne() {
        return mayLoseAll() || (!isStopping() && cluster.mayLoseOne());
    }

    /** Whether a slave may be killed now: one with a disk loses nothing. */
    boolean mayKillOne() {
        return cluster.isDurable() ? mayDisturb() : mayLoseOne();
    }

    /** Whether all of them may. */
    boolean mayKillAll() {
        return cluster.isDurable() ? mayDisturb() : mayLoseAll();
    }

    /** Whether living slaves may be made to look dead: one that stops in good order counts on the others. */
    boolean mayDisturb() {
        return mayLoseAll() || !isStopping();
    }

    /** This slave has been asked to end. */
    void stops(@Nullable SimProcess slave) {
        stopping = slave;
    }

    private boolean isStopping() {
        return stopping != null && !stopping.isDead();
    }
}
