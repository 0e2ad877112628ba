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
import com.kvstore.protocol.parts.BoundedScan;
import com.kvstore.protocol.snapshot.SnapshotMessage.FetchFrozen;
import com.kvstore.protocol.snapshot.SnapshotMessage.FrozenPage;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/**
 * Hands a snapshot of the whole store to a client, part after part, at the client's leisure: each arc as one copy in sync
 * had it at a {@link Cut}.
 *
 * <p>Threading: one machine's.
 */
final class Snapshots implements Cut.Use {
    private static final int PAGE_BYTES = 512 * 1024;

    private final Cut cut;
    private final Peers peers;
    /** A client waits for a snapshot to begin; 0: none. */
    private long beginning;

    /** 0: there is no snapshot. */
    private long id;
    /** Whom the present snapshot is read from, in order. */
    private List<Integer> members = List.of();
    /** A client waits for the next part; 0: none. */
    private long fetching;

    private int fetchingNode;

    Snapshots(Cut cut, Peers peers) {
        this.cut = cut;
        this.peers = peers;
    }

    void on(long client, Command.Snapshot command, long nowNs, Effects effects) {
        if (command.id() == 0) {
            if (beginning != 0) {
                fail(client, ErrorCode.OVERLOADED, "another one is just beginning", effects);
                return;
            }
            beginning = client;
            cut.make(this, nowNs, effects);
        } else if (command.id() != id || command.node() < 0 || command.node() >= members.size()) {
            fail(client, ErrorCode.CONFLICT, "it has ended", effects);
        } else {
            fetch(client, command, effects);
        }
    }

    private void fetch(long client, Command.Snapshot command, Effects effects) {
        if (fetching != 0) {
            fail(fetching, ErrorCode.OVERLOADED, "the same part was asked for again", effects);
            fetching = 0;
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

    @Override
    public @Nullable String plan(View view, SortedMap<Integer, List<Range>> sources) {
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

    @Override
    public void made(long cutId, View view, SortedMap<Integer, List<Range>> sources, Effects effects) {
        id = cutId;
        members = List.copyOf(sources.keySet());
        SnapshotPage first = new SnapshotPage(id, 0, 0, Bytes.EMPTY);
        effects.reply(beginning, new Result.Value(first.encode(), new Version(view.epoch(), 0)));
        beginning = 0;
    }

    @Override
    public void notMade(String why, Effects effects) {
        fail(beginning, ErrorCode.UNAVAILABLE, why, effects);
        beginning = 0;
    }

    @Override
    public void ended(String why, Effects effects) {
        id = 0;
        members = List.of();
        if (fetching != 0) {
            fail(fetching, ErrorCode.CONFLICT, why, effects);
            fetching = 0;
        }
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
            id = 0;
            members = List.of();
            cut.done(effects);
        }
    }

    private static void fail(long client, ErrorCode code, String why, Effects effects) {
        effects.reply(client, Result.Failure.of(code, "No snapshot: " + why + ". Begin a new one"));
    }
}
