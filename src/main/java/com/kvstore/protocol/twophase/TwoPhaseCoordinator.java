package com.kvstore.protocol.twophase;

import com.kvstore.common.Bytes;
import com.kvstore.common.Command;
import com.kvstore.common.Command.Get;
import com.kvstore.common.Command.Transact;
import com.kvstore.common.ErrorCode;
import com.kvstore.common.LRUCache;
import com.kvstore.common.RequestId;
import com.kvstore.common.Result;
import com.kvstore.common.Write;
import com.kvstore.protocol.kernel.Effects;
import com.kvstore.protocol.membership.Liveness;
import com.kvstore.protocol.membership.MembershipMessage.Welcome;
import com.kvstore.protocol.membership.View;
import com.kvstore.protocol.membership.ViewChanges;
import com.kvstore.protocol.parts.RequestTable;
import com.kvstore.protocol.twophase.TwoPhaseMessage.BatchReply;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Reads and writes at the coordinator: two-phase commit, the cache, recovery, and the batches they travel in.
 *
 * <p>Everything that one turn has for one slave leaves in one frame when the turn ends. Requests that come before
 * recovery is complete wait for it.
 *
 * <p>Threading: one machine's.
 */
public final class TwoPhaseCoordinator {
    private record Held(
            long client, Command command, @Nullable RequestId id) {}

    private final Cluster cluster;
    private final Channels channels;
    private final ReadCache cache;
    private final StaleMarker stale;
    private final RequestTable requests = new RequestTable();
    private final Transactions transactions;
    private final Reads reads;
    private final ReadFence fence;
    private final Recovery recovery;
    private final int maxWaiting;
    private final Deque<Held> held = new ArrayDeque<>();
    private long startEpoch = Long.MAX_VALUE;
    private long served;

    /**
     * @param cacheSize entries
     * @param minCopies fewer in-sync copies refuse a write
     * @param maxWaiting requests in hand at once
     */
    public TwoPhaseCoordinator(Cluster cluster, int cacheSize, int minCopies, int maxWaiting) {
        this.cluster = cluster;
        this.channels = new Channels(cluster);
        this.cache = new ReadCache(cacheSize);
        this.stale = new StaleMarker(cluster, channels);
        this.transactions = new Transactions(cluster, channels, stale, cache, requests, minCopies);
        Grants grants = new Grants(channels);
        this.reads = new Reads(cluster, channels, cache, grants);
        this.fence = new ReadFence(cluster, grants, reads, stale);
        this.recovery = new Recovery(cluster, channels, stale);
        this.maxWaiting = maxWaiting;
    }

    /** This life's first epoch is in force. */
    public void start(View view) {
        startEpoch = view.epoch();
        requests.start(startEpoch);
        recovery.start(view);
        recovery.reconsider();
    }

    /** A read or a transaction; the answer follows, at once or later. */
    public void submit(long client, Command command, @Nullable RequestId id, long nowNs, Effects effects) {
        if (inHand() >= maxWaiting) {
            effects.reply(
                    client,
                    Result.Failure.of(
                            ErrorCode.OVERLOADED,
                            "Not applied: " + maxWaiting + " requests are waiting already. Try again in a moment"));
        } else if (!recovery.isComplete()) {
            held.add(new Held(client, command, id));
        } else {
            execute(client, command, id, nowNs, effects);
        }
    }

    private int inHand() {
        return transactions.clientsWaiting() + reads.clientsWaiting() + held.size();
    }

    private void execute(long client, Command command, @Nullable RequestId id, long nowNs, Effects effects) {
        served++;
        if (command instanceof Get get) {
            if (recovery.isInDoubt(get.key())) {
                effects.reply(client, inDoubt(get.key()));
            } else {
                reads.get(client, get.key(), nowNs, effects);
            }
        } else if (command instanceof Transact transact) {
            for (Write write : transact.writes()) {
                if (recovery.isInDoubt(write.key())) {
                    effects.reply(client, inDoubt(write.key()));
                    return;
                }
            }
            transactions.submit(client, transact, id, effects);
        } else {
            throw new IllegalArgumentException("neither a read nor a transaction: " + command);
        }
    }

    private static Result inDoubt(Bytes key) {
        return Result.Failure.of(
                ErrorCode.UNAVAILABLE,
                "Not applied: an earlier write to '" + key
                        + "' is still in doubt until a data node that is down returns or is given up with forget");
    }

