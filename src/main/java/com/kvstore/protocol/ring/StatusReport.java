package com.kvstore.protocol.ring;

import com.kvstore.protocol.membership.Arc;
import com.kvstore.protocol.membership.Copy;
import com.kvstore.protocol.membership.Liveness;
import com.kvstore.protocol.membership.Member;
import com.kvstore.protocol.membership.Peer;
import com.kvstore.protocol.membership.Peers;
import com.kvstore.protocol.membership.View;
import com.kvstore.protocol.membership.ViewKeeper;
import com.kvstore.protocol.movement.MoveScheduler;
import com.kvstore.protocol.twophase.TwoPhaseCoordinator;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.TreeSet;

/** Puts a {@link ClusterStatus} together. */
final class StatusReport {
    private StatusReport() {}

    static ClusterStatus of(
            ViewKeeper views,
            Peers peers,
            TwoPhaseCoordinator twoPhase,
            MoveScheduler moves,
            AntiEntropy antiEntropy,
            long nowNs) {
        View view = views.current();
        int single = 0;
        int lost = 0;
        TreeSet<Integer> filling = new TreeSet<>();
        for (Arc arc : view.arcs()) {
            if (arc.lost()) {
                lost++;
            } else if (arc.inSyncCopies() > 0 && reachable(arc, peers) < 2) {
                single++;
            }
            for (Copy copy : arc.copies()) {
                if (!copy.inSync()) {
                    filling.add(copy.member());
                }
            }
        }
        List<ClusterStatus.ServerStatus> servers = new ArrayList<>();
        for (Member member : view.members().values()) {
            Peer peer = peers.of(member.id());
            boolean up = peer != null && peer.liveness() == Liveness.UP;
            String state =
                    !up ? "down" : member.leaving() ? "leaving" : filling.contains(member.id()) ? "catching-up" : "up";
            servers.add(new ClusterStatus.ServerStatus(
                    member.address().toString(),
                    Registrar.firstPosition(view, member.address()),
                    state,
                    peer == null ? 0 : peer.keys(),
                    peer == null ? -1 : (nowNs - peer.lastHeartbeatNs()) / 1_000_000,
                    member.durable()));
        }
        servers.sort(Comparator.comparing(ClusterStatus.ServerStatus::address));
        return new ClusterStatus(
                view,
                List.copyOf(servers),
                // A view on its way to the disk may tell otherwise.
                view.ring().servers() >= 2 && view.whole() && !views.isChanging() && single == 0,
                single,
                lost,
                moves.movingBytes(),
                moves.fraction(),
                twoPhase.cache().hits(),
                twoPhase.cache().misses(),
                twoPhase.cache().size(),
                twoPhase.served(),
                antiEntropy.checks(),
                antiEntropy.differences());
    }

    /**
     * Copies in sync on servers that are up. One on a server that is down may be gone with its process, or come back as it
     * was: as long as nobody knows, nobody should rely on it and let another server go.
     */
    private static int reachable(Arc arc, Peers peers) {
        int count = 0;
        for (Copy copy : arc.copies()) {
            Peer peer = peers.of(copy.member());
            if (copy.inSync() && peer != null && peer.liveness() == Liveness.UP) {
                count++;
            }
        }
        return count;
    }
}
