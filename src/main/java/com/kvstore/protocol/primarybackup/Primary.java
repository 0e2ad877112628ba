package com.kvstore.protocol.primarybackup;

import com.kvstore.common.Command;
import com.kvstore.common.Computation;
import com.kvstore.common.ErrorCode;
import com.kvstore.common.RequestId;
import com.kvstore.common.Result;
import com.kvstore.protocol.kernel.Effects;
import com.kvstore.protocol.parts.AppliedRequests;
import com.kvstore.protocol.parts.TableReads;
import com.kvstore.protocol.parts.WallClock;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The primary's part of normal operation (4.1): takes requests, appends to the log, and answers once a majority holds an
 * entry.
 *
 * <p>Reads are answered from decided entries, without a message, under a lease: enough backups have promised within the
 * last moments to go to no other view for a while, so nobody else can have decided anything since. Before it has decided
 * everything its view began with, it answers no read.
 *
 * <p>What is refused because of a condition is a read, too: it waits until all it was judged by is decided.
 *
 * <p>Deadlines: a value counts as gone once a majority knows that its deadline has passed, so that no later primary, whose
 * clock may be behind, shows it again.
 *
 * <p>Threading: one machine's.
 */
final class Primary {
    private static final long MAX_UNDECIDED_BYTES = 128L << 20;
    private static final int MAX_WAITING = 100_000;
    private static final int SWEEP_PLACES = 8_192;
    private static final int SWEEP_MOST = 500;

    private record RequestKey(String client, long number) {}

    private static final int MOST_REFUSED = 10_000;

