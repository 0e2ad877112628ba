package com.kvstore.runtime;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.kvstore.common.Bytes;
import com.kvstore.common.Command;
import com.kvstore.common.Message;
import com.kvstore.common.Result;
import com.kvstore.common.ServerNode;
import com.kvstore.protocol.kernel.Effects;
import com.kvstore.protocol.kernel.Input;
import com.kvstore.protocol.kernel.Machine;
import com.kvstore.protocol.kernel.Persistent;
import com.kvstore.protocol.kernel.TimerId;
import com.kvstore.transport.EventLoops;
import com.kvstore.transport.Network;
import io.netty.channel.EventLoop;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class NodeDriverTest {
    private static final ServerNode PEER = new ServerNode("127.0.0.1", 8081);
    private static final TimerId TIMER = new TimerId("toy", 0);

    private record State(int number) implements Persistent {}

    /** Writes down what it is handed, and does what the test says. */
    private static class Toy implements Machine {
        final List<Object> seen = new CopyOnWriteArrayList<>();

        @Override
        public void on(Input input, long nowNs, Effects effects) {
            seen.add(input);
        }

        @Override
        public void turnEnded(long nowNs, Effects effects) {
            seen.add("turn ended");
        }
    }

    private final class ToyNetwork implements Network {
        @Override
        public void send(long link, Message message) {
            calls.add("send " + link);
        }

        @Override
        public void datagram(ServerNode to, Message message) {
            calls.add("datagram " + to);
        }

        @Override
        public void connect(ServerNode peer) {
            // Breaks the contract: calls back at once.
            driver.accept(new Input.ConnectFailed(peer, true));
        }

        @Override
        public void close(long link) {
            calls.add("close " + link);
        }

        @Override
        public void reply(long client, Result result) {
            calls.add("reply " + client + " " + result);
        }

        @Override
        public void inputEnded() {
            inputsEnded.incrementAndGet();
        }

        @Override
        public void endTurn() {
            calls.add("flush");
        }

        @Override
        public void shutdown(long timeoutMs, Runnable then) {
            calls.add("shutdown");
            then.run();
        }
    }

    private final List<String> calls = new CopyOnWriteArrayList<>();
    private final List<Integer> ends = new CopyOnWriteArrayList<>();
    private final AtomicInteger inputsEnded = new AtomicInteger();
    private final EventLoop loop = EventLoops.start("test");
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final Console console = new Console(out);
    private Persistence persistence = Persistence.NONE;
    private NodeDriver.LocalAnswers localAnswers = NodeDriver.LocalAnswers.NONE;
    private NodeDriver driver;

    private void run(Machine machine) {
        driver = new NodeDriver(loop, machine, localAnswers, new ToyNetwork(), persistence, console, ends::add);
    }

    private void onLoop(Runnable action) throws Exception {
        loop.submit(action).get(5, TimeUnit.SECONDS);
    }

    @AfterEach
    void stopLoop() {
        console.close(1_000);
        var unused = loop.parent().shutdownGracefully(0, 1, TimeUnit.SECONDS);
    }

    @Test
    void everythingThatWaitsInATurnIsHandedOverThenTheTurnEndsOnceAndIsFlushedOnce() throws Exception {
        Toy toy = new Toy();
        run(toy);
        onLoop(() -> {
            for (long link = 1; link <= 3; link++) {
                driver.accept(new Input.LinkClosed(link));
            }
        });
        await().until(() -> toy.seen.size() == 4);
        assertEquals(
                List.of(new Input.LinkClosed(1), new Input.LinkClosed(2), new Input.LinkClosed(3), "turn ended"),
                toy.seen);
        onLoop(() -> {});
        assertEquals(List.of("flush"), calls);
        assertEquals(3, inputsEnded.get(), "what was sent might leave after each");
    }

    @Test
    void anInputThatTurnsUpWhileTheMachineRunsWaitsUntilItHasReturned() {
        Toy toy = new Toy() {
            @Override
            public void on(Input input, long nowNs, Effects effects) {
                super.on(input, nowNs, effects);
                if (input instanceof Input.Started) {
                    effects.connect(PEER);
                    effects.connect(PEER);
                    seen.add("returned");
                }
            }
        };
        run(toy);
        driver.submit(new Input.Started(0));
        await().until(() -> toy.seen.contains("turn ended"));
        Input failed = new Input.ConnectFailed(PEER, true);
        assertEquals(List.of(new Input.Started(0), "returned", failed, failed, "turn ended"), toy.seen);
    }

    @Test
    void aTimerFiresOnceMovesWhenSetAgainAndNotAtAllWhenCancelled() {
        TimerId cancelled = new TimerId("toy", 1);
        TimerId last = new TimerId("toy", 2);
        List<Long> firedAtNs = new CopyOnWriteArrayList<>();
        long[] setAtNs = new long[1];
        Toy toy = new Toy() {
            @Override
            public void on(Input input, long nowNs, Effects effects) {
                super.on(input, nowNs, effects);
                if (input instanceof Input.Started) {
                    setAtNs[0] = nowNs;
                    effects.setTimer(TIMER, nowNs + 1_000_000);
                    effects.setTimer(TIMER, nowNs + 60_000_000);
                    effects.setTimer(cancelled, nowNs + 1_000_000);
                    effects.cancelTimer(cancelled);
                    effects.setTimer(last, nowNs + 500_000_000_000L);
                    effects.setTimer(last, nowNs + 120_000_000);
                } else {
                    firedAtNs.add(nowNs);
                }
            }
        };
        run(toy);
        driver.submit(new Input.Started(0));
        await().until(() -> firedAtNs.size() == 2);
        assertEquals(
                List.of(new Input.TimerFired(TIMER), new Input.TimerFired(last)),
                toy.seen.stream().filter(Input.TimerFired.class::isInstance).toList());
        assertTrue(firedAtNs.get(0) >= setAtNs[0] + 60_000_000, "not before its moved time");
        assertTrue(firedAtNs.get(1) >= setAtNs[0] + 120_000_000);
    }

    @Test
    void timersThatAreDoneLeaveNothingBehind() throws Exception {
        List<TimerId> fired = new CopyOnWriteArrayList<>();
        LoopTimers timers = new LoopTimers(loop, System::nanoTime, fired::add);
        onLoop(() -> {
            long nowNs = System.nanoTime();
            timers.set(TIMER, nowNs + 1);
            timers.set(new TimerId("toy", 1), nowNs + 1);
            timers.cancel(new TimerId("toy", 1));
            timers.cancel(new TimerId("toy", 2));
        });
        await().until(() -> fired.equals(List.of(TIMER)));
        onLoop(() -> assertEquals(0, timers.size()));
    }

    @Test
    void whatBecameOfAStateIsHandedBack() {
        persistence = (token, state, outcome) -> new Thread(() -> {
                    if (token == 1) {
                        outcome.durable(token);
                    } else {
                        outcome.failed(token, "disk full");
                    }
                })
                .start();
        Toy toy = new Toy() {
            @Override
            public void on(Input input, long nowNs, Effects effects) {
                super.on(input, nowNs, effects);
                if (input instanceof Input.Started) {
                    effects.persist(1, new State(1));
                } else if (input instanceof Input.Persisted) {
                    effects.persist(2, new State(2));
                }
            }
        };
        run(toy);
        driver.submit(new Input.Started(0));
        await().until(() -> toy.seen.contains(new Input.PersistFailed(2, "disk full")));
        assertTrue(toy.seen.contains(new Input.Persisted(1)));
    }

    @Test
    void aBrokenInvariantEndsTheProcessBeforeAnythingIsFlushed() throws Exception {
        run(new Toy() {
            @Override
            public void on(Input input, long nowNs, Effects effects) {
                effects.send(1, new com.kvstore.protocol.membership.MembershipMessage.Fenced(1));
                throw new IllegalStateException("two owners");
            }
        });
        driver.submit(new Input.Started(0));
        await().until(() -> ends.equals(List.of(70)));
        driver.submit(new Input.Started(0));
        onLoop(() -> {});
        assertEquals(List.of("send 1"), calls);
        console.close(1_000);
        String line = out.toString(StandardCharsets.UTF_8);
        assertTrue(line.startsWith("[ERROR] internal error while handling Started"), line);
        assertTrue(line.contains("two owners") && line.contains("report"), line);
        assertEquals(1, line.lines().count());
    }

    @Test
    void aStopIsCarriedOutWhenTheTurnHasEndedAndWasFlushed() throws Exception {
        Toy toy = new Toy() {
            @Override
            public void on(Input input, long nowNs, Effects effects) {
                super.on(input, nowNs, effects);
                effects.stop(0);
            }

            @Override
            public void turnEnded(long nowNs, Effects effects) {
                effects.send(1, new com.kvstore.protocol.membership.MembershipMessage.Fenced(1));
            }
        };
        run(toy);
        driver.submit(new Input.StopRequested());
        await().until(() -> ends.equals(List.of(0)));
        assertEquals(List.of("send 1", "flush", "shutdown"), calls);
        driver.submit(new Input.Started(0));
        onLoop(() -> {});
        assertFalse(toy.seen.contains(new Input.Started(0)));
    }

    @Test
    void whatIsAnsweredOnTheSpotDoesNotReachTheMachine() {
        localAnswers = (command, nowNs) ->
                command instanceof Command.Ping ? CompletableFuture.completedFuture(new Result.Pong(4)) : null;
        Toy toy = new Toy();
        run(toy);
        Command get = new Command.Get(Bytes.of("k"));
        driver.submit(new Input.ClientRequested(1, new Command.Ping(), null));
        driver.submit(new Input.ClientRequested(2, get, null));
        await().until(() -> toy.seen.contains(new Input.ClientRequested(2, get, null)));
        assertFalse(toy.seen.contains(new Input.ClientRequested(1, new Command.Ping(), null)));
        assertTrue(calls.contains("reply 1 " + new Result.Pong(4)));
    }

    @Test
    void anAnswerThatTakesItsTimeIsGivenOnTheLoopWhenItComes() throws Exception {
        CompletableFuture<Result> slow = new CompletableFuture<>();
        CompletableFuture<Result> broken = new CompletableFuture<>();
        localAnswers = (command, nowNs) -> command instanceof Command.Ping ? slow : broken;
        Toy toy = new Toy();
        run(toy);
        driver.submit(new Input.ClientRequested(1, new Command.Ping(), null));
        driver.submit(new Input.ClientRequested(2, new Command.Count(), null));
        onLoop(() -> {});
        onLoop(() -> {}); // The end of the turn may come behind the first look.
        assertFalse(calls.toString().contains("reply"));
        calls.clear();
        slow.complete(new Result.Pong(4));
        onLoop(() -> {});
        assertEquals(List.of("reply 1 " + new Result.Pong(4), "flush"), calls);
        broken.completeExceptionally(new IllegalStateException("no such luck"));
        onLoop(() -> {});
        assertTrue(calls.get(2).startsWith("reply 2 Failure[code=UNAVAILABLE"), calls.toString());
        assertTrue(ends.isEmpty());
    }

    @Test
    void theFirstSignalAsksTheMachineToEndAndTheSecondDoesNotWait() {
        Toy toy = new Toy();
        run(toy);
        StopSignals signals = new StopSignals(driver, 60_000, ends::add);
        signals.signalled();
        await().until(() -> toy.seen.contains(new Input.StopRequested()));
        assertEquals(List.of(), ends);
        signals.signalled();
        assertEquals(List.of(130), ends);
    }

    @Test
    void aMachineThatDoesNotEndInTimeIsEnded() {
        run(new Toy());
        new StopSignals(driver, 20, ends::add).signalled();
        await().until(() -> ends.equals(List.of(0)));
    }
}
