package com.kvstore.protocol.ring;

import com.kvstore.protocol.kernel.Effects;
import com.kvstore.protocol.kernel.TimerId;
import com.kvstore.protocol.membership.Arc;
import com.kvstore.protocol.membership.Copy;
import com.kvstore.protocol.membership.Liveness;
import com.kvstore.protocol.membership.Member;
import com.kvstore.protocol.membership.Peer;
import com.kvstore.protocol.membership.Peers;
import com.kvstore.protocol.membership.View;
import com.kvstore.protocol.membership.ViewChanges;
import com.kvstore.protocol.membership.ViewKeeper;
import java.util.List;
import java.util.TreeSet;

/**
 * Looks at the heartbeats every so often and takes out of the ring who has sent none for long and does not answer on TCP
 * either, unless it holds the only in-sync copy of something.
 *
 * <p>Threading: one machine's.
 */
final class HealthMonitor {
    private static final TimerId CHECK = new TimerId("health-check", 0);

    private final ViewKeeper views;
    private final Peers peers;
    private final long timeoutNs;
    private final long intervalNs;
    private final int heartbeatPort;
    /** Members whose state was told, so that a line comes once and not at every check. */
    private final TreeSet<Integer> told = new TreeSet<>();

    HealthMonitor(ViewKeeper views, Peers peers, CoordinatorConfig config) {
        this.views = views;
        this.peers = peers;
        this.timeoutNs = config.heartbeatTimeoutNs();
        this.intervalNs = config.healthCheckIntervalNs();
        this.heartbeatPort = config.heartbeatPort();
    }

    void start(long nowNs, Effects effects) {
        effects.setTimer(CHECK, nowNs + intervalNs);
    }

    void onTimer(TimerId timer, long nowNs, Effects effects) {
        if (timer.equals(CHECK)) {
            effects.setTimer(CHECK, nowNs + intervalNs);
            if (views.started()) {
                for (Peer peer : List.copyOf(peers.members())) {
                    check(peer, nowNs, effects);
                }
            }
        }
    }

    private void check(Peer peer, long nowNs, Effects effects) {
        long ageNs = nowNs - peer.lastHeartbeatNs();
        if (ageNs < timeoutNs) {
            told.remove(peer.member());
            return;
        }
        String silence = "Server " + peer.address() + " - No heartbeat for " + ageNs / 1_000_000_000L + " seconds";
        boolean first = told.add(peer.member());
        if (peer.liveness() != Liveness.DOWN) {
            if (first) {
                effects.note(
                        "HEALTH CHECK",
                        silence + ", but it answers on TCP and stays. Is UDP port " + heartbeatPort + " blocked?");
            }
            return;
        }
        int only = arcsOnlyReachableAt(views.current(), peer.member());
        if (only > 0) {
            if (first) {
                effects.note(
                        "HEALTH CHECK",
                        silence + ". It holds the only up-to-date copy of " + only
                                + (only == 1 ? " arc" : " arcs")
                                + " and stays in the ring: start it again, or type: forget " + peer.address());
            }
            return;
        }
        effects.note("HEALTH CHECK", silence);
        effects.note("HEALTH CHECK", "Marking server as failed");
        remove(peer);
    }

    private void remove(Peer peer) {
        int member = peer.member();
        views.propose(
                view -> {
                    Member known = view.members().get(member);
                    // Where the other copy's server is down too, this one may be all that is left.
                    if (known == null || peer.liveness() != Liveness.DOWN || arcsOnlyReachableAt(view, member) > 0) {
                        return view;
                    }
                    View without = ViewChanges.remove(view, member);
                    return without == null ? view : without;
                },
                (view, nowNs, effects) -> {
                    if (!view.members().containsKey(member)) {
                        told.remove(member);
                        effects.note("HEALTH CHECK", "Removed from hash ring");
                    }
                });
    }

    /** Arcs of which no other server that is up, and not about to go, holds an in-sync copy. */
    int arcsOnlyReachableAt(int member) {
        return arcsOnlyReachableAt(views.current(), member);
    }

    private int arcsOnlyReachableAt(View view, int member) {
        int only = 0;
        for (Arc arc : view.arcs()) {
            boolean here = false;
            boolean elsewhere = false;
            for (Copy copy : arc.copies()) {
                Peer peer = peers.of(copy.member());
                if (copy.inSync() && copy.member() == member) {
                    here = true;
                } else if (copy.inSync() && peer != null && peer.liveness() == Liveness.UP && !peer.going()) {
                    elsewhere = true;
                }
            }
            if (here && !elsewhere) {
                only++;
            }
        }
        return only;
    }
}
