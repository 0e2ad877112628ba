package com.kvstore.protocol.twophase;

import com.kvstore.common.Bytes;
import com.kvstore.common.Command;
import com.kvstore.common.Command.Compute;
import com.kvstore.common.Command.Get;
import com.kvstore.common.Command.GetAll;
import com.kvstore.common.Command.Transact;
import com.kvstore.common.ErrorCode;
import com.kvstore.common.LRUCache;
import com.kvstore.common.RequestId;
import com.kvstore.common.Result;
import com.kvstore.common.Write;
import com.kvstore.protocol.kernel.Effects;
import com.kvstore.protocol.kernel.TimerId;
import com.kvstore.protocol.membership.DataLoss;
import com.kvstore.protocol.membership.MembershipMessage.Welcome;
import com.kvstore.protocol.membership.Range;
import com.kvstore.protocol.membership.View;
import com.kvstore.protocol.parts.RequestTable;
import com.kvstore.protocol.parts.WallClock;
import com.kvstore.protocol.twophase.TwoPhaseMessage.BatchReply;
import com.kvstore.protocol.twophase.TwoPhaseMessage.Expired;
import com.kvstore.protocol.twophase.TwoPhaseMessage.ScanReply;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
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

    private final Channels channels;
    private final ReadCache cache;
    private final StaleMarker stale;
    private final RequestTable requests = new RequestTable();
    private final Transactions transactions;
    private final Reads reads;
    private final ReadFence fence;
    private final Scans scans;
    private final Recovery recovery;
    private final Batches batches;
    private final int maxWaiting;
    private final Deque<Held> held = new ArrayDeque<>();
    private long startEpoch = Long.MAX_VALUE;
    private long served;

    /**
     * @param clock told the time by whoever hands over inputs
     * @param cacheSize entries
     * @param minCopies fewer in-sync copies refuse a write
     * @param maxWaiting requests in hand at once
     */
    public TwoPhaseCoordinator(Cluster cluster, WallClock clock, int cacheSize, int minCopies, int maxWaiting) {
        this.channels = new Channels(cluster);
        this.cache = new ReadCache(cacheSize);
        this.stale = new StaleMarker(cluster, channels);
        Grants grants = new Grants(channels);
        this.reads = new Reads(cluster, channels, cache, grants, clock);
        this.fence = new ReadFence(cluster, grants, reads, stale);
        this.scans = new Scans(cluster, grants, stale, clock);
        this.transactions = new Transactions(
                cluster,
                channels,
                stale,
                cache,
                requests,
                new AttemptBuilder(cluster, minCopies),
                new WriteResolver(cluster, reads, clock));
        this.recovery = new Recovery(cluster, channels, stale);
        this.batches = new Batches(cluster, channels, transactions, recovery, clock);
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
        return transactions.clientsWaiting() + reads.clientsWaiting() + scans.clientsWaiting() + held.size();
    }

    private void execute(long client, Command command, @Nullable RequestId id, long nowNs, Effects effects) {
        served++;
        Bytes doubtful = recovery.hasDoubts() ? recovery.firstInDoubt(keys(command)) : null;
        if (doubtful != null) {
            effects.reply(client, inDoubt(doubtful));
        } else if (command instanceof Get get) {
            reads.get(client, get.key(), nowNs, effects);
        } else if (command instanceof Transact transact) {
            transactions.submit(client, transact, id, effects);
        } else if (command instanceof GetAll get) {
            reads.getAll(client, get.keys(), nowNs, effects);
        } else if (command instanceof Compute compute) {
            transactions.submit(client, compute, id, effects);
        } else if (command instanceof Command.Scan scan) {
            scans.page(client, scan);
        } else if (command instanceof Command.Count) {
            scans.count(client);
        } else {
            throw new IllegalArgumentException("not about keys: " + command);
        }
    }

    /** Whether this class answers it. */
    public static boolean answers(Command command) {
        return command instanceof Get
                || command instanceof Transact
                || command instanceof GetAll
                || command instanceof Compute
                || command instanceof Command.Scan
                || command instanceof Command.Count;
    }

    private static List<Bytes> keys(Command command) {
        if (command instanceof Get get) {
            return List.of(get.key());
        }
        if (command instanceof GetAll get) {
            return get.keys();
        }
        if (command instanceof Compute compute) {
            return compute.keys();
        }
        return command instanceof Transact transact
                ? transact.writes().stream().map(Write::key).toList()
                : List.of();
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
        if (channel == null) {
            return;
        }
        Channel.Sent sent = channel.answered(reply.sequence(), reply.last(), nowNs);
        if (sent == null) {
            return;
        }
        if (sent.readsAnswered == 0) {
            if (reply.stored()) {
                recovery.onAnswered(member, sent.told.strays());
            }
            transactions.onAnswered(sent, member, reply, effects);
        }
        fence.onAnswered(sent.nextReads(reply.answers().size()), reply.answers(), nowNs, effects);
        if (reply.last()) {
            reads.readAgain(channel.finish(sent), sent.reads, effects);
        }
        scans.retry(nowNs, effects);
        for (Expired expired : reply.expired()) {
            if (!recovery.isInDoubt(expired.key())) {
                transactions.deleteExpired(expired, effects);
            }
        }
    }

    /** A slave answered a step of a scan. */
    public void onScanReply(int member, ScanReply reply, long nowNs, Effects effects) {
        scans.onReply(member, reply, nowNs, effects);
    }

    /** A member of the view greeted and is up. */
    public void onGreeted(int member, Welcome welcome, Effects effects) {
        channels.reset(member);
        KnownOutcomes known = new KnownOutcomes(welcome);
        recovery.onGreeted(member, known, transactions.open(), startEpoch);
        transactions.onGreeted(member, known, effects);
        reads.retryParked(effects);
        scans.restart();
    }

    /** A member's link closed. */
    public void onLinkLost(int member, Effects effects) {
        scans.restart();
        reads.reroute(channels.reset(member), effects);
    }

    /** A member is down. */
    public void onDown(int member, long nowNs, Effects effects) {
        stale.onDown(nowNs);
        scans.restart();
        reads.reroute(channels.reset(member), effects);
        reads.retryParked(effects);
        recovery.reconsider();
        transactions.onDown(member, effects);
        fence.retry(nowNs, effects);
    }

    /**
     * Members are about to be told of another view: what was gathered under {@code before} leaves ahead of it. A member that
     * loses its copy of a key with the new view would else pass over a commit that is decided, and answer a read that comes
     * behind with the value before.
     */
    public void viewChanging(View before, long nowNs, Effects effects) {
        batches.send(before, nowNs, effects);
    }

    /** Another view is in force. */
    public void viewChanged(View before, View after, long nowNs, Effects effects) {
        if (DataLoss.beganAnew(before, after)) {
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
        scans.restart();
    }

    /** Proposes the changes of the view that writes wait for; before the turn's proposals are made durable. */
    public void proposeChanges() {
        stale.turnEnded();
    }

    /** From now on no transaction begins; those under way end. */
    public void fence() {
        transactions.fence();
    }

    /** Transactions begin again, behind whatever was sent meanwhile. */
    public void unfence(Effects effects) {
        transactions.unfence(effects);
    }

    /** Sends what the turn gathered. */
    public void turnEnded(long nowNs, Effects effects) {
        if (recovery.isComplete()) {
            for (Held request = held.poll(); request != null; request = held.poll()) {
                execute(request.client(), request.command(), request.id(), nowNs, effects);
            }
        }
        if (scans.isAsking()) {
            // Whose question must find the commits that were decided before.
            batches.send(nowNs, effects);
        } else {
            batches.sendUrgent(nowNs, effects);
        }
        scans.turnEnded(effects);
        if (stale.isWaiting()) {
            batches.ping(stale::asks, nowNs, effects);
        }
        fence.askFor(channel -> batches.send(channel, nowNs, effects), nowNs);
        batches.turnEnded(nowNs, effects);
    }

    /** @return whether the timer is this class's; what it was for is done at the end of the turn */
    public boolean onTimer(TimerId timer) {
        return batches.onTimer(timer);
    }

    /** The process ends: nothing that is decided waits any longer. */
    public void flush(long nowNs, Effects effects) {
        batches.send(nowNs, effects);
    }

    /** When the turn ends, members that were sent nothing for {@code idleNs} are asked for a sign of life. */
    public void ping(long idleNs) {
        batches.pingIdle(idleNs);
    }

    /** Gives up waiting for participants that did not come back in time. */
    public void tick(long nowNs, Effects effects) {
        transactions.tick(nowNs, effects);
        fence.retry(nowNs, effects);
        scans.retry(nowNs, effects);
    }

    /** Members that left a batch unanswered for longer than {@code timeoutNs}. */
    public List<Integer> hung(long timeoutNs, long nowNs) {
        return batches.hung(timeoutNs, nowNs);
    }

    /** This process did not run for a while: what is in flight gets its whole time-out again. */
    public void forgivePause(long nowNs) {
        batches.forgivePause(nowNs);
    }

    /** Whether every transaction of an epoch before {@code epoch} is applied, or never will be, at {@code member}. */
    public boolean settledBefore(int member, long epoch) {
        return recovery.isComplete()
                && recovery.isSettledAt(member)
                && transactions.open().settledBefore(member, epoch);
    }

    /** Whether the member's copies of these ranges hold nothing prepared of an earlier coordinator's that is undecided. */
    public boolean mayBeFilled(int member, List<Range> ranges) {
        return !recovery.isInDoubtIn(member, ranges);
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
