package com.kvstore.protocol.twophase;

import com.kvstore.protocol.membership.Arc;
import com.kvstore.protocol.membership.Copy;
import com.kvstore.protocol.membership.Liveness;
import com.kvstore.protocol.membership.View;
import com.kvstore.protocol.membership.ViewChanges;
import com.kvstore.protocol.membership.ViewKeeper;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * Puts members that are down out of sync where writes want to go on without them.
 *
 * <p>Only where a witness goes on: another copy in sync, whose member has answered something that was sent after the last
 * one went down. Else a member that is merely slow to answer would be given up for one that has just died, unnoticed, and
 * with that the only copy left. Members that are not witnesses yet are asked for a sign of life; each answers, or goes
 * down itself, within the request time-out. One that was told that it may end is no witness: it may be gone before it is
 * noticed.
 *
 * <p>Threading: one machine's.
 */
final class StaleMarker {
    private final Cluster cluster;
    private final Channels channels;
    private List<ViewKeeper.Then> wanted = new ArrayList<>();
    private boolean proposed;
    private long lastDownNs = Long.MIN_VALUE;

    StaleMarker(Cluster cluster, Channels channels) {
        this.cluster = cluster;
        this.channels = channels;
    }

    /** @param then called once something has changed, or nothing can */
    void want(ViewKeeper.Then then) {
        wanted.add(then);
    }

    /** A member went down. */
    void onDown(long nowNs) {
        lastDownNs = nowNs;
    }

    /** Every input of the turn has been handled: proposes what can be proposed. */
    void turnEnded() {
        if (wanted.isEmpty() || proposed || (!changes(cluster.view()) && isUndecided(cluster.view()))) {
            return;
        }
        proposed = true;
        List<ViewKeeper.Then> called = wanted;
        wanted = new ArrayList<>();
        cluster.propose(this::marked, (view, nowNs, effects) -> {
            proposed = false;
            called.forEach(then -> then.inForce(view, nowNs, effects));
        });
    }

    /** Whether a change waits for a sign of life. */
    boolean isWaiting() {
        return !wanted.isEmpty();
    }

    /** Whether the member at the other end must be asked for one. */
    boolean asks(Channel channel) {
        return cluster.liveness(channel.member) == Liveness.UP
                && channel.grantedFromNs < lastDownNs
                && !channel.askedSince(lastDownNs);
    }

    private View marked(View view) {
        return ViewChanges.markStale(view, cluster.down(), witnesses(view));
    }

    @SuppressWarnings("ReferenceEquality") // A change that has nothing to change returns its argument itself.
    private boolean changes(View view) {
        return marked(view) != view;
    }

    /** Whether a copy that is down might fall behind one that has not shown yet whether it is alive. */
    private boolean isUndecided(View view) {
        SortedSet<Integer> witnesses = witnesses(view);
        for (Arc arc : view.arcs()) {
            boolean waits = false;
            boolean down = false;
            for (Copy copy : arc.copies()) {
                boolean isDown = cluster.liveness(copy.member()) == Liveness.DOWN;
                down |= isDown && copy.takesWrites();
                waits |= !isDown && copy.inSync() && !witnesses.contains(copy.member());
            }
            if (down && waits) {
                return true;
            }
        }
        return false;
    }

    private SortedSet<Integer> witnesses(View view) {
        TreeSet<Integer> witnesses = new TreeSet<>();
        for (int member : view.members().keySet()) {
            Channel channel = channels.existing(member);
            if (channel != null
                    && cluster.liveness(member) == Liveness.UP
                    && !cluster.isGoing(member)
                    && channel.grantedFromNs != Long.MIN_VALUE
                    && channel.grantedFromNs >= lastDownNs) {
                witnesses.add(member);
            }
        }
        return witnesses;
    }
}
