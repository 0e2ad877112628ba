package com.kvstore.protocol.eventual;

import com.kvstore.common.ServerNode;
import java.util.List;

/**
 * The state of an eventual group as one peer sees it. Immutable.
 *
 * @param settled whether this peer has what the others held when it started
 * @param keys with a value, here
 * @param tombstones deletes that some listed peer may not have yet
 * @param everywhereMs every write up to this time of day is on every listed peer; 0: cannot be told, for one is missing
 */
public record EventualStatus(
        int self, boolean settled, long keys, long tombstones, long everywhereMs, List<PeerStatus> peers) {
    public EventualStatus {
        peers = List.copyOf(peers);
    }

    /**
     * Another peer.
     *
     * @param unacknowledged changes of this peer's clients that it has not confirmed
     */
    public record PeerStatus(int id, ServerNode address, boolean reachable, long unacknowledged) {}
}
