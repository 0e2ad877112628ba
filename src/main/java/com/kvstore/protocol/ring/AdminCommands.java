package com.kvstore.protocol.ring;

import com.kvstore.common.Command;
import com.kvstore.common.ErrorCode;
import com.kvstore.common.Result;
import com.kvstore.common.ServerNode;
import com.kvstore.protocol.kernel.Effects;
import com.kvstore.protocol.membership.Liveness;
import com.kvstore.protocol.membership.Member;
import com.kvstore.protocol.membership.Peer;
import com.kvstore.protocol.membership.Peers;
import com.kvstore.protocol.membership.View;
import com.kvstore.protocol.membership.ViewChanges;
import com.kvstore.protocol.membership.ViewKeeper;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What an operator orders: drain, forget, accept-loss. Answered once the view that carries it out is in force. */
final class AdminCommands {
    private final ViewKeeper views;
    private final Peers peers;
    private final Surroundings surroundings;

    AdminCommands(ViewKeeper views, Peers peers, Surroundings surroundings) {
        this.views = views;
        this.peers = peers;
        this.surroundings = surroundings;
    }

    /** @return whether the command was one of these */
    boolean on(long client, Command command, Effects effects) {
        if (command instanceof Command.Drain drain) {
            drain(client, drain.server(), effects);
        } else if (command instanceof Command.Forget forget) {
            forget(client, forget.server(), effects);
        } else if (command instanceof Command.AcceptLoss) {
            acceptLoss(client, effects);
        } else {
            return false;
        }
        return true;
    }

    private void drain(long client, ServerNode server, Effects effects) {
        Member member = views.current().memberAt(server);
        if (member == null) {
            effects.reply(client, notAMember(server));
        } else if (member.leaving()) {
            effects.reply(client, done(server + " is being drained already; the console tells when it is done"));
        } else if (views.current().ring().servers() < 2) {
            effects.reply(
                    client,
                    Result.Failure.of(
                            ErrorCode.BAD_REQUEST,
                            server
                                    + " is the only server: there is nowhere to move its keys. Start another one first"));
        } else {
            views.propose(
                    view -> {
                        Member known = view.members().get(member.id());
                        return known == null || known.leaving() || view.ring().servers() < 2
                                ? view
                                : ViewChanges.drain(view, member.id());
                    },
                    (view, nowNs, sink) -> {
                        sink.note("REBALANCE", "Draining " + server + ": its keys move to the other servers");
                        sink.reply(
                                client,
                                done(server + " is being drained; the console and status tell when it is done"));
                    });
        }
    }

    private void forget(long client, ServerNode server, Effects effects) {
        Member member = views.current().memberAt(server);
        if (member == null) {
            effects.reply(client, notAMember(server));
            return;
        }
        Peer peer = peers.at(server);
        if (peer != null && peer.liveness() == Liveness.UP) {
            effects.reply(
                    client,
                    Result.Failure.of(
                            ErrorCode.BAD_REQUEST,
                            server + " is up, and what only it holds would be lost. Move its keys away with: drain "
                                    + server));
            return;
        }
        int[] lost = new int[1];
        views.propose(
                view -> {
                    if (!view.members().containsKey(member.id())) {
                        return view;
                    }
                    View after = ViewChanges.forget(view, member.id());
                    lost[0] = lostArcs(after) - lostArcs(view);
                    return after;
                },
                (view, nowNs, sink) -> {
                    String loss = lost[0] <= 0
                            ? "every key has another copy"
                            : "it held the only up-to-date copy of a part of the ring, which is LOST now";
                    sink.note("REBALANCE", "Server " + server + " is forgotten: " + loss);
                    sink.reply(client, done(server + " is forgotten: " + loss));
                });
    }

    /**
     * Copies of a lost arc know nothing of the transactions from before the loss, and once it is accepted nobody can tell
     * them from copies that would: so these are finished first, on all their other keys.
     */
    private void acceptLoss(long client, Effects effects) {
        int before = lostArcs(views.current());
        Member unfinished = before == 0 ? null : firstUnfinished(views.current());
        if (unfinished != null) {
            ServerNode server = unfinished.address();
            effects.reply(
                    client,
                    Result.Failure.of(
                            ErrorCode.UNAVAILABLE,
                            peers.liveness(unfinished.id()) == Liveness.UP
                                    ? "Not applied: writes from before the loss are not finished yet. Try again in a moment"
                                    : "Not applied: writes from before the loss are not finished, as " + server
                                            + " is down. Start it again, or type: forget " + server
                                            + "; then accept the loss again"));
            return;
        }
        views.propose(ViewChanges::acceptLoss, (view, nowNs, sink) -> {
            int after = lostArcs(view);
            String text = before == 0
                    ? "nothing is lost"
                    : after == 0
                            ? "the loss is accepted: keys that are gone are simply not found now"
                            : "a part of the ring has no copy yet: start a data node, then accept the loss again";
            sink.note("REBALANCE", "accept-loss: " + text);
            sink.reply(client, done(text));
        });
    }

    /** A member that may still have to finish a transaction that is older than the view; null if there is none. */
    private @Nullable Member firstUnfinished(View view) {
        for (Member member : view.members().values()) {
            if (!surroundings.settledBefore(member.id(), view.epoch())) {
                return member;
            }
        }
        return null;
    }

    private static int lostArcs(View view) {
        return (int) view.arcs().stream().filter(arc -> arc.lost()).count();
    }

    private static Result done(String note) {
        return new Result.Ack(2, List.of(), note);
    }

    private static Result notAMember(ServerNode server) {
        return Result.Failure.of(
                ErrorCode.BAD_REQUEST, server + " is not a server of this ring. Type: ring, to see who is");
    }
}
