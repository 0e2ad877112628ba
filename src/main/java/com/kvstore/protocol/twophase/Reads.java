package com.kvstore.protocol.twophase;

import com.kvstore.common.Bytes;
import com.kvstore.common.ErrorCode;
import com.kvstore.common.Expiry;
import com.kvstore.common.Result;
import com.kvstore.protocol.kernel.Effects;
import com.kvstore.protocol.membership.Arc;
import com.kvstore.protocol.membership.Copy;
import com.kvstore.protocol.membership.Liveness;
import com.kvstore.protocol.membership.View;
import com.kvstore.protocol.parts.WallClock;
import com.kvstore.protocol.twophase.TwoPhaseMessage.Read;
import com.kvstore.protocol.twophase.TwoPhaseMessage.ReadAnswer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
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
    private static final Result.Failure TOO_MUCH = Result.Failure.of(
            ErrorCode.TOO_LARGE,
            "These keys hold more than " + (Participant.ANSWER_BYTES >> 20)
                    + " MiB together on one data node, more than is read in one moment: ask for fewer at once");

    private final Cluster cluster;
    private final Channels channels;
    private final ReadCache cache;
    private final Grants grants;
    private final WallClock clock;
    /** Wait for a link that is being opened. */
    private List<PendingRead> parked = new ArrayList<>();

    private List<MultiRead> parkedGroups = new ArrayList<>();
    private int clientsWaiting;

    Reads(Cluster cluster, Channels channels, ReadCache cache, Grants grants, WallClock clock) {
        this.cluster = cluster;
        this.channels = channels;
        this.cache = cache;
        this.grants = grants;
        this.clock = clock;
    }

    int clientsWaiting() {
        return clientsWaiting;
    }

    void get(long client, Bytes key, long nowNs, Effects effects) {
        int position = cluster.view().positionOf(key);
        Result.Value cached = cached(key, position, nowNs);
        if (cached != null) {
            effects.requestNote("CACHE HIT", key);
            effects.reply(client, cached);
            return;
        }
        clientsWaiting++;
        route(new PendingRead(client, key, position), effects);
    }

    /** The values of all keys as of one moment. */
    void getAll(long client, List<Bytes> keys, long nowNs, Effects effects) {
        List<Optional<Result.Value>> values = new ArrayList<>(keys.size());
        for (Bytes key : keys) {
            Result.Value cached = cached(key, cluster.view().positionOf(key), nowNs);
            if (cached == null) {
                break;
            }
            values.add(Optional.of(cached));
        }
        if (values.size() == keys.size()) {
            // Only all or none: a value from the cache and one from a slave are not of one moment.
            effects.reply(client, new Result.Values(values));
            return;
        }
        clientsWaiting++;
        readAll(keys, new ClientSink(client), effects);
    }

    private final class ClientSink implements MultiRead.Sink {
        private final long client;

        ClientSink(long client) {
            this.client = client;
        }

        @Override
        public void found(List<Optional<Result.Value>> values, Effects effects) {
            clientsWaiting--;
            effects.reply(client, new Result.Values(values));
        }

        @Override
        public void failed(Result.Failure failure, Effects effects) {
            clientsWaiting--;
            effects.reply(client, failure);
        }
    }

    /** The same, for whoever wants to know, and from the copies themselves. */
    void readAll(List<Bytes> keys, MultiRead.Sink sink, Effects effects) {
        send(new MultiRead(keys, cluster.view(), sink), effects);
    }

    private Result.@Nullable Value cached(Bytes key, int position, long nowNs) {
        Result.Value cached = cache.get(key);
        return cached != null
                        && !Expiry.isPast(cached.deadlineMs(), clock.nowMs())
                        && grants.areGranted(cluster.view().arcAt(position), nowNs)
                ? cached
                : null;
    }

    private boolean isUp(int member) {
        return cluster.liveness(member) == Liveness.UP;
    }

    private void send(MultiRead group, Effects effects) {
        // Also when it has to wait: what else of it was lost with the same link must not bring it back a second time.
        group.begin();
        View view = cluster.view();
        for (int i = 0; i < group.positions.length; i++) {
            Arc arc = view.arcAt(group.positions[i]);
            if (arc.readCopy(this::isUp) == null) {
                if (isConnecting(arc)) {
                    parkedGroups.add(group);
                } else {
                    group.failed(unreadable(arc, group.keys.get(i)), effects);
                }
                return;
            }
        }
        for (int i = 0; i < group.positions.length; i++) {
            route(new PendingRead(group, i), effects);
        }
    }

    private void route(PendingRead read, Effects effects) {
        Arc arc = cluster.view().arcAt(read.position);
        Copy copy = arc.readCopy(this::isUp);
        if (copy != null) {
            read.stamp = cache.stamp(read.key);
            channels.of(copy.member()).read(read, new Read(copy.table(), read.key));
        } else if (isConnecting(arc)) {
            parked.add(read);
        } else {
            clientsWaiting--;
            effects.reply(read.client, unreadable(arc, read.key));
        }
    }

    private boolean isConnecting(Arc arc) {
        for (Copy copy : arc.copies()) {
            if (copy.inSync() && cluster.liveness(copy.member()) == Liveness.CONNECTING) {
                return true;
            }
        }
        return false;
    }

    /** Why no copy of the arc can be read. */
    private Result.Failure unreadable(Arc arc, Bytes key) {
        for (Copy copy : arc.copies()) {
            if (copy.inSync()) {
                String name = cluster.name(copy.member());
                return Result.Failure.of(
                        ErrorCode.UNAVAILABLE,
                        name + " is down and holds the only up-to-date copy of '" + key
                                + "'. Start it again, or type: forget " + name);
            }
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
            MultiRead group = read.group;
            if (group != null && !group.awaits(read)) {
                continue;
            }
            Result result = result(read, answers.get(i));
            if (group == null) {
                clientsWaiting--;
                effects.reply(read.client, result);
            } else if (result instanceof Result.Value value) {
                group.found(read.index, Optional.of(value), effects);
            } else if (result instanceof Result.Failure failure && failure.code() != ErrorCode.NOT_FOUND) {
                group.failed(failure, effects);
            } else {
                group.found(read.index, Optional.empty(), effects);
            }
        }
    }

    private Result result(PendingRead read, ReadAnswer answer) {
        Bytes bytes = answer.value();
        if (bytes != null && !Expiry.isPast(answer.deadlineMs(), clock.nowMs())) {
            Result.Value value = new Result.Value(bytes, answer.version(), answer.deadlineMs());
            cache.fill(read.key, value, read.stamp);
            return value;
        }
        // What has expired was there: nothing is lost.
        return bytes == null && cluster.view().arcAt(read.position).lost()
                ? AttemptBuilder.lost(read.key.text())
                : Result.Failure.of(ErrorCode.NOT_FOUND, "Key not found: " + read.key.text());
    }

    /** A read that can get no answer. */
    void refuse(PendingRead read, Result.Failure failure, Effects effects) {
        MultiRead group = read.group;
        if (group == null) {
            clientsWaiting--;
            effects.reply(read.client, failure);
        } else if (group.awaits(read)) {
            group.failed(failure, effects);
        }
    }

    /**
     * Groups of which a slave answered no more: they are read again.
     *
     * @param batch all reads of that batch; a group that stood first had the answer for itself, and is too large
     */
    void readAgain(List<PendingRead> unanswered, List<PendingRead> batch, Effects effects) {
        for (PendingRead read : unanswered) {
            MultiRead group = read.group;
            if (group == null || !group.awaits(read)) {
                continue;
            }
            if (batch.get(0).group == group) {
                group.failed(TOO_MUCH, effects);
            } else {
                send(group, effects);
            }
        }
    }

    /** Reads whose link is gone look for another. */
    void reroute(List<PendingRead> lost, Effects effects) {
        for (PendingRead read : lost) {
            MultiRead group = read.group;
            if (group == null) {
                route(read, effects);
            } else if (group.awaits(read)) {
                send(group, effects);
            }
        }
    }

    /** The membership or a liveness changed. */
    void retryParked(Effects effects) {
        if (!parked.isEmpty()) {
            List<PendingRead> again = parked;
            parked = new ArrayList<>();
            reroute(again, effects);
        }
        if (!parkedGroups.isEmpty()) {
            List<MultiRead> again = parkedGroups;
            parkedGroups = new ArrayList<>();
            again.forEach(group -> send(group, effects));
        }
    }
}
