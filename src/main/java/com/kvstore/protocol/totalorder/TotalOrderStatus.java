package com.kvstore.protocol.totalorder;

import com.kvstore.common.ServerNode;
import java.util.List;

/**
 * The state of a total-order group as one peer sees it. Immutable.
 *
 * @param state {@code joining}: it does not vote; {@code waiting}: it votes and has no lane of its own at the moment;
 *     {@code up}
 * @param clock the Lamport clock
 * @param delivered operations, in the whole order
 * @param keys with a value, here
 * @param waiting requests in hand
 */
public record TotalOrderStatus(
        int self, String state, long clock, long delivered, long keys, int waiting, List<PeerStatus> peers) {
    public TotalOrderStatus {
        peers = List.copyOf(peers);
    }

    /**
     * Another peer.
     *
     * @param life the latest that is known of it: one more for each time it lost what it held
     */
    public record PeerStatus(int id, ServerNode address, boolean reachable, int life) {}
}