    private final Replica replica;
    private final Shipper shipper;
    private final Waiting waiting;
    private final Resolver resolver;
    private final TableReads reads;
    private final WallClock wall;
    private final StandDown standDown;
    /** Requests that are in the log and not decided. */
    private final Map<RequestKey, Long> undecidedIds = new HashMap<>();
    /** What was refused lately in this view, and how: it is not in the log, and a copy of it that comes late is not executed. */
    private final Map<RequestKey, Result.Failure> refused = new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<RequestKey, Result.Failure> eldest) {
            return size() > MOST_REFUSED;
        }
    };

    /** By how much the group's time of day is ahead of this host's. */
    private long clockAheadMs;

    private long sweepCursor;
    private boolean stopping;

    Primary(Replica replica, Shipper shipper, WallClock wall) {
        this.replica = replica;
        this.shipper = shipper;
        this.wall = wall;
        this.standDown = new StandDown(replica, shipper);
        this.resolver = new Resolver(replica);
        this.reads = new TableReads(replica.table);
        this.waiting = new Waiting(replica, reads);
    }

    /** The view begins, and this peer is its primary. */
    void begin(long nowNs) {
        clockAheadMs = Math.max(0, replica.clockMs - wall.nowMs());
        undecidedIds.clear();
        refused.clear();
        resolver.rebuild();
        for (long op = replica.applied + 1; op <= replica.log.last(); op++) {
            remember(op, replica.log.get(op).id());
        }
        shipper.begin(nowNs);
        standDown.begin(nowNs);
        sweepCursor = 0;
    }

    /** This peer is not the primary any more, or will not be. */
    void stepDown(Effects effects) {
        undecidedIds.clear();
        refused.clear();
        waiting.abandon(effects);
    }

    /** Takes nothing on any more. */
    void stop() {
        stopping = true;
    }

    /** Primary or not: the disk has begun to fail, or is well again. */
    void diskFails(boolean fails, long nowNs) {
        standDown.diskFails(fails, nowNs);
    }

    /** Whether it says nothing, so that another peer takes over. */
    boolean isSilent() {
        return standDown.isSilent();
    }

    boolean isIdle() {
        return waiting.isEmpty();
    }

    void onRequest(long client, Command command, @Nullable RequestId id, long nowNs, Effects effects) {
        Result.Failure obstacle = obstacle(nowNs);
        if (obstacle != null) {
            effects.reply(client, obstacle);
        } else if (TableReads.isRead(command)) {
            long op = readsUndecided(command) ? replica.log.last() : 0;
            waiting.read(client, command, op, reads.passedDeadlineMs(command, clockMs()), nowNs);
            answerReads(nowNs, effects);
        } else if (command instanceof Command.Transact transact) {
            write(client, transact, id, nowNs, effects);
        } else if (command instanceof Command.Compute compute) {
            compute(client, compute, nowNs, effects);
        } else {
            effects.reply(
                    client,
                    Result.Failure.of(ErrorCode.BAD_REQUEST, "A group of peers has no such command: it has no ring"));
        }
    }

    /** Whoever reads what he has just written, without waiting for the answer, waits for the write with it. */
    private boolean readsUndecided(Command command) {
        if (command instanceof Command.Get get) {
            return resolver.isUndecided(get.key());
        }
        return command instanceof Command.GetAll all && all.keys().stream().anyMatch(resolver::isUndecided);
    }

    private Result.@Nullable Failure obstacle(long nowNs) {
        if (stopping) {
            return Result.Failure.of(ErrorCode.UNAVAILABLE, "This peer is being stopped. Retry at another one.");
        }
        if (standDown.isSilent()) {
            return Result.Failure.of(
                    ErrorCode.UNAVAILABLE,
                    "The disk of this peer, the primary, cannot be written, and another one takes over. Not applied; retry in"
                            + " a moment.");
        }
        if (nowNs - shipper.quorumHeardNs(nowNs) > Times.QUORUM_PATIENCE) {
            return Result.Failure.of(
                    ErrorCode.UNAVAILABLE,
                    "Only " + shipper.heard(nowNs) + " of " + replica.group.size() + " peers can be reached, and "
                            + replica.group.majority() + " are needed. Not applied; start the others, then retry.");
        }
        boolean tooMuch = replica.log.last() > replica.commit && shipper.undecidedBytes() > MAX_UNDECIDED_BYTES;
        return tooMuch || waiting.size() >= MAX_WAITING
                ? Result.Failure.of(
                        ErrorCode.OVERLOADED, "Too much is waiting for the backups. Not applied; retry a little later.")
                : null;
    }

    private void write(long client, Command.Transact command, @Nullable RequestId id, long nowNs, Effects effects) {
        RequestKey name = id == null ? null : new RequestKey(id.client(), id.number());
        if (id != null) {
            Long undecided = undecidedIds.get(name);
            if (undecided != null) {
                waiting.write(undecided, client, Result.Ack.WHOLE, nowNs);
                return;
            }
            AppliedRequests.Known known = replica.requests.find(id);
            if (known != AppliedRequests.Known.FRESH) {
                effects.reply(client, known == AppliedRequests.Known.DONE ? Result.Ack.WHOLE : forgotten(id));
                return;
            }
        }
        long nowMs = clockMs();
        Result.Failure before = name == null ? null : refused.get(name);
        Result.Failure refusal = before != null ? before : resolver.refusal(command, nowMs);
        if (refusal != null) {
            if (name != null) {
                refused.put(name, refusal);
            }
            waiting.fixed(client, refusal, resolver.takeUsedClock() ? nowMs : 0, nowNs);
            answerReads(nowNs, effects);
            return;
        }
        append(new LogEntry(id, Resolver.writes(command.writes(), nowMs)), client, Result.Ack.WHOLE, nowNs);
    }

    private Result forgotten(RequestId id) {
        // With an epoch above the request's, a client knows that a first attempt was not executed.
        boolean tooOld = id.epoch() < replica.requests.floor();
        return new Result.Failure(
                ErrorCode.OUTCOME_UNKNOWN,
                "This request may have been applied so long ago that nobody remembers. Nothing was done now; read the key"
                        + " to see.",
                null,
                tooOld ? replica.commit : 0);
    }

    private void compute(long client, Command.Compute command, long nowNs, Effects effects) {
        long nowMs = clockMs();
        Computation.Outcome outcome = resolver.compute(command, nowMs);
        Result answer = new Result.Computed(outcome.answer(), Result.Ack.WHOLE);
        if (outcome.writes().isEmpty()) {
            waiting.fixed(client, answer, resolver.takeUsedClock() ? nowMs : 0, nowNs);
            answerReads(nowNs, effects);
        } else {
            append(new LogEntry(null, Resolver.writes(outcome.writes(), nowMs)), client, answer, nowNs);
        }
    }

    private void append(LogEntry entry, long client, Result answer, long nowNs) {
        long op = replica.log.append(entry);
        resolver.appended(op, entry);
        remember(op, entry.id());
        waiting.write(op, client, answer, nowNs);
    }

    private void remember(long op, @Nullable RequestId id) {
        if (id != null) {
            undecidedIds.put(new RequestKey(id.client(), id.number()), op);
        }
    }

    void onPrepareOk(int peer, PrimaryBackupMessage.PrepareOk ok, long nowNs, Effects effects) {
        if (ok.view() == replica.view) {
            shipper.onPrepareOk(peer, ok);
            advance(nowNs, effects);
        }
    }

    /** Decides what a majority holds, this peer on its disk. */
    void advance(long nowNs, Effects effects) {
        long decided = shipper.heldByMajority();
        if (decided > replica.commit && decided >= replica.startOp) {
            for (long op = replica.applied + 1; op <= decided; op++) {
                LogEntry entry = replica.log.get(op);
                resolver.applied(op, entry);
                RequestId id = entry.id();
                if (id != null) {
                    undecidedIds.remove(new RequestKey(id.client(), id.number()));
                }
            }
            replica.commitTo(decided);
            waiting.decided(effects);
        }
        answerReads(nowNs, effects);
    }

    private void answerReads(long nowNs, Effects effects) {
        if (replica.applied >= replica.startOp && nowNs < shipper.leaseUntilNs(nowNs)) {
            waiting.answerReads(agreedMs(nowNs), effects);
        }
    }

    /** The group's time of day, as far as this peer can tell. */
    private long clockMs() {
        return Math.max(replica.clockMs, wall.nowMs() + clockAheadMs);
    }

    /** The time of day that a majority knows to have come. */
    private long agreedMs(long nowNs) {
        return clockMs() - (nowNs - shipper.quorumHeardNs(nowNs)) / Times.MS - 1;
    }

    void tick(long nowNs, Effects effects) {
        standDown.tick(nowNs, effects);
        sweep(nowNs);
        waiting.expire(nowNs, effects);
        answerReads(nowNs, effects);
    }

    /** Deletes values whose deadline has passed, a few at a time. */
    private void sweep(long nowNs) {
        if (replica.table.expiring() == 0 || replica.applied < replica.startOp || obstacle(nowNs) != null) {
            return;
        }
        int[] found = {0};
        long agreed = agreedMs(nowNs);
        sweepCursor = replica.table.findExpired(sweepCursor, SWEEP_PLACES, agreed, (position, key, version) -> {
            if (found[0] < SWEEP_MOST && !resolver.isUndecided(key)) {
                found[0]++;
                LogEntry entry = new LogEntry(null, List.of(new LogEntry.KeyWrite(key, null, 0)));
                resolver.appended(replica.log.append(entry), entry);
            }
        });
    }

    void turnEnded(long nowNs, Effects effects) {
        if (!standDown.isSilent()) {
            shipper.turnEnded(!waiting.hasReads(), clockMs(), nowNs, effects);
        }
        if (replica.group.size() == 1) {
            advance(nowNs, effects);
        }
        replica.trim(shipper.heldByAll());
    }
}
