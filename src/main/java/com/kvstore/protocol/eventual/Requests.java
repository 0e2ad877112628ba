package com.kvstore.protocol.eventual;

import com.kvstore.common.Command;
import com.kvstore.common.Computation;
import com.kvstore.common.ErrorCode;
import com.kvstore.common.Expiry;
import com.kvstore.common.RequestId;
import com.kvstore.common.Result;
import com.kvstore.common.ServerNode;
import com.kvstore.common.Version;
import com.kvstore.common.Write;
import com.kvstore.protocol.eventual.EventualMessage.Change;
import com.kvstore.protocol.kernel.Effects;
import com.kvstore.protocol.parts.FullCopy;
import com.kvstore.protocol.parts.PeerLinks;
import com.kvstore.protocol.parts.RequestTable;
import com.kvstore.protocol.parts.StoredRecord;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Answers clients from this peer's own records. What cannot be answered yet waits: a read for a version that is not here,
 * and whatever depends on the records while a peer that started empty is being filled. A write that depends on nothing
 * waits only while a process that has just started listens for the others' clocks ({@link Newcomer}).
 *
 * <p>Threading: one machine's. Bounded: {@code maxWaiting} requests wait, each for
 * {@link EventualConfig#READ_TIMEOUT_NS}.
 */
final class Requests {
    /** A request in hand. */
    record Request(long client, Command command, @Nullable RequestId id, long sinceNs) {}

    /** What to write. */
    record Writes(List<Write> writes, long nowMs) {
        Change change(Version version) {
            List<StoredRecord> records = new ArrayList<>(writes.size());
            for (Write write : writes) {
                long deadlineMs = write.value() == null
                        ? Expiry.NO_DEADLINE
                        : write.expiry().deadlineMs(nowMs);
                records.add(new StoredRecord(FullCopy.POSITION, write.key(), write.value(), deadlineMs, version));
            }
            return new Change(records);
        }
    }

    /** Applies a change and has it sent. */
    interface Taker {
        Result.Ack take(Writes writes);
    }

    private final EventualConfig config;
    private final Store store;
    private final Holdings holdings;
    private final FullCopy copy;
    private final Newcomer newcomer;
    private final RequestTable known = new RequestTable();
    private final List<Request> waiting = new ArrayList<>();

    Requests(EventualConfig config, Store store, Holdings holdings, Newcomer newcomer) {
        this.config = config;
        this.store = store;
        this.holdings = holdings;
        this.copy = new FullCopy(store.table());
        this.newcomer = newcomer;
        known.start(0);
    }

    void on(Request request, boolean settled, long nowMs, Taker taker, Effects effects) {
        if (mayAnswer(request.command(), settled)) {
            effects.reply(request.client(), answer(request, nowMs, taker));
        } else if (waiting.size() >= config.maxWaiting()) {
            effects.reply(
                    request.client(),
                    Result.Failure.of(
                            ErrorCode.OVERLOADED, "Not done: too many requests wait at this peer. Try again later"));
        } else {
            waiting.add(request);
        }
    }

    /** Answers what can be answered by now, or never will be. */
    void retry(boolean settled, long nowMs, long nowNs, Taker taker, Effects effects) {
        for (Iterator<Request> each = waiting.iterator(); each.hasNext(); ) {
            Request request = each.next();
            if (mayAnswer(request.command(), settled)) {
                each.remove();
                effects.reply(request.client(), answer(request, nowMs, taker));
            } else if (nowNs - request.sinceNs() > EventualConfig.READ_TIMEOUT_NS) {
                each.remove();
                effects.reply(request.client(), tooLate(request.command()));
            }
        }
    }

    /** The peer is stopping. */
    void refuseAll(Effects effects) {
        for (Request request : waiting) {
            effects.reply(
                    request.client(),
                    Result.Failure.of(ErrorCode.UNAVAILABLE, "Not done: this peer is stopping. Ask another one"));
        }
        waiting.clear();
    }

    private static Result tooLate(Command command) {
        String why = command instanceof Command.GetLocal since
                ? "version " + since.atLeast() + " of '" + since.key().text()
                        + "' has not reached this peer yet. Try again, or ask the peer that wrote it"
                : "this peer was restarted and is still taking over what the others hold. Try again, or ask another peer";
        return Result.Failure.of(ErrorCode.UNAVAILABLE, "Not done: " + why);
    }

    private boolean mayAnswer(Command command, boolean settled) {
        if (command instanceof Command.GetLocal since) {
            return settled && has(since);
        } else if (command instanceof Command.Transact transact) {
            return newcomer.mayNumber()
                    && (settled
                            || transact.writes().stream()
                                    .allMatch(write -> write.condition().isNone()));
        } else if (command instanceof Command.Compute) {
            return settled && newcomer.mayNumber();
        }
        return settled || command instanceof Command.Ping;
    }

    /** Whether this version, or a newer one of the key, is or was here. No version at all is here always. */
    private boolean has(Command.GetLocal since) {
        Version wanted = since.atLeast();
        Version present = store.versionOf(since.key());
        return wanted.equals(Version.ZERO)
                || (present != null && !wanted.isNewerThan(present))
                || holdings.covers(Streams.streamOf(wanted), Streams.clockOf(wanted));
    }

    private Result answer(Request request, long nowMs, Taker taker) {
        RequestId id = request.id();
        boolean writes = request.command() instanceof Command.Transact || request.command() instanceof Command.Compute;
        if (id == null || !writes) {
            return execute(request.command(), nowMs, taker);
        }
        RequestTable.Known before = known.begin(id);
        if (before instanceof RequestTable.Done done) {
            return done.result();
        } else if (before instanceof RequestTable.Expired) {
            return Result.Failure.of(
                    ErrorCode.OUTCOME_UNKNOWN,
                    "Outcome unknown: this request was asked for too long ago. Read the key to see what it holds");
        }
        Result result = execute(request.command(), nowMs, taker);
        known.finish(id, result);
        if (known.nearlyFull()) {
            known.evict(Long.MAX_VALUE - 1);
            known.start(0);
        }
        return result;
    }

    private Result execute(Command command, long nowMs, Taker taker) {
        if (command instanceof Command.Get get) {
            return copy.get(get.key(), nowMs);
        } else if (command instanceof Command.GetLocal since) {
            return copy.get(since.key(), nowMs);
        } else if (command instanceof Command.Transact transact) {
            return transact(transact, nowMs, taker);
        } else if (command instanceof Command.GetAll all) {
            return copy.getAll(all.keys(), nowMs);
        } else if (command instanceof Command.Compute compute) {
            Computation.Outcome outcome = copy.compute(compute, nowMs);
            Result.Ack ack =
                    outcome.writes().isEmpty() ? Result.Ack.WHOLE : taker.take(new Writes(outcome.writes(), nowMs));
            return new Result.Computed(outcome.answer(), ack);
        } else if (command instanceof Command.Scan scan) {
            return copy.scan(scan, nowMs);
        } else if (command instanceof Command.Count) {
            return copy.count();
        } else if (command instanceof Command.Ping) {
            return new Result.Pong(0);
        }
        return Result.Failure.of(
                ErrorCode.BAD_REQUEST,
                "A peer of an eventual group does not know this command: it belongs to a coordinator");
    }

    private Result transact(Command.Transact transact, long nowMs, Taker taker) {
        Result.Failure refusal = copy.refusal(transact.writes(), nowMs);
        return refusal != null ? refusal : taker.take(new Writes(transact.writes(), nowMs));
    }

    /** Says of a write which peers it cannot be sent to now: it will be, once they are back. */
    Result.Ack acknowledgement(PeerLinks links, Version version) {
        List<ServerNode> missing = new ArrayList<>();
        int copies = 1;
        for (int peer : config.group().others(config.self())) {
            if (links.isOpen(peer)) {
                copies++;
            } else {
                missing.add(config.group().address(peer));
            }
        }
        return new Result.Ack(copies, missing, "", version);
    }
}
