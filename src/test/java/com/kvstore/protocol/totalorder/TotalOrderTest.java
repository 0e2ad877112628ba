package com.kvstore.protocol.totalorder;

import static com.kvstore.protocol.parts.PeersHarness.codeOf;
import static com.kvstore.protocol.parts.PeersHarness.deleteCommand;
import static com.kvstore.protocol.parts.PeersHarness.putCommand;
import static com.kvstore.protocol.parts.PeersHarness.textOf;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.kvstore.common.Bytes;
import com.kvstore.common.Command;
import com.kvstore.common.Computation;
import com.kvstore.common.ErrorCode;
import com.kvstore.common.RequestId;
import com.kvstore.common.Result;
import com.kvstore.common.Version;
import com.kvstore.common.Write;
import com.kvstore.protocol.parts.PeersHarness;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a total-order group does, told step by step; the simulator does the same to it at random. */
class TotalOrderTest {
    private static final Bytes K = Bytes.of("k");

    private long lastNonce;

    private PeersHarness<TotalOrderMachine> group(int size) {
        return group(size, 1_000_000);
    }

    private PeersHarness<TotalOrderMachine> group(int size, long maxLogBytes) {
        return new PeersHarness<>(
                "total-order",
                size,
                (group, self, incarnation, table) -> new TotalOrderMachine(
                        new TotalOrderConfig(group, self, incarnation, false, maxLogBytes, 100),
                        table,
                        () -> ++lastNonce));
    }

    private static String state(PeersHarness<TotalOrderMachine> group, int id) {
        return group.peer(id).machine.status().state();
    }

    @Test
    void aWriteIsAnsweredAfterOneRoundAndReadAtEveryPeer() {
        PeersHarness<TotalOrderMachine> group = group(3).startAll();

        group.put(1, "k", "v");

        assertEquals("v", group.get(1, "k"));
        assertEquals("v", group.get(2, "k"));
        assertEquals("v", group.get(3, "k"));
    }

    @Test
    void aPeerAloneInItsGroupNeedsNobody() {
        PeersHarness<TotalOrderMachine> group = group(1).startAll();

        group.put(1, "k", "v");

        assertEquals("v", group.get(1, "k"));
    }

    @Test
    void aGroupFormsOnlyWhenEveryPeerIsThere() {
        PeersHarness<TotalOrderMachine> group = group(3);
        group.start(1);
        group.start(2);
        group.pass(3_000);
        assertEquals(ErrorCode.UNAVAILABLE, codeOf(group.asked(1, putCommand("k", "v"))));

        group.start(3);
        group.pass(1_000);

        group.put(3, "k", "v");
    }

    /** The example of docs/protocols/total-order.md: the bare majority of 2 and 3 must not deliver before 1's comes. */
    @Test
    void aSmallerTimestampOnItsWayIsDeliveredFirst() {
        PeersHarness<TotalOrderMachine> group = group(3).startAll();
        group.holdUp(1, 2);
        group.holdUp(1, 3);
        long early = group.ask(1, putCommand("k", "early"), null);
        long late = group.ask(3, putCommand("k", "late"), null);
        assertNull(group.answer(3, late), "delivered, though something smaller is on its way");

        group.release();

        Version first =
                assertInstanceOf(Result.Ack.class, group.answer(1, early)).version();
        Version second =
                assertInstanceOf(Result.Ack.class, group.answer(3, late)).version();
        assertTrue(second.isNewerThan(first));
        assertEquals("late", group.get(1, "k"));
        assertEquals("late", group.get(2, "k"));
        assertEquals("late", group.get(3, "k"));
    }

    @Test
    void aSilentPeerHoldsTheOthersUpForLessThanASecond() {
        PeersHarness<TotalOrderMachine> group = group(3).startAll();
        group.isolate(3);
        long write = group.ask(1, putCommand("k", "v"), null);
        assertNull(group.answer(1, write));

        group.pass(900);

        assertInstanceOf(Result.Ack.class, group.answer(1, write));
        group.put(2, "k", "w");
        assertEquals("w", group.get(1, "k"));
    }

    @Test
    void aPeerWhoseLaneWasClosedMulticastsItsWritesAnew() {
        PeersHarness<TotalOrderMachine> group = group(3).startAll();
        group.isolate(3);
        long lost = group.ask(3, putCommand("mine", "v"), null);
        long write = group.ask(1, putCommand("k", "v"), null);
        group.pass(900);
        assertInstanceOf(Result.Ack.class, group.answer(1, write));
        assertNull(group.answer(3, lost));

        group.release();
        group.pass(1_000);

        assertInstanceOf(Result.Ack.class, group.answer(3, lost));
        assertEquals("v", group.get(1, "mine"));
        assertEquals("v", group.get(3, "k"));
    }

