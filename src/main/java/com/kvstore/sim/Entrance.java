package com.kvstore.sim;

import com.kvstore.common.ServerNode;

/**
 * Which node one client talks to.
 *
 * <p>Threading: belongs to one simulation.
 */
interface Entrance {
    /** Whom to ask now. */
    SimNode choose(SimRandom random);

    /** Told by the node that was asked to ask another one. */
    default void redirected(ServerNode to) {}

    /** The node that was asked was of no help. */
    default void disappointed() {}
}