    /** A slave answered a batch. */
    public void onBatchReply(int member, BatchReply reply, long nowNs, Effects effects) {
        Channel channel = channels.existing(member);
        Channel.Sent sent = channel == null ? null : channel.answered(reply.sequence(), reply.last(), nowNs);
        if (sent == null) {
            return;
        }
        if (sent.readsAnswered == 0) {
            recovery.onAnswered(member, sent.strayOutcomes);
            transactions.onAnswered(sent, member, reply.refusals(), effects);
        }
        fence.onAnswered(sent.nextReads(reply.answers().size()), reply.answers(), nowNs, effects);
    }

    /** A member of the view greeted and is up. */
    public void onGreeted(int member, Welcome welcome, Effects effects) {
        channels.reset(member);
        KnownOutcomes known = new KnownOutcomes(welcome);
        recovery.onGreeted(member, known, transactions, startEpoch);
        transactions.onGreeted(member, known, effects);
        reads.retryParked(effects);
    }

    /** A member's link closed. */
    public void onLinkLost(int member, Effects effects) {
        reads.reroute(channels.reset(member), effects);
    }

    /** A member is down. */
    public void onDown(int member, long nowNs, Effects effects) {
        stale.onDown(nowNs);
        reads.reroute(channels.reset(member), effects);
        reads.retryParked(effects);
        recovery.reconsider();
        transactions.onDown(member, effects);
        fence.retry(nowNs, effects);
    }

    /** Another view is in force. */
    public void viewChanged(View before, View after, long nowNs, Effects effects) {
        if (ViewChanges.beganAnew(before, after)) {
            cache.lost();
        }
        for (int member : before.members().keySet()) {
            if (!after.members().containsKey(member)) {
                reads.reroute(channels.reset(member), effects);
            }
        }
        recovery.reconsider();
        transactions.reconsider(nowNs, effects);
        fence.viewChanged(effects);
        reads.retryParked(effects);
    }

    /** Proposes the changes of the view that writes wait for; before the turn's proposals are made durable. */
    public void proposeChanges() {
        stale.turnEnded();
    }

    /** Sends what the turn gathered. */
    public void turnEnded(long nowNs, Effects effects) {
        if (recovery.isComplete()) {
            for (Held request = held.poll(); request != null; request = held.poll()) {
                execute(request.client(), request.command(), request.id(), nowNs, effects);
            }
        }
        channels.send(transactions.settledBelow(), recovery.priorSettled(), nowNs, effects);
        if (stale.isWaiting()) {
            pingWhere(stale::asks, nowNs, effects);
        }
        fence.askFor(
                channel -> channels.send(
                        channel, transactions.settledBelow(), recovery.priorSettled(), nowNs, effects),
                nowNs);
    }

    /** Asks members that were sent nothing for {@code idleNs} for a sign of life, which also renews their grant. */
    public void ping(long idleNs, long nowNs, Effects effects) {
        pingWhere(channel -> nowNs - channel.lastSentNs >= idleNs, nowNs, effects);
    }

    private void pingWhere(Predicate<Channel> wanted, long nowNs, Effects effects) {
        for (int member : cluster.view().members().keySet()) {
            Channel channel = channels.of(member);
            if (cluster.liveness(member) == Liveness.UP && wanted.test(channel)) {
                channels.send(channel, transactions.settledBelow(), recovery.priorSettled(), nowNs, effects);
            }
        }
    }

    /** Gives up waiting for participants that did not come back in time. */
    public void tick(long nowNs, Effects effects) {
        transactions.tick(nowNs, effects);
        fence.retry(nowNs, effects);
    }

    /** Members that left a batch unanswered for longer than {@code timeoutNs}. */
    public List<Integer> hung(long timeoutNs, long nowNs) {
        List<Integer> members = new ArrayList<>();
        for (Channel channel : channels.all()) {
            long oldest = channel.oldestTimeoutFromNs();
            if (oldest != Long.MAX_VALUE && nowNs - oldest > timeoutNs) {
                members.add(channel.member);
            }
        }
        return members;
    }

    /** This process did not run for a while: what is in flight gets its whole time-out again. */
    public void forgivePause(long nowNs) {
        channels.all().forEach(channel -> channel.forgivePause(nowNs));
    }

    /** Whether every transaction of an epoch before {@code epoch} is applied, or never will be, at {@code member}. */
    public boolean settledBefore(int member, long epoch) {
        return recovery.isComplete() && recovery.isSettledAt(member) && transactions.settledBefore(member, epoch);
    }

    /** Whether no client waits for a write. */
    public boolean allDecided() {
        return transactions.allDecided();
    }

    /** The table of requests, for keeping it bounded. */
    public RequestTable requests() {
        return requests;
    }

    public LRUCache<Result.Value> cache() {
        return cache.entries();
    }

    /** Requests taken on so far. */
    public long served() {
        return served;
    }
}
