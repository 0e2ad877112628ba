package com.kvstore.protocol.ring;

import com.kvstore.protocol.kernel.Effects;
import com.kvstore.protocol.membership.Liveness;
import com.kvstore.protocol.membership.Peer;
import com.kvstore.protocol.membership.Peers;
import com.kvstore.protocol.membership.Range;
import com.kvstore.protocol.membership.View;
import com.kvstore.protocol.membership.ViewKeeper;
import com.kvstore.protocol.snapshot.SnapshotMessage.Freeze;
import com.kvstore.protocol.snapshot.SnapshotMessage.Thaw;
import com.kvstore.protocol.twophase.TwoPhaseCoordinator;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A moment at which no transaction is half done, kept for reading on the data nodes.
 *
 * <p>New transactions wait until none is under way (some milliseconds); then every data node is told to keep what it holds
 * of some arcs, and the transactions go on, behind that on every link.
 *
 * <p>Threading: one machine's. One at a time: a new one ends the one before.
 */
final class Cut {
    private static final long PATIENCE_NS = 3_000_000_000L;

    /** What a cut is made for. */
    interface Use {
        /**
         * Chooses what is to be kept where.
         *
         * @param sources to be filled: ranges, in order, by member
         * @return what stands in the way; null: nothing
         */
        @Nullable String plan(View view, SortedMap<Integer, List<Range>> sources);

        /** It is made, and has this id. */
        void made(long id, View view, SortedMap<Integer, List<Range>> sources, Effects effects);

        /** It could not be made. */
        void notMade(String why, Effects effects);

        /** It cannot be read any more. */
        void ended(String why, Effects effects);
    }

    private final ViewKeeper views;
    private final Peers peers;
    private final TwoPhaseCoordinator twoPhase;
    private @Nullable Use waiting;
    private long giveUpAtNs;
    private @Nullable Use present;
    private SortedMap<Integer, List<Range>> sources = new TreeMap<>();
    private long id;

    /** @param firstId random, so that what another coordinator's life froze is not taken for this one's; not negative */
    Cut(ViewKeeper views, Peers peers, TwoPhaseCoordinator twoPhase, long firstId) {
        this.views = views;
        this.peers = peers;
        this.twoPhase = twoPhase;
        this.id = firstId;
    }

    void make(Use use, long nowNs, Effects effects) {
        if (waiting != null) {
            use.notMade("another one is just beginning", effects);
            return;
        }
        waiting = use;
        giveUpAtNs = nowNs + PATIENCE_NS;
        twoPhase.fence();
        tick(nowNs, effects);
    }

    /** Every input of the turn has been handled. */
    void tick(long nowNs, Effects effects) {
        Use use = waiting;
        if (use == null) {
            return;
        }
        View view = views.current();
        SortedMap<Integer, List<Range>> planned = new TreeMap<>();
        String problem = use.plan(view, planned);
        for (int member : planned.keySet()) {
            if (problem == null && !twoPhase.settledBefore(member, Long.MAX_VALUE)) {
                problem = "transactions under way have not ended within 3 s: is a data node down?";
            }
        }
        if (problem == null) {
            waiting = null;
            freeze(use, view, planned, effects);
            twoPhase.unfence(effects);
        } else if (nowNs >= giveUpAtNs) {
            waiting = null;
            use.notMade(problem, effects);
            twoPhase.unfence(effects);
        }
    }

    private void freeze(Use use, View view, SortedMap<Integer, List<Range>> planned, Effects effects) {
        end("another one has begun", effects);
        id++;
        present = use;
        sources = planned;
        for (Map.Entry<Integer, List<Range>> source : planned.entrySet()) {
            Peer peer = peers.of(source.getKey());
            if (peer != null) {
                effects.send(peer.link(), new Freeze(id, source.getValue()));
            }
        }
        use.made(id, view, planned, effects);
    }

    /** It is read to its end: the data nodes may forget it. */
    void done(Effects effects) {
        present = null;
        for (int member : sources.keySet()) {
            Peer peer = peers.of(member);
            if (peer != null && peer.liveness() == Liveness.UP) {
                effects.send(peer.link(), new Thaw(id));
            }
        }
        sources = new TreeMap<>();
    }

    private void end(String why, Effects effects) {
        Use ending = present;
        present = null;
        sources = new TreeMap<>();
        if (ending != null) {
            ending.ended(why, effects);
        }
    }

    /** The link to a member is lost, or the member with it: what it kept is gone. */
    void memberDown(int member, Effects effects) {
        if (sources.containsKey(member)) {
            end("a data node it is read from has gone down", effects);
        }
    }
}
