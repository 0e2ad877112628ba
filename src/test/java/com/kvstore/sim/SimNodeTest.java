package com.kvstore.sim;

import static com.kvstore.sim.Toys.MS;
import static com.kvstore.sim.Toys.SECOND;
import static com.kvstore.sim.Toys.address;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.kvstore.common.Command;
import com.kvstore.common.Result;
import com.kvstore.protocol.kernel.Effects;
import com.kvstore.protocol.kernel.Input;
import com.kvstore.protocol.kernel.TimerId;
import com.kvstore.sim.SimNode.Death;
import com.kvstore.sim.Toys.Counter;
import com.kvstore.sim.Toys.Pair;
import com.kvstore.sim.Toys.Recorder;
import com.kvstore.sim.Toys.Text;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class SimNodeTest {
    private static final TimerId TIMER = new TimerId("test", 0);

    /** What a machine does with each input. */
    private interface Reaction {
        void to(Input input, long nowNs, Effects effects);
    }

    private static Pair reacting(long seed, Reaction reaction) {
        return new Pair(
                seed,
                NetworkOptions.LAN,
                recovered -> new Recorder(recovered) {
                    @Override
                    void react(Input input, long nowNs, Effects effects) {
                        reaction.to(input, nowNs, effects);
                    }
                },
                Recorder::new);
    }

    @Test
    void aTimerFiresOnceItsTimeHasComeOnTheProcessesOwnClock() {
        List<Long> fired = new ArrayList<>();
        Pair pair = reacting(1, (input, nowNs, effects) -> {
            if (input instanceof Input.Started) {
                effects.setTimer(TIMER, nowNs + 50 * MS);
                fired.add(nowNs);
            } else {
                fired.add(nowNs);
            }
        });
        pair.one.start();
        pair.pass(SECOND);
        assertEquals(2, fired.size());
        assertTrue(fired.get(1) - fired.get(0) >= 50 * MS);
        assertTrue(fired.get(1) - fired.get(0) < 51 * MS);
    }

    @Test
    void aTimerThatIsMovedOrCancelledDoesNotFireAtItsOldTime() {
        Pair pair = reacting(2, (input, nowNs, effects) -> {
            if (input instanceof Input.Started) {
                effects.setTimer(TIMER, nowNs + 50 * MS);
                effects.setTimer(TIMER, nowNs + 500 * MS);
                effects.setTimer(new TimerId("test", 1), nowNs + 50 * MS);
                effects.cancelTimer(new TimerId("test", 1));
            }
        });
        pair.one.start();
        pair.pass(400 * MS);
        assertEquals(0, pair.first().all(Input.TimerFired.class).size());
        pair.pass(400 * MS);
        assertEquals(List.of(new Input.TimerFired(TIMER)), pair.first().all(Input.TimerFired.class));
    }

    @Test
    void aTimerThatIsDueDuringTheSameTurnCanStillBeCancelled() {
        Pair pair = reacting(3, (input, nowNs, effects) -> {
            if (input instanceof Input.Started) {
                effects.setTimer(new TimerId("first", 0), nowNs + 10 * MS);
                effects.setTimer(new TimerId("second", 0), nowNs + 20 * MS);
            } else if (input instanceof Input.TimerFired) {
                effects.cancelTimer(new TimerId("second", 0));
            }
        });
        pair.one.start();
        pair.pass(MS);
        pair.one.pause();
        pair.pass(SECOND);
        pair.one.resume();
        pair.pass(SECOND);
        assertEquals(1, pair.first().all(Input.TimerFired.class).size());
    }

    @Test
    void whatArrivesDuringAPauseIsOneTurnAfterIt() {
        Pair pair = new Pair(4, NetworkOptions.LAN, recovered -> new Counter(address(2), 100), Recorder::new);
        pair.start();
        pair.pass(SECOND);
        pair.two.pause();
        int before = pair.second().inputs.size();
        int turns = pair.second().turns.size();
        pair.pass(2 * SECOND);
        assertEquals(before, pair.second().inputs.size());
        pair.two.resume();
        pair.pass(MS);
        assertTrue(
                pair.second().turns.get(turns) > 150, "" + pair.second().turns.get(turns));
    }

    @Test
    void aCrashEndsTimersAndLinksAndTheNextLifeBeginsAnew() {
        Pair pair = new Pair(5, NetworkOptions.LAN, recovered -> new Counter(address(2), 100), Recorder::new);
        pair.start();
        pair.pass(SECOND);
        Recorder dead = pair.first();
        int before = dead.inputs.size();
        pair.one.crash(Death.KILLED);
        pair.pass(SECOND);
        assertEquals(before, dead.inputs.size());
        int heard = pair.second().numbers().size();
        pair.pass(SECOND);
        assertEquals(heard, pair.second().numbers().size());
        pair.one.start();
        pair.pass(SECOND);
        assertNotEquals(dead, pair.first());
        assertEquals(0L, pair.second().numbers().get(heard));
    }

    @Test
    void aNewLifeFindsWhatWasConfirmedAndPerhapsWhatWasNot() {
        Set<String> found = new HashSet<>();
        for (long seed = 0; seed < 60; seed++) {
            Pair pair = reacting(seed, (input, nowNs, effects) -> {
                if (input instanceof Input.Started) {
                    effects.persist(1, new Text("first"));
                } else if (input instanceof Input.Persisted persisted && persisted.token() == 1) {
                    effects.persist(2, new Text("second"));
                    effects.persist(3, new Text("third"));
                }
            });
            pair.one.start();
            while (pair.first().all(Input.Persisted.class).isEmpty()) {
                pair.pass(10_000);
            }
            pair.pass(10_000);
            int confirmed = pair.first().all(Input.Persisted.class).size();
            pair.one.crash(Death.KILLED);
            pair.one.start();
            String text = ((Text) recovered(pair)).text();
            if (confirmed == 1) {
                found.add(text);
            }
            assertTrue(confirmed < 3 || text.equals("third"));
        }
        assertEquals(Set.of("first", "second", "third"), found);
    }

    private static Object recovered(Pair pair) {
        @Nullable Object recovered = pair.first().recovered;
        assertTrue(recovered != null, "nothing was durable");
        return recovered;
    }

    @Test
    void aFullDiskIsReported() {
        Pair pair = reacting(6, (input, nowNs, effects) -> {
            if (input instanceof Input.Started) {
                effects.persist(1, new Text("state"));
            }
        });
        pair.one.disk().trouble(Fault.FULL_DISK, 10 * SECOND);
        pair.one.start();
        pair.pass(SECOND);
        assertEquals(1, pair.first().all(Input.PersistFailed.class).size());
        assertEquals(0, pair.first().all(Input.Persisted.class).size());
    }

    @Test
    void aCrashInTheMidstOfATurnLeavesItsOtherEffectsUndone() {
        Pair pair = reacting(7, (input, nowNs, effects) -> {
            if (input instanceof Input.Started) {
                effects.connect(address(2));
            } else if (input instanceof Input.LinkOpened opened) {
                for (int i = 0; i < 100; i++) {
                    effects.send(opened.link(), Toys.number(i));
                }
            }
        });
        List<String> ended = new ArrayList<>();
        pair.one.onEnd(() -> ended.add("ended"));
        pair.two.start();
        pair.one.start();
        pair.one.crashAfterEffects(50, () -> true);
        pair.pass(SECOND);
        assertFalse(pair.one.isUp());
        assertEquals(List.of("ended"), ended);
        assertTrue(pair.second().numbers().size() < 49, "" + pair.second().numbers());
    }

    @Test
    void aCrashThatIsNotAllowedAtThatMomentDoesNotHappen() {
        Pair pair = new Pair(8, NetworkOptions.LAN, recovered -> new Counter(address(2), 100), Recorder::new);
        pair.start();
        pair.one.crashAfterEffects(5, () -> false);
        pair.pass(SECOND);
        assertTrue(pair.one.isUp());
        assertTrue(pair.second().numbers().size() > 50);
    }

    @Test
    void aClientHearsItsAnswerOrThatTheProcessIsGone() {
        Pair pair = reacting(9, (input, nowNs, effects) -> {
            if (input instanceof Input.ClientRequested requested && requested.command() instanceof Command.Ping) {
                effects.reply(requested.client(), new Result.Pong(7));
            }
        });
        pair.one.start();
        List<String> heard = new ArrayList<>();
        ask(pair, new Command.Ping(), heard);
        ask(pair, new Command.AcceptLoss(), heard);
        pair.pass(SECOND);
        assertEquals(List.of("Pong[epoch=7]"), heard);
        SimProcess process = pair.one.process();
        assertTrue(process != null);
        assertEquals(List.of(new Command.AcceptLoss()), process.unanswered(pair.world.nowNs()));
        pair.one.crash(Death.KILLED);
        assertEquals(List.of("Pong[epoch=7]", "lost"), heard);
    }

    @Test
    void answeringTwiceFailsTheRun() {
        Pair pair = reacting(10, (input, nowNs, effects) -> {
            if (input instanceof Input.ClientRequested requested) {
                effects.reply(requested.client(), new Result.Pong(7));
                effects.reply(requested.client(), new Result.Pong(7));
            }
        });
        pair.one.start();
        ask(pair, new Command.Ping(), new ArrayList<>());
        SimulationFailure failure = assertThrows(SimulationFailure.class, () -> pair.pass(SECOND));
        assertTrue(failure.getMessage().contains("twice"), failure.getMessage());
    }

    private static void ask(Pair pair, Command command, List<String> heard) {
        SimProcess process = pair.one.process();
        assertTrue(process != null);
        process.request(command, null, new SimProcess.ReplySink() {
            @Override
            public void replied(Result result) {
                heard.add(result.toString());
            }

            @Override
            public void connectionLost() {
                heard.add("lost");
            }
        });
    }

    @Test
    void aDrawMoreInOneComponentShiftsNothingInAnother() {
        SimRandom root = new SimRandom(5);
        long expected = root.fork("b").nextLong();
        SimRandom again = new SimRandom(5);
        SimRandom a = again.fork("a");
        a.nextLong();
        again.nextLong();
        assertEquals(expected, again.fork("b").nextLong());
        assertNotEquals(expected, again.fork("a").nextLong());
    }
}
