package com.kvstore.client;

import com.kvstore.common.ServerNode;

/**
 * Hears when a {@link KvClient}'s connection comes and goes.
 *
 * <p>Called on the client's own thread: an implementation returns at once, and does not throw.
 */
public interface ConnectionListener {
    /** Hears nothing. */
    ConnectionListener NONE = new ConnectionListener() {};

    /** A connection is open and the node at its other end has answered. */
    default void connected(ServerNode node) {}

    /** Such a connection is gone; the client is already trying to get another. */
    default void lost(ServerNode node, String reason) {}
}
