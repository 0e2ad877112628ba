package com.kvstore.protocol.twophase;

import com.kvstore.common.Bytes;
import com.kvstore.common.ErrorCode;
import com.kvstore.common.Result;
import com.kvstore.common.Table;
import com.kvstore.protocol.kernel.Effects;
import com.kvstore.protocol.membership.Arc;
import com.kvstore.protocol.membership.Copy;
import com.kvstore.protocol.membership.Liveness;
import com.kvstore.protocol.membership.View;
import com.kvstore.protocol.twophase.TwoPhaseMessage.Read;
import com.kvstore.protocol.twophase.TwoPhaseMessage.ReadAnswer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads: from the cache, else from the owner, else from the replica the moment the owner is unreachable; from copies in
 * sync only.
 *
 * <p>A read shares its link with the commits that were decided before it, so it sees them. An answer on a link that was
 * given up is never used: the copy may have lost sync since.
 *
 * <p>The cache answers only while every in-sync copy of the key's arc has granted this coordinator's epoch ({@link Grants}):
 * whoever wants to write as a newer coordinator needs one of them, and must wait for its grant to run out.
 */
final class Reads {
    private final Cluster cluster;
    private final Channels channels;
    private final ReadCache cache;
    private final Grants grants;
    /** Wait for a link that is being opened. */
    private List<PendingRead> parked = new ArrayList<>();

    private int clientsWaiting;

    Reads(Cluster cluster, Channels channels, ReadCache cache, Grants grants) {
        this.cluster = cluster;
        this.channels = channels;
        this.cache = cache;
        this.grants = grants;
    }

    int clientsWaiting() {
        return clientsWaiting;
    }

    void get(long client, Bytes key, long nowNs, Effects effects) {
        View view = cluster.view();
        int position = view.positionOf(key);
        Result.Value cached = cache.get(key);
        if (cached != null && grants.areGranted(view.arcAt(position), nowNs)) {
            effects.requestNote("CACHE HIT", key);
            effects.reply(client, cached);
            return;
        }
        clientsWaiting++;
        route(new PendingRead(client, key, position), effects);
    }

    private void route(PendingRead read, Effects effects) {
        Arc arc = cluster.view().arcAt(read.position);
        Copy best = null;
        Copy unreachable = null;
        boolean connecting = false;
        for (Copy copy : arc.copies()) {
            if (!copy.inSync()) {
                continue;
            }
            Liveness liveness = cluster.liveness(copy.member());
            connecting |= liveness == Liveness.CONNECTING;
            if (liveness != Liveness.UP) {
                unreachable = copy;
            } else if (best == null || (copy.table() == Table.OWN && best.table() != Table.OWN)) {
                best = copy;
            }
        }
        if (best != null) {
            read.stamp = cache.stamp(read.key);
            channels.of(best.member()).read(read, new Read(best.table(), read.key));
        } else if (connecting) {
            parked.add(read);
        } else {
            clientsWaiting--;
            effects.reply(read.client, unreadable(arc, unreachable, read.key));
        }
    }

    private Result unreadable(Arc arc, @Nullable Copy unreachable, Bytes key) {
        if (unreachable != null) {
            String name = cluster.name(unreachable.member());
            return Result.Failure.of(
                    ErrorCode.UNAVAILABLE,
                    name + " is down and holds the only up-to-date copy of '" + key
                            + "'. Start it again, or type: forget " + name);
        }
        if (arc.lost()) {
            return AttemptBuilder.lost(key.text());
        }
        return cluster.view().members().isEmpty()
                ? Result.Failure.of(
                        ErrorCode.NO_NODES, "No data node has registered yet. Start one with ./run-slave.sh")
                : Result.Failure.of(ErrorCode.UNAVAILABLE, "No copy of '" + key + "' can be read at the moment");
    }

    void onAnswered(List<PendingRead> asked, List<ReadAnswer> answers, Effects effects) {
        for (int i = 0; i < asked.size(); i++) {
            PendingRead read = asked.get(i);
            ReadAnswer answer = answers.get(i);
            clientsWaiting--;
            Bytes bytes = answer.value();
            if (bytes != null) {
                Result.Value value = new Result.Value(bytes, answer.version());
                cache.fill(read.key, value, read.stamp);
                effects.reply(read.client, value);
            } else if (cluster.view().arcAt(read.position).lost()) {
                effects.reply(read.client, AttemptBuilder.lost(read.key.text()));
            } else {
                effects.reply(read.client, Result.Failure.of(ErrorCode.NOT_FOUND, "Key not found: " + read.key.text()));
            }
        }
    }

    /** A read that can get no answer. */
    void refuse(PendingRead read, Result.Failure failure, Effects effects) {
        clientsWaiting--;
        effects.reply(read.client, failure);
    }

    /** Reads whose link is gone look for another. */
    void reroute(List<PendingRead> lost, Effects effects) {
        for (PendingRead read : lost) {
            route(read, effects);
        }
    }

    /** The membership or a liveness changed. */
    void retryParked(Effects effects) {
        if (!parked.isEmpty()) {
            List<PendingRead> again = parked;
            parked = new ArrayList<>();
            reroute(again, effects);
        }
    }
}