    @Test
    void withoutAMajorityNothingIsAcknowledged() {
        PeersHarness<TotalOrderMachine> group = group(3).startAll();
        group.isolate(1);
        long write = group.ask(1, putCommand("k", "v"), null);
        group.pass(4_000);
        assertNull(group.answer(1, write));
        assertEquals(ErrorCode.UNAVAILABLE, codeOf(group.asked(1, putCommand("k", "w"))));
        assertEquals(ErrorCode.UNAVAILABLE, codeOf(group.asked(1, new Command.Get(K))));

        group.pass(2_000);

        assertEquals(ErrorCode.OUTCOME_UNKNOWN, codeOf(group.answer(1, write)));
    }

    @Test
    void aPeerThatForgotEverythingVotesInANewLifeAndOnANewLane() {
        PeersHarness<TotalOrderMachine> group = group(3).startAll();
        group.put(3, "k", "v");
        group.kill(3);
        group.start(3);
        assertEquals("joining", state(group, 3));
        group.pass(2_000);

        assertEquals("up", state(group, 3));
        assertEquals(2, group.peer(1).machine.status().peers().get(1).life());
        Version version = group.put(3, "k", "w").version();
        assertEquals("w", group.get(1, "k"));

        // It counts in a majority again: with it, the first peer may go.
        group.kill(1);
        long write = group.ask(2, putCommand("k", "x"), null);
        group.pass(900);
        assertTrue(assertInstanceOf(Result.Ack.class, group.answer(2, write))
                .version()
                .isNewerThan(version));
        assertEquals("x", group.get(3, "k"));
    }

    @Test
    void whatWasAcknowledgedSurvivesOnePeerAfterTheOther() {
        PeersHarness<TotalOrderMachine> group = group(3).startAll();
        for (int round = 0; round < 6; round++) {
            int victim = round % 3 + 1;
            int writer = victim % 3 + 1;
            group.put(writer, "k" + round, "v" + round);
            group.kill(victim);
            group.start(victim);
            group.pass(3_000);
            assertEquals("up", state(group, victim));
        }

        for (int round = 0; round < 6; round++) {
            assertEquals("v" + round, group.get(1, "k" + round));
        }
    }

    @Test
    void theMajorityGoesOnWithoutADeadPeer() {
        PeersHarness<TotalOrderMachine> group = group(3).startAll();
        group.kill(2);
        group.pass(1_000);

        long write = group.ask(1, putCommand("k", "v"), null);
        group.pass(1_000);
        assertInstanceOf(Result.Ack.class, group.answer(1, write));
        group.put(3, "k", "w");
        assertEquals("w", group.get(1, "k"));
    }

    @Test
    void aPeerThatIsFarBehindTakesASnapshot() {
        PeersHarness<TotalOrderMachine> group = group(3, 500).startAll();
        group.isolate(3);
        List<Long> writes = new ArrayList<>();
        for (int i = 0; i < 60; i++) {
            writes.add(group.ask(1, putCommand("k" + i % 20, "v" + i), null));
            group.pass(20);
        }
        group.ask(1, deleteCommand("k0"), null);
        group.pass(2_000);
        assertInstanceOf(Result.Ack.class, group.answer(1, writes.get(59)));
        group.lose(1, 3);
        group.lose(2, 3);
        group.lose(3, 1);
        group.lose(3, 2);
        group.release();
        group.pass(4_000);

        assertTrue(group.peer(3).sent.stream().anyMatch(TotalOrderMessage.SnapshotAsk.class::isInstance));
        assertEquals("v59", group.get(3, "k19"));
        assertNull(group.get(3, "k0"));
        group.put(3, "after", "v");
    }

    @Test
    void aRetryAtAnotherPeerIsAppliedOnce() {
        PeersHarness<TotalOrderMachine> group = group(3).startAll();
        RequestId id = new RequestId("client", 1, 1, 0);
        long first = group.ask(1, putCommand("k", "v"), id);
        group.put(2, "k", "w");
        long again = group.ask(3, putCommand("k", "v"), id);

        assertEquals(group.answer(1, first), group.answer(3, again));
        assertEquals("w", group.get(1, "k"));
    }

