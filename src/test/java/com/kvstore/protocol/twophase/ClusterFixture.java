package com.kvstore.protocol.twophase;

import com.kvstore.common.Bytes;
import com.kvstore.common.ServerNode;
import com.kvstore.common.Table;
import com.kvstore.common.Version;
import com.kvstore.protocol.kernel.RecordingEffects;
import com.kvstore.protocol.membership.Arc;
import com.kvstore.protocol.membership.Copy;
import com.kvstore.protocol.membership.Liveness;
import com.kvstore.protocol.membership.Range;
import com.kvstore.protocol.membership.View;
import com.kvstore.protocol.membership.ViewChanges;
import com.kvstore.protocol.membership.ViewKeeper;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.UnaryOperator;

/** The membership as the transactions see it, in a test's hands. A proposal is in force when the test says so. */
final class ClusterFixture implements Cluster {
    static final Bytes KEY = Bytes.of("username");

    /** What was proposed and is not in force yet. */
    record Proposal(UnaryOperator<View> change, ViewKeeper.Then then) {}

    /** Members that were told that they may end. */
    final TreeSet<Integer> going = new TreeSet<>();

    final TreeMap<Integer, Liveness> liveness = new TreeMap<>();
    final ArrayDeque<Proposal> proposals = new ArrayDeque<>();
    View view;

    ClusterFixture(int members) {
        view = View.create(77, 31, 1);
        for (int i = 0; i < members; i++) {
            view = joined(view, 8081 + i);
        }
    }

    /** {@code view} with one more member, all copies in sync. */
    static View joined(View view, int port) {
        View joined = ViewChanges.join(view, new ServerNode("127.0.0.1", port), 100 + port, false);
        View next = ViewChanges.announce(joined, joined.members().keySet());
        for (int member : joined.members().keySet()) {
            next = ViewChanges.complete(next, member, List.of(new Range(0, view.ringSize() - 1)));
        }
        return next;
    }

    Arc arc(Bytes key) {
        return view.arcAt(view.positionOf(key));
    }

    int owner(Bytes key) {
        return arc(key).copies().stream()
                .filter(copy -> copy.table() == Table.OWN)
                .mapToInt(Copy::member)
                .findFirst()
                .orElseThrow();
    }

    int replica(Bytes key) {
        return arc(key).copies().stream()
                .filter(copy -> copy.table() == Table.PREV)
                .mapToInt(Copy::member)
                .findFirst()
                .orElseThrow();
    }

    /** A key whose owner is {@code member}. */
    Bytes keyOwnedBy(int member) {
        for (int i = 0; ; i++) {
            Bytes key = Bytes.of("key-" + i);
            if (owner(key) == member) {
                return key;
            }
        }
    }

    /** The oldest proposal takes effect. */
    void carryOut(long nowNs, RecordingEffects effects) {
        Proposal proposal = proposals.remove();
        view = proposal.change().apply(view);
        proposal.then().inForce(view, nowNs, effects);
    }

    /** The members lose sync wherever another copy is left. */
    void markStale(Set<Integer> members) {
        TreeSet<Integer> witnesses = new TreeSet<>(view.members().keySet());
        witnesses.removeAll(members);
        view = ViewChanges.markStale(view, new TreeSet<>(members), witnesses);
    }

    Version version(long counter) {
        return new Version(view.epoch(), counter);
    }

    @Override
    public View view() {
        return view;
    }

    @Override
    public Liveness liveness(int member) {
        return liveness.getOrDefault(member, Liveness.UP);
    }

    /** As many as the member's number. */
    @Override
    public long link(int member) {
        return liveness(member) == Liveness.UP ? member : 0;
    }

    @Override
    public String name(int member) {
        return "member " + member;
    }

    @Override
    public boolean isGoing(int member) {
        return going.contains(member);
    }

    @Override
    public SortedSet<Integer> down() {
        TreeSet<Integer> down = new TreeSet<>();
        liveness.forEach((member, how) -> {
            if (how == Liveness.DOWN) {
                down.add(member);
            }
        });
        return down;
    }

    @Override
    public void propose(UnaryOperator<View> change, ViewKeeper.Then then) {
        proposals.add(new Proposal(change, then));
    }
}
