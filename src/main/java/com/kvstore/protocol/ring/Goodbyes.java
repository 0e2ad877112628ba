package com.kvstore.protocol.ring;

import com.kvstore.protocol.kernel.Effects;
import com.kvstore.protocol.membership.MembershipMessage.Goodbye;
import com.kvstore.protocol.membership.MembershipMessage.GoodbyeAnswer;
import com.kvstore.protocol.membership.Peer;
import com.kvstore.protocol.membership.Peers;
import com.kvstore.protocol.membership.ViewKeeper;

/**
 * Tells slaves that are about to end whether they may: how many arcs nobody else holds. They ask again until that is none.
 *
 * <p>Invariant: a member hears "none" only while neither the view in force nor one on its way counts on its copies, and from
 * then on they are relied on for nothing until it is greeted again.
 *
 * <p>Threading: one machine's.
 */
final class Goodbyes {
    private final ViewKeeper views;
    private final Peers peers;
    private final HealthMonitor health;

    Goodbyes(ViewKeeper views, Peers peers, HealthMonitor health) {
        this.views = views;
        this.peers = peers;
        this.health = health;
    }

    /** Answers at once. A server that is no member, or another process of one, may go. */
    void on(long link, Goodbye goodbye, Effects effects) {
        Peer peer = peers.at(goodbye.self());
        if (peer == null || peer.member() == 0 || peer.incarnation() != goodbye.incarnation()) {
            effects.send(link, new GoodbyeAnswer(goodbye.number(), 0));
            return;
        }
        int only = health.arcsOnlyReachableAt(peer.member());
        if (only == 0 && (views.isChanging() || peer.isBeingGreeted())) {
            // The view on its way, or the greeting, may count on this copy: it asks again in a moment.
            only = 1;
        }
        if (only == 0 && !peer.going()) {
            effects.note("INFO", "Server " + peer.address() + " is going");
        }
        peers.goodbye(peer, link, only == 0);
        effects.send(link, new GoodbyeAnswer(goodbye.number(), only));
    }
}