    @Test
    void aRetryIsKnownToAPeerThatHasRecovered() {
        PeersHarness<TotalOrderMachine> group = group(3).startAll();
        RequestId id = new RequestId("client", 1, 1, 0);
        group.ask(1, putCommand("k", "v"), id);
        group.put(2, "k", "w");
        group.kill(3);
        group.start(3);
        group.pass(2_000);
        group.ask(3, putCommand("k", "v"), id);

        assertEquals("w", group.get(3, "k"));
    }

    @Test
    void computationsOfSeveralPeersOnOneKeyAllCount() {
        PeersHarness<TotalOrderMachine> group = group(3).startAll();
        List<Long> asked = new ArrayList<>();
        for (int i = 0; i < 9; i++) {
            asked.add(group.ask(i % 3 + 1, new Command.Compute(List.of(K), increment()), null));
        }
        group.pass(2_000);

        for (int i = 0; i < 9; i++) {
            assertInstanceOf(Result.Computed.class, group.answer(i % 3 + 1, asked.get(i)));
        }
        assertEquals("9", group.get(2, "k"));
    }

    private static Computation increment() {
        return (present, nowMs) -> {
            Result.Value value = present.get(K);
            long next = value == null ? 1 : Long.parseLong(value.value().text()) + 1;
            return new Computation.Outcome(List.of(Write.put(K, Bytes.of(Long.toString(next)))), next);
        };
    }

    @Test
    void aConditionIsCheckedAtItsPlaceInTheOrder() {
        PeersHarness<TotalOrderMachine> group = group(3).startAll();
        group.holdUp(1, 2);
        group.holdUp(1, 3);
        long first = group.ask(1, putCommand("k", "v"), null);
        long update = group.ask(3, Command.Transact.of(Write.update(K, Bytes.of("w"))), null);
        group.release();

        assertInstanceOf(Result.Ack.class, group.answer(1, first));
        assertInstanceOf(Result.Ack.class, group.answer(3, update));
        assertEquals("w", group.get(2, "k"));
    }

    @Test
    void aLocalReadMayBeStaleAndNeedsNobody() {
        PeersHarness<TotalOrderMachine> group = group(3).startAll();
        group.put(1, "k", "old");
        group.isolate(3);
        long write = group.ask(1, putCommand("k", "new"), null);
        group.pass(900);
        Version version =
                assertInstanceOf(Result.Ack.class, group.answer(1, write)).version();

        assertEquals("old", textOf(group.asked(3, new Command.GetLocal(K, Version.ZERO))));
        long fresh = group.ask(3, new Command.GetLocal(K, version), null);
        assertNull(group.answer(3, fresh));
        group.release();
        group.pass(1_000);
        assertEquals("new", textOf(group.answer(3, fresh)));
    }

    @Test
    void allLanesMayBeClosedOneByOneAndTheGroupGoesOn() {
        PeersHarness<TotalOrderMachine> group = group(3).startAll();
        for (int round = 0; round < 9; round++) {
            int victim = round % 3 + 1;
            int writer = victim % 3 + 1;
            group.isolate(victim);
            group.ask(writer, putCommand("k", "v" + round), null);
            group.pass(700);
            group.release();
            group.pass(20);
        }
        group.pass(2_000);

        group.put(1, "k", "end");
        assertEquals("end", group.get(3, "k"));
    }

    @Test
    void aPeerThatStopsAnswersWhatItHasInHand() {
        PeersHarness<TotalOrderMachine> group = group(3).startAll();
        group.isolate(1);
        long write = group.ask(1, putCommand("k", "v"), null);
        long read = group.ask(1, new Command.Get(K), null);
        group.stop(1);

        assertEquals(ErrorCode.OUTCOME_UNKNOWN, codeOf(group.answer(1, write)));
        assertEquals(ErrorCode.UNAVAILABLE, codeOf(group.answer(1, read)));
        assertNotNull(group.peer(1).stopped());
    }

    @Test
    void whoWaitsForTwoLanesAsksEveryPeerForEach() {
        PeersHarness<TotalOrderMachine> group = group(3).startAll();
        group.holdUp(1, 3);
        group.holdUp(2, 3);

        group.ask(3, putCommand("k", "v"), null);
        group.pass(TotalOrderConfig.SUSPECT_NS / PeersHarness.MS);

        // Two lanes and two others to ask: in turns, lane by lane, each would be asked for the same one for ever.
        for (int id : List.of(1, 2)) {
            assertEquals(
                    2,
                    group.peer(id).sent.stream()
                            .filter(TotalOrderMessage.Fetched.class::isInstance)
                            .map(message -> ((TotalOrderMessage.Fetched) message).lane())
                            .distinct()
                            .count());
        }
    }
}
