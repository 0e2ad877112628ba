package com.kvstore.runtime;

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
import com.kvstore.storage.StorageFailure;
import com.kvstore.transport.Network;
import io.netty.channel.EventLoop;
import java.util.ArrayDeque;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Runs one {@link Machine} on one Netty event loop: hands it what arrives, carries out its effects.
 *
 * <p>Threading: everything happens on the loop; {@link #submit} alone may be called from anywhere.
 *
 * <p>Batches: inputs are handed over as the loop reads them; the first one of a turn puts an end-of-turn task in the
 * loop's queue, which Netty runs once it has read every channel that was ready. That task calls the machine's
 * {@code turnEnded}, then lets the network write: one write and one flush for each link and turn. Answers to clients that wait
 * for them before they ask again may leave between two inputs.
 *
 * <p>Invariant: the machine is never re-entered. An input that turns up while it runs waits until it has returned.
 *
 * <p>Failure: fail-stop. What a machine throws is a broken invariant; the process ends ({@link FailStop}) before
 * anything that was decided on top of it leaves: what that input had sent, and the turn to other nodes, is not flushed. Data that cannot be read end it too,
 * with what a person can do about it.
 */
public final class NodeDriver implements Effects, Consumer<Input> {
    private static final long SHUTDOWN_TIMEOUT_MS = 1_000;

    /**
     * Answers some commands without the machine: documents about the cluster, which a face may read at leisure, and what has
     * to wait for files and must not hold up the loop.
     */
    @FunctionalInterface
    public interface LocalAnswers {
        LocalAnswers NONE = (command, nowNs) -> null;

        /**
         * Called on the loop; may not block.
         *
         * @return null: this command is the machine's. Else its answer, now or later, on any thread
         */
        @Nullable CompletionStage<Result> answer(Command command, long nowNs);
    }

    private final EventLoop loop;
    private final Machine machine;
    private final LocalAnswers localAnswers;
    private final Network network;
    private final Persistence persistence;
    private final Console console;
    private final Ending ending;

    private final long originNs = System.nanoTime();
    private final ArrayDeque<Input> waiting = new ArrayDeque<>();
    private final LoopTimers timers;
    private final RequestNotes requestNotes;
    private final Persistence.Outcome outcome = new Persistence.Outcome() {
        @Override
        public void durable(long token) {
            submit(new Input.Persisted(token));
        }

        @Override
        public void failed(long token, String reason) {
            submit(new Input.PersistFailed(token, reason));
        }
    };

    /** 1 or more, so that a machine may use 0 for "never". */
    private long nowNs = 1;

    private boolean inMachine;
    private boolean turnEndQueued;
    private boolean stopAsked;
    private int exitStatus;
    private boolean ended;

    public NodeDriver(
            EventLoop loop,
            Machine machine,
            LocalAnswers localAnswers,
            Network network,
            Persistence persistence,
            Console console,
            Ending ending) {
        this.loop = loop;
        this.machine = machine;
        this.localAnswers = localAnswers;
        this.network = network;
        this.persistence = persistence;
        this.console = console;
        this.ending = ending;
        this.timers = new LoopTimers(loop, this::readClock, timer -> accept(new Input.TimerFired(timer)));
        this.requestNotes = new RequestNotes(console);
    }

    /** Hands an input over, from any thread; nothing happens once the process is ending. */
    public void submit(Input input) {
        if (loop.inEventLoop()) {
            accept(input);
        } else if (!loop.isShuttingDown()) {
            loop.execute(() -> accept(input));
        }
    }

    /** Hands an input over; on the loop only. */
    @Override
    public void accept(Input input) {
        if (!loop.inEventLoop()) {
            throw new IllegalStateException("not on the event loop: " + input);
        }
        if (ended) {
            return;
        }
        waiting.add(input);
        if (!inMachine) {
            deliverWaiting();
        }
    }

    private void deliverWaiting() {
        for (Input next = waiting.poll(); next != null && !ended; next = waiting.poll()) {
            deliver(next);
        }
        if (!turnEndQueued && !ended) {
            turnEndQueued = true;
            loop.execute(this::endTurn);
        }
    }

    private void deliver(Input input) {
        readClock();
        inMachine = true;
        try {
            if (input instanceof Input.ClientRequested request) {
                CompletionStage<Result> answer = localAnswers.answer(request.command(), nowNs);
                if (answer != null) {
                    var unused = answer.whenComplete((result, broken) -> answered(request.client(), result, broken));
                    return;
                }
            }
            machine.on(input, nowNs, this);
            network.inputEnded();
        } catch (Throwable broken) {
            fail(broken, "while handling " + input.getClass().getSimpleName());
        } finally {
            inMachine = false;
        }
    }

    /** An answer that is not the machine's has come, on any thread. */
    private void answered(long client, @Nullable Result result, @Nullable Throwable broken) {
        Result answer = result != null
                ? result
                : Result.Failure.of(ErrorCode.UNAVAILABLE, "This node could not do that: " + broken + ". Try again.");
        if (loop.inEventLoop()) {
            reply(client, answer);
        } else if (!loop.isShuttingDown()) {
            loop.execute(() -> {
                if (!ended) {
                    reply(client, answer);
                    network.endTurn();
                }
            });
        }
    }

    private void endTurn() {
        turnEndQueued = false;
        if (ended) {
            return;
        }
        readClock();
        inMachine = true;
        try {
            machine.turnEnded(nowNs, this);
        } catch (Throwable broken) {
            fail(broken, "at the end of a turn");
        } finally {
            inMachine = false;
        }
        if (ended) {
            return;
        }
        network.endTurn();
        if (stopAsked) {
            ended = true;
            network.shutdown(SHUTDOWN_TIMEOUT_MS, () -> ending.end(exitStatus));
        } else if (!waiting.isEmpty()) {
            deliverWaiting();
        }
    }

    private long readClock() {
        nowNs = System.nanoTime() - originNs + 1;
        return nowNs;
    }

    private void fail(Throwable broken, String when) {
        ended = true;
        if (broken instanceof StorageFailure unreadable) {
            console.line("ERROR", unreadable.getMessage() + ". This process ends so that it answers nothing wrong");
            ending.end(FailStop.UNREADABLE_STATUS);
        } else {
            FailStop.report(broken, when, console);
            ending.end(FailStop.EXIT_STATUS);
        }
    }

    @Override
    public void send(long link, Message message) {
        network.send(link, message);
    }

    @Override
    public void datagram(ServerNode to, Message message) {
        network.datagram(to, message);
    }

    @Override
    public void connect(ServerNode peer) {
        network.connect(peer);
    }

    @Override
    public void close(long link) {
        network.close(link);
    }

    @Override
    public void persist(long token, Persistent state) {
        persistence.write(token, state, outcome);
    }

    @Override
    public void sync(long token) {
        persistence.sync(token, outcome);
    }

    @Override
    public void setTimer(TimerId timer, long atNs) {
        timers.set(timer, atNs);
    }

    @Override
    public void cancelTimer(TimerId timer) {
        timers.cancel(timer);
    }

    @Override
    public void reply(long client, Result result) {
        network.reply(client, result);
    }

    @Override
    public void note(String tag, String text) {
        console.line(tag, text);
    }

    @Override
    public void requestNote(String tag, Bytes key) {
        if (requestNotes.note(tag, key, nowNs)) {
            scheduleSummary();
        }
    }

    private void scheduleSummary() {
        var unused = loop.schedule(
                () -> {
                    if (requestNotes.summarize(readClock())) {
                        scheduleSummary();
                    }
                },
                1,
                TimeUnit.SECONDS);
    }

    @Override
    public void stop(int exitStatus) {
        if (!stopAsked) {
            // Carried out at the end of this turn: what the machine has gathered goes out first.
            stopAsked = true;
            this.exitStatus = exitStatus;
        }
    }
}
