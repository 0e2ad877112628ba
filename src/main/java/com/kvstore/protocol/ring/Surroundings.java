package com.kvstore.protocol.ring;

import com.kvstore.common.ServerNode;
import com.kvstore.protocol.kernel.Effects;
import com.kvstore.protocol.membership.Arc;
import com.kvstore.protocol.membership.Copy;
import com.kvstore.protocol.membership.Liveness;
import com.kvstore.protocol.membership.Member;
import com.kvstore.protocol.membership.Peer;
import com.kvstore.protocol.membership.Peers;
import com.kvstore.protocol.membership.Range;
import com.kvstore.protocol.membership.View;
import com.kvstore.protocol.membership.ViewChanges;
import com.kvstore.protocol.membership.ViewKeeper;
import com.kvstore.protocol.movement.MoveMessage;
import com.kvstore.protocol.movement.MoveScheduler;
import com.kvstore.protocol.twophase.Cluster;
import com.kvstore.protocol.twophase.TwoPhaseCoordinator;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** What the transactions and the moves see of the membership, and the moves of the transactions. */
final class Surroundings implements Cluster, MoveScheduler.Host {
    private final ViewKeeper views;
    private final Peers peers;
    private @Nullable TwoPhaseCoordinator twoPhase;

    Surroundings(ViewKeeper views, Peers peers) {
        this.views = views;
        this.peers = peers;
    }

    void settledBy(TwoPhaseCoordinator transactions) {
        twoPhase = transactions;
    }

    @Override
    public View view() {
        return views.current();
    }

    @Override
    public Liveness liveness(int member) {
        return peers.liveness(member);
    }

    @Override
    public long link(int member) {
        Peer peer = peers.of(member);
        return peer == null ? 0 : peer.link();
    }

    @Override
    public String name(int member) {
        Member known = views.current().members().get(member);
        return known == null ? "a server that has left" : known.address().toString();
    }

    @Override
    public boolean isGoing(int member) {
        Peer peer = peers.of(member);
        return peer != null && peer.going();
    }

    @Override
    public SortedSet<Integer> down() {
        return peers.membersThatAre(Liveness.DOWN);
    }

    @Override
    public void propose(UnaryOperator<View> change, ViewKeeper.Then then) {
        views.propose(change, then);
    }

    @Override
    public void send(int member, MoveMessage message, Effects effects) {
        long link = link(member);
        if (link != 0) {
            effects.send(link, message);
        }
    }

    @Override
    public boolean isUp(int member) {
        return liveness(member) == Liveness.UP;
    }

    @Override
    public ServerNode address(int member) {
        Member known = views.current().members().get(member);
        if (known == null) {
            throw new IllegalStateException("no member " + member + " in the view");
        }
        return known.address();
    }

    @Override
    public boolean settledBefore(int member, long epoch) {
        return twoPhase != null && twoPhase.settledBefore(member, epoch);
    }

    @Override
    public boolean mayBeFilled(int member, List<Range> ranges) {
        return twoPhase != null && twoPhase.mayBeFilled(member, ranges);
    }

    @Override
    public void completed(int member, List<Range> ranges, Effects effects) {
        views.propose(
                view -> view.members().containsKey(member)
                        ? ViewChanges.complete(view, member, takingWrites(member, ranges))
                        : view,
                null);
    }

    /**
     * Of {@code ranges}, where the member's copies take writes in the view in force. A view that put them out of sync may
     * have been on its way to the disk when the move ended: what was written under it, they lack.
     */
    private List<Range> takingWrites(int member, List<Range> ranges) {
        List<Range> taking = new ArrayList<>();
        for (Arc arc : views.current().arcs()) {
            Copy copy = arc.copyOf(member);
            if (copy == null || !copy.takesWrites()) {
                continue;
            }
            for (Range range : ranges) {
                int start = Math.max(arc.start(), range.start());
                int end = Math.min(arc.end(), range.end());
                if (start <= end) {
                    taking.add(new Range(start, end));
                }
            }
        }
        return taking;
    }
}
