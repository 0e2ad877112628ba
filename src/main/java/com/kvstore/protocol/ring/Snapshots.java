package com.kvstore.protocol.ring;

import com.kvstore.common.Bytes;
import com.kvstore.common.Command;
import com.kvstore.common.ErrorCode;
import com.kvstore.common.Result;
import com.kvstore.common.SnapshotPage;
import com.kvstore.common.Version;
import com.kvstore.protocol.kernel.Effects;
import com.kvstore.protocol.membership.Arc;
import com.kvstore.protocol.membership.Copy;
import com.kvstore.protocol.membership.Liveness;
import com.kvstore.protocol.membership.Peer;
import com.kvstore.protocol.membership.Peers;
import com.kvstore.protocol.membership.Range;
import com.kvstore.protocol.membership.View;
import com.kvstore.protocol.membership.ViewKeeper;
import com.kvstore.protocol.parts.BoundedScan;
import com.kvstore.protocol.snapshot.SnapshotMessage.FetchFrozen;
import com.kvstore.protocol.snapshot.SnapshotMessage.Freeze;
import com.kvstore.protocol.snapshot.SnapshotMessage.FrozenPage;
import com.kvstore.protocol.snapshot.SnapshotMessage.Thaw;
import com.kvstore.protocol.twophase.TwoPhaseCoordinator;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Snapshots of the whole store, as of one moment, with no half of a transaction in them.
 *
 * <p>New transactions wait until none is under way (some milliseconds); then every data node is told to keep what it holds
 * of the arcs that are read from it, and the transactions go on, behind that on every link. A client then fetches the
 * parts one after the other, at its leisure.
 *
 * <p>Threading: one machine's. One snapshot at a time: a new one ends the one before.
 */
final class Snapshots {
    private static final long PATIENCE_NS = 3_000_000_000L;
    private static final int PAGE_BYTES = 512 * 1024;

    private final ViewKeeper views;
    private final Peers peers;
    private final TwoPhaseCoordinator twoPhase;
    /** A client waits for a snapshot to begin; 0: none. */
    private long beginning;

    private long giveUpAtNs;
    private long id;
    /** Whom the present snapshot is read from, in order. */
    private List<Integer> members = List.of();
    /** A client waits for the next part; 0: none. */
    private long fetching;

    private int fetchingNode;

    /** @param firstId above every id of an earlier life, if possible: what an older one froze must not be taken for this */
    Snapshots(ViewKeeper views, Peers peers, TwoPhaseCoordinator twoPhase, long firstId) {
        this.views = views;
        this.peers = peers;
        this.twoPhase = twoPhase;
        this.id = firstId;
    }

    void on(long client, Command.Snapshot command, long nowNs, Effects effects) {
        if (command.id() == 0) {
            if (beginning != 0) {
                fail(client, ErrorCode.OVERLOADED, "another snapshot is just beginning", effects);
                return;
            }
            beginning = client;
            giveUpAtNs = nowNs + PATIENCE_NS;
            twoPhase.fence();
            tick(nowNs, effects);
        } else if (command.id() != id || command.node() < 0 || command.node() >= members.size()) {
            fail(client, ErrorCode.CONFLICT, "this snapshot has ended, for another one has begun", effects);
        } else {
            if (fetching != 0) {
                fail(fetching, ErrorCode.OVERLOADED, "the same part was asked for again", effects);
            }
            Peer peer = peers.of(members.get(command.node()));
            if (peer == null || peer.liveness() != Liveness.UP) {
                fail(client, ErrorCode.CONFLICT, "a data node it is read from has gone down", effects);
                return;
            }
            fetching = client;
            fetchingNode = command.node();
            effects.send(peer.link(), new FetchFrozen(id, command.from(), PAGE_BYTES));
        }
    }

    /** Every input of the turn has been handled. */
    void tick(long nowNs, Effects effects) {
        if (beginning == 0) {
            return;
        }
        View view = views.current();
        SortedMap<Integer, List<Range>> sources = new TreeMap<>();
        String problem = plan(view, sources);
        if (problem == null) {
            for (int member : sources.keySet()) {
                if (!twoPhase.settledBefore(member, Long.MAX_VALUE)) {
                    problem = "transactions under way have not ended within 3 s: is a data node down?";
                }
            }
            if (problem == null) {
                begin(view, sources, effects);
                return;
            }
        }
        if (nowNs >= giveUpAtNs) {
            fail(beginning, ErrorCode.UNAVAILABLE, problem, effects);
            beginning = 0;
            twoPhase.unfence(effects);
        }
    }

    private void begin(View view, SortedMap<Integer, List<Range>> sources, Effects effects) {
        id++;
        members = List.copyOf(sources.keySet());
        if (fetching != 0) {
            fail(fetching, ErrorCode.CONFLICT, "this snapshot has ended, for another one has begun", effects);
            fetching = 0;
        }
        for (Map.Entry<Integer, List<Range>> source : sources.entrySet()) {
            Peer peer = peers.of(source.getKey());
            if (peer != null) {
                effects.send(peer.link(), new Freeze(id, source.getValue()));
            }
        }
        SnapshotPage first = new SnapshotPage(id, 0, 0, Bytes.EMPTY);
        effects.reply(beginning, new Result.Value(first.encode(), new Version(view.epoch(), 0)));
        beginning = 0;
        twoPhase.unfence(effects);
    }

    /** @return what stands in the way; null: nothing */
    private @Nullable String plan(View view, SortedMap<Integer, List<Range>> sources) {
        if (view.members().isEmpty()) {
            return "no data node has registered yet";
        }
        for (Arc arc : view.arcs()) {
            if (arc.lost()) {
                return "a part of the ring is LOST; a snapshot would lack it without a word. Accept the loss first:"
                        + " accept-loss";
            }
            Copy copy = arc.readCopy(member -> peers.liveness(member) == Liveness.UP);
            if (copy == null) {
                return "a part of the ring has no up-to-date copy that is up";
            }
            sources.computeIfAbsent(copy.member(), any -> new ArrayList<>()).add(new Range(arc.start(), arc.end()));
        }
        return null;
    }

    void onPage(int member, FrozenPage page, Effects effects) {
        if (fetching == 0 || page.id() != id || members.get(fetchingNode) != member) {
            return;
        }
        long client = fetching;
        fetching = 0;
        if (!page.problem().isEmpty()) {
            fail(client, ErrorCode.CONFLICT, page.problem(), effects);
            return;
        }
        boolean nodeEnds = page.upTo() == BoundedScan.END;
        boolean ends = nodeEnds && fetchingNode + 1 == members.size();
        int node = ends ? SnapshotPage.END : nodeEnds ? fetchingNode + 1 : fetchingNode;
        SnapshotPage next = new SnapshotPage(id, node, nodeEnds ? 0 : page.upTo() + 1, page.entries());
        effects.reply(client, new Result.Value(next.encode(), Version.ZERO));
        if (ends) {
            for (int each : members) {
                Peer peer = peers.of(each);
                if (peer != null && peer.liveness() == Liveness.UP) {
                    effects.send(peer.link(), new Thaw(id));
                }
            }
        }
    }

    /** The link to a member is lost, or the member with it: what it froze is gone. */
    void memberDown(int member, Effects effects) {
        if (members.contains(member)) {
            members = List.of();
            if (fetching != 0) {
                fail(fetching, ErrorCode.CONFLICT, "a data node it is read from has gone down", effects);
                fetching = 0;
            }
        }
    }

    private static void fail(long client, ErrorCode code, String why, Effects effects) {
        effects.reply(client, Result.Failure.of(code, "No snapshot: " + why + ". Begin a new one"));
    }
}
