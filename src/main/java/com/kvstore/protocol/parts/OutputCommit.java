package com.kvstore.protocol.parts;

import com.kvstore.common.Bytes;
import com.kvstore.common.Command;
import com.kvstore.common.ErrorCode;
import com.kvstore.common.Message;
import com.kvstore.common.Result;
import com.kvstore.common.ServerNode;
import com.kvstore.protocol.kernel.Effects;
import com.kvstore.protocol.kernel.Input;
import com.kvstore.protocol.kernel.Machine;
import com.kvstore.protocol.kernel.Persistent;
import com.kvstore.protocol.kernel.TimerId;
import com.kvstore.protocol.parts.DurableMachine.Saved;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Lets nothing that a peer says leave before all that it rests on is durable (output commit: Strom and Yemini, Optimistic
 * Recovery in Distributed Systems, TOCS 1985). So whatever a killed peer has lost, nobody was told of, and a peer that comes
 * back with its disk is, to everybody else, one whose links were broken for a while: a protocol that is right in memory is
 * right on disk, if what the machine saves is all that it would have to remember.
 *
 * <p>Everything a turn says waits for everything the turn has written. One sync is under way at a time; what is written
 * meanwhile shares the next one (group commit). What waits leaves in order, but for what the machine lets precede.
 *
 * <p>Failure: while the disk takes nothing, writes are refused with a clear error, and what was in hand when that began
 * is answered "outcome unknown", for it may be on the disk. Reads go on where the protocol allows it. The peer falls silent
 * about all that it cannot store, and to the others that is a slow peer. The sync is tried again every second.
 *
 * <p>Threading: one driver's.
 */
public final class OutputCommit implements Machine {
    private static final TimerId RETRY = new TimerId("sync-retry", 0);
    private static final long RETRY_NS = 1_000_000_000L;
    /** What nobody waits for is durable after so long. */
    private static final long LATEST_NS = 100_000_000L;

    /** One thing said, and what must be durable before it leaves. */
    private record Held(long written, @Nullable Reply reply, Output output) {}

    private record Reply(long client, Result result) {}

    private interface Output {
        void leave(Effects effects);
    }

    private final DurableMachine machine;
    private final PeerStorage storage;
    private final String self;
    private final Sink sink = new Sink();
    /** Of the present turn. */
    private final Deque<Held> early = new ArrayDeque<>();

    private final Deque<Held> late = new ArrayDeque<>();
    /** Of turns that have ended. */
    private final Deque<Held> preceding = new ArrayDeque<>();

    private final Deque<Held> held = new ArrayDeque<>();
    /** Clients in hand, and what they asked for. */
    private final SortedMap<Long, Command> inHand = new TreeMap<>();

    private long vital;
    /** What is written up to here, somebody waits for. */
    private long needed;

    private long syncedNs;
    private long durable;
    private long syncing;
    private boolean underWay;
    private long token;
    private @Nullable String failure;
    /** The machine has asked to end, and waits for what it has said before. */
    private @Nullable Integer exitStatus;

    /** @param self this peer's name, for messages to people */
    public OutputCommit(DurableMachine machine, PeerStorage storage, String self) {
        this.machine = machine;
        this.storage = storage;
        this.self = self;
        this.durable = storage.written();
    }

    /** The machine that decides. */
    public DurableMachine machine() {
        return machine;
    }

    /** Why nothing can be made durable at the moment; null: it can. */
    public @Nullable String failure() {
        return failure;
    }

    @Override
    public void on(Input input, long nowNs, Effects effects) {
        sink.present = effects;
        if (input instanceof Input.Persisted persisted) {
            onPersisted(persisted.token(), nowNs, effects);
        } else if (input instanceof Input.PersistFailed failed) {
            onPersistFailed(failed, nowNs, effects);
        } else if (input instanceof Input.TimerFired fired && fired.timer().equals(RETRY)) {
            if (!underWay && failure != null) {
                sync(effects);
            }
        } else if (input instanceof Input.ClientRequested request) {
            if (failure != null && writes(request.command())) {
                effects.reply(request.client(), refusal(failure));
            } else {
                inHand.put(request.client(), request.command());
                machine.on(input, nowNs, sink);
            }
        } else {
            machine.on(input, nowNs, sink);
        }
    }

    private static boolean writes(Command command) {
        return command instanceof Command.Transact || command instanceof Command.Compute;
    }

    private Result.Failure refusal(String reason) {
        boolean full = reason.contains("No space left");
        return Result.Failure.of(
                full ? ErrorCode.NO_SPACE : ErrorCode.UNAVAILABLE,
                full
                        ? "Not applied: the disk of " + self + " is full. Make room there, or ask another peer"
                        : "Not applied: the disk of " + self + " cannot be written (" + reason + "). Ask another peer");
    }

    @Override
    public void turnEnded(long nowNs, Effects effects) {
        sink.present = effects;
        machine.turnEnded(nowNs, sink);
        endTurn();
        boolean due = needed > durable || nowNs - syncedNs > LATEST_NS;
        if (!underWay && failure == null && storage.written() > durable && due) {
            syncedNs = nowNs;
            sync(effects);
        }
        release(effects);
        if (failure != null) {
            answerHeld(preceding, effects);
            answerHeld(held, effects);
        }
    }

