package com.kvstore.peer;

import com.kvstore.common.Group;
import com.kvstore.common.ServerNode;
import com.kvstore.transport.NetworkOptions;
import org.jspecify.annotations.Nullable;

/**
 * All that a peer's process is told when it starts. Immutable.
 *
 * @param group the same on every peer
 * @param self this peer's id in it
 * @param disk null: data are in memory only
 * @param bootstrap whether a majority of empty peers may found the group, without the others
 */
public record PeerSettings(
        Group group, int self, boolean bootstrap, @Nullable PeerDisk disk, NetworkOptions network) {
    ServerNode address() {
        return group.address(self);
    }
}
