package com.kvstore.protocol.primarybackup;

import java.util.List;

/**
 * What a peer can say of its group.
 *
 * @param state {@code forming}, {@code recovering}, {@code primary}, {@code backup}, {@code joining} or
 *     {@code view-change}
 * @param primary the id of the view's primary; 0 while there is none
 * @param commit the last entry decided, as far as this peer knows
 * @param last the last entry of its log
 */
public record PrimaryBackupStatus(
        int self, String state, long view, int primary, long commit, long last, long keys, List<PeerStatus> peers) {
    public PrimaryBackupStatus {
        peers = List.copyOf(peers);
    }

    /**
     * @param reachable whether this peer has a link to it
     * @param held the last entry it is known to hold; only the primary knows, else 0
     */
    public record PeerStatus(int id, String address, boolean reachable, long held) {}
}