    /** Whatever was said since the last turn rests on whatever was written by now. */
    private void endTurn() {
        Saved saved = machine.save();
        long written = storage.written();
        if (saved == Saved.VITAL) {
            vital = written;
        }
        if (saved != Saved.LATER || !late.isEmpty()) {
            needed = written;
        }
        early.forEach(each -> preceding.add(new Held(vital, each.reply, each.output)));
        late.forEach(each -> held.add(new Held(written, each.reply, each.output)));
        early.clear();
        late.clear();
    }

    private void release(Effects effects) {
        release(preceding, effects);
        release(held, effects);
    }

    private void release(Deque<Held> queue, Effects effects) {
        while (!queue.isEmpty() && queue.getFirst().written <= durable) {
            queue.removeFirst().output.leave(effects);
        }
    }

    private void sync(Effects effects) {
        underWay = true;
        syncing = storage.written();
        effects.sync(++token);
    }

    private void onPersisted(long synced, long nowNs, Effects effects) {
        if (synced != token || !underWay) {
            return;
        }
        underWay = false;
        durable = syncing;
        if (failure != null) {
            failure = null;
            effects.note("INFO", "The disk of this peer can be written again");
            machine.diskFails(false, nowNs);
        }
        release(effects);
        machine.durable(durable, nowNs, sink);
    }

    private void onPersistFailed(Input.PersistFailed failed, long nowNs, Effects effects) {
        if (failed.token() != token || !underWay) {
            return;
        }
        underWay = false;
        effects.setTimer(RETRY, nowNs + RETRY_NS);
        if (failure == null) {
            effects.note(
                    "ERROR",
                    "Cannot make data durable: " + failed.reason()
                            + ". Writes are refused at this peer until that works again");
            machine.diskFails(true, nowNs);
        }
        failure = failed.reason();
        answerHeld(preceding, effects);
        answerHeld(held, effects);
        if (exitStatus != null) {
            effects.stop(exitStatus);
        }
    }

    /** Nobody waits for a disk that takes nothing. */
    private void answerHeld(Deque<Held> queue, Effects effects) {
        queue.removeIf(each -> {
            if (each.reply != null) {
                effects.reply(each.reply.client, duringFailure(each.reply));
            }
            return each.reply != null;
        });
    }

    private Result duringFailure(Reply reply) {
        Command command = inHand.remove(reply.client);
        boolean refused = reply.result instanceof Result.Failure said
                && (said.code() == ErrorCode.UNAVAILABLE
                        || said.code() == ErrorCode.OVERLOADED
                        || said.code() == ErrorCode.WRONG_NODE
                        || said.code() == ErrorCode.OUTCOME_UNKNOWN);
        if (refused || command == null || machine.needsNoDisk(command)) {
            return reply.result;
        }
        return writes(command)
                ? Result.Failure.of(
                        ErrorCode.OUTCOME_UNKNOWN,
                        "Outcome unknown: the disk of " + self
                                + " failed while the write was under way. Read the key to see what it holds")
                : Result.Failure.of(
                        ErrorCode.UNAVAILABLE,
                        "Not done: the disk of " + self + " cannot be written (" + failure + "). Ask another peer");
    }

    /** What the machine writes to: keeps what it says until the turn is over. */
    private final class Sink implements Effects {
        private @Nullable Effects present;

        private Effects world() {
            return Objects.requireNonNull(present, "used before the first input");
        }

        @Override
        public void send(long link, Message message) {
            Held each = new Held(0, null, effects -> effects.send(link, message));
            (machine.mayPrecede(message) ? early : late).add(each);
        }

        @Override
        public void datagram(ServerNode to, Message message) {
            late.add(new Held(0, null, effects -> effects.datagram(to, message)));
        }

        @Override
        public void connect(ServerNode peer) {
            world().connect(peer);
        }

        @Override
        public void close(long link) {
            world().close(link);
        }

        @Override
        public void persist(long token, Persistent state) {
            throw new IllegalStateException("a peer writes to its storage, yet was to persist " + state);
        }

        @Override
        public void sync(long token) {
            throw new IllegalStateException("it is not for the machine to say when its storage is synced");
        }

        @Override
        public void setTimer(TimerId timer, long atNs) {
            world().setTimer(timer, atNs);
        }

        @Override
        public void cancelTimer(TimerId timer) {
            world().cancelTimer(timer);
        }

        @Override
        public void reply(long client, Result result) {
            Reply reply = new Reply(client, result);
            Held each = new Held(0, reply, effects -> {
                inHand.remove(client);
                effects.reply(client, result);
            });
            (machine.answersMayPrecede() ? early : late).add(each);
        }

        @Override
        public void note(String tag, String text) {
            world().note(tag, text);
        }

        @Override
        public void requestNote(String tag, Bytes key) {
            world().requestNote(tag, key);
        }

        @Override
        public void stop(int exitStatus) {
            if (failure != null) {
                world().stop(exitStatus);
            } else {
                OutputCommit.this.exitStatus = exitStatus;
                late.add(new Held(0, null, effects -> effects.stop(exitStatus)));
            }
        }
    }
}
