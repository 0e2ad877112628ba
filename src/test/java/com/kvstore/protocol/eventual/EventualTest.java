package com.kvstore.protocol.eventual;

import static com.kvstore.protocol.parts.PeersHarness.codeOf;
import static com.kvstore.protocol.parts.PeersHarness.deleteCommand;
import static com.kvstore.protocol.parts.PeersHarness.putCommand;
import static com.kvstore.protocol.parts.PeersHarness.textOf;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.kvstore.common.Bytes;
import com.kvstore.common.Command;
import com.kvstore.common.ErrorCode;
import com.kvstore.common.Expiry;
import com.kvstore.common.RequestId;
import com.kvstore.common.Result;
import com.kvstore.common.Version;
import com.kvstore.common.Write;
import com.kvstore.protocol.eventual.EventualMessage.Sync;
import com.kvstore.protocol.parts.PeersHarness;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What an eventual group does, told step by step; the simulator does the same to it at random. */
class EventualTest {
    private static final Bytes K = Bytes.of("k");
    private static final long A_YEAR_MS = 365L * 24 * 3600 * 1000;

    private static PeersHarness<EventualMachine> group(int size) {
        return group(size, 1_000_000);
    }

    private static PeersHarness<EventualMachine> group(int size, long maxLogBytes) {
        return new PeersHarness<>(
                "eventual",
                size,
                (group, self, incarnation, table) ->
                        new EventualMachine(new EventualConfig(group, self, incarnation, maxLogBytes, 100), table));
    }

    @Test
    void aWriteIsReadAtEveryPeer() {
        PeersHarness<EventualMachine> group = group(3).startAll();

        group.put(1, "k", "v");

        assertEquals("v", group.get(1, "k"));
        assertEquals("v", group.get(2, "k"));
        assertEquals("v", group.get(3, "k"));
    }

    @Test
    void aSyncIsNotSentOn() {
        PeersHarness<EventualMachine> group = group(3).startAll();
        group.put(1, "k", "v");
        group.pass(2_000);

        assertTrue(group.peer(1).sent.stream().anyMatch(EventualTest::bringsSomething));
        assertTrue(group.peer(2).sent.stream().noneMatch(EventualTest::bringsSomething));
        assertTrue(group.peer(3).sent.stream().noneMatch(EventualTest::bringsSomething));
    }

    private static boolean bringsSomething(Object message) {
        return message instanceof Sync sync && !sync.changes().isEmpty();
    }

    private static List<Integer> syncSizes(PeersHarness<EventualMachine> group, int id) {
        return group.peer(id).sent.stream()
                .filter(EventualTest::bringsSomething)
                .map(message -> ((Sync) message).changes().size())
                .toList();
    }

    @Test
    void changesLeaveTogetherOnceThoseBeforeAreAnswered() {
        PeersHarness<EventualMachine> group = group(2).startAll();
        group.holdUp(2, 1);
        for (int i = 0; i < 5; i++) {
            group.put(1, "k" + i, "v");
        }
        assertEquals(List.of(1), syncSizes(group, 1));

        group.release();
        assertEquals(List.of(1, 4), syncSizes(group, 1));
        assertEquals("v", group.get(2, "k4"));
    }

    @Test
    void changesThatAreNotAnsweredKeepLaterOnesBackForAMomentOnlyAndManyNotAtAll() {
        PeersHarness<EventualMachine> group = group(2).startAll();
        group.holdUp(2, 1);
        group.put(1, "a", "v");
        group.put(1, "b", "v");
        assertNull(group.get(2, "b"));
        group.pass(EventualConfig.REPORT_INTERVAL_NS / PeersHarness.MS);
        assertEquals("v", group.get(2, "b"));

        for (int i = 0; i < 1_000; i++) {
            group.put(1, "k" + i, "v");
        }
        assertEquals("v", group.get(2, "k700"));
    }

    @Test
    void aPeerAloneTakesWrites() {
        PeersHarness<EventualMachine> group = group(3);
        group.start(2);

        Result.Ack ack = group.put(2, "k", "v");
        assertEquals(1, ack.copies());
        assertEquals(2, ack.missing().size());

        group.pass(3_000);
        assertEquals("v", group.get(2, "k"));
    }

    @Test
    void whatIsWrittenWhileAPeerIsCutOffReachesItAfterwards() {
        PeersHarness<EventualMachine> group = group(3).startAll();
        group.isolate(3);
        group.put(1, "a", "1");
        group.put(3, "b", "2");
        group.pass(1_000);
        assertNull(group.get(3, "a"));

        group.release();
        group.pass(1_000);

        assertEquals("1", group.get(3, "a"));
        assertEquals("2", group.get(1, "b"));
        assertEquals("2", group.get(2, "b"));
    }

    @Test
    void whatASyncDidNotBringIsRepaired() {
        PeersHarness<EventualMachine> group = group(3, 200).startAll();
        group.isolate(3);
        for (int i = 0; i < 50; i++) {
            group.put(1, "k" + i, "v" + i);
        }
        group.asked(1, deleteCommand("k7"));
        group.pass(1_000);
        group.lose(1, 3);
        group.lose(2, 3);
        group.release();
        group.pass(5_000);

        for (int i = 0; i < 50; i++) {
            assertEquals(i == 7 ? null : "v" + i, group.get(3, "k" + i));
        }
    }

    @Test
    void aChangeLargerThanTheLogIsRepairedThoughItWasNeverSent() {
        PeersHarness<EventualMachine> group = group(2, 200).startAll();
        group.cutOff(2);
        group.lose(1, 2);
        group.put(1, "k", "x".repeat(300));
        group.mend();
        group.pass(5_000);

        assertEquals("x".repeat(300), group.get(2, "k"));
    }

    @Test
    void whatOnlyADeadPeersNeighbourHeardIsPassedOnByARepair() {
        PeersHarness<EventualMachine> group = group(3).startAll();
        group.holdUp(1, 3);
        group.put(1, "k", "v");
        group.kill(1);
        group.release();
        group.pass(5_000);

        assertEquals("v", group.get(3, "k"));
    }

    @Test
    void concurrentPutAndDeleteEndTheSameEverywhere() {
        for (boolean putFirst : new boolean[] {true, false}) {
            PeersHarness<EventualMachine> group = group(3).startAll();
            group.put(1, "k", "old");
            group.pass(100);
            group.isolate(3);
            if (putFirst) {
                group.put(1, "k", "new");
                group.pass(50);
                group.asked(3, deleteCommand("k"));
            } else {
                group.asked(3, deleteCommand("k"));
                group.pass(50);
                group.put(1, "k", "new");
            }
            group.release();
            group.pass(3_000);

            String winner = putFirst ? null : "new";
            assertEquals(winner, group.get(1, "k"));
            assertEquals(winner, group.get(2, "k"));
            assertEquals(winner, group.get(3, "k"));
        }
    }

    @Test
    void aTombstoneStaysWhileAListedPeerIsAway() {
        PeersHarness<EventualMachine> group = group(3).startAll();
        group.put(1, "k", "v");
        group.kill(3);
        group.asked(1, deleteCommand("k"));
        group.pass(10_000);
        assertEquals(1, group.peer(1).machine.status().tombstones());
        assertEquals(1, group.peer(2).machine.status().tombstones());

        group.start(3);
        group.pass(5_000);

        assertEquals(0, group.peer(1).machine.status().tombstones());
        assertEquals(0, group.peer(2).machine.status().tombstones());
        assertEquals(0, group.peer(3).machine.status().tombstones());
        assertNull(group.get(3, "k"));
    }

    @Test
    void anOldWriteThatComesAfterItsDeleteWasForgottenIsNotLetIn() {
        PeersHarness<EventualMachine> group = group(3).startAll();
        group.holdUp(1, 3);
        group.put(1, "k", "v");
        group.asked(2, deleteCommand("k"));
        group.pass(500);
        // The third peer gets the first one's write by a repair or not at all; the tombstone waits for it.
        group.release();
        group.pass(5_000);

        assertNull(group.get(3, "k"));
        assertEquals(0, group.peer(3).machine.status().tombstones());
    }

    @Test
    void aPeerThatRestartsEmptyTakesOverWhatTheOthersHoldBeforeItAnswersReads() {
        PeersHarness<EventualMachine> group = group(3).startAll();
        group.put(2, "k", "v");
        group.kill(2);
        group.start(2);

        long client = group.ask(2, new Command.Get(K), null);
        group.pass(2_000);

        assertEquals("v", textOf(group.answer(2, client)));
    }

    @Test
    void aPeerThatRestartsEmptyUsesNoVersionAgain() {
        PeersHarness<EventualMachine> group = group(2).startAll();
        Version before = group.put(1, "k", "v").version();
        group.kill(1);
        // The host's clock is set back to where it was.
        group.start(1, -1_000_000);
        long write = group.ask(1, putCommand("k", "w"), null);
        group.pass(500);
        Result.Ack ack = (Result.Ack) group.answer(1, write);
        Version after = ack.version();

        assertNotEquals(before.counter(), after.counter());
        group.pass(3_000);
        assertEquals(group.get(1, "k"), group.get(2, "k"));
    }

    @Test
    void aRestartedPeerWithASlowClockNumbersNoWriteBeforeItHasHeardWhatTimeItIs() {
        PeersHarness<EventualMachine> group = group(3).startAll();
        group.put(1, "k", "old");
        group.kill(2);
        group.cutOff(2);
        group.start(2, -15_000);
        long write = group.ask(2, putCommand("k", "new"), null);
        group.pass(300);
        assertNull(group.answer(2, write), "nobody was heard");

        group.mend();
        group.pass(600);

        assertTrue(group.answer(2, write) instanceof Result.Ack);
        group.pass(2_000);
        for (int peer : new int[] {1, 2, 3}) {
            assertEquals("new", group.get(peer, "k"));
        }
    }

    @Test
    void aRestartedPeerThatHearsNobodyTakesWritesAfterASecond() {
        PeersHarness<EventualMachine> group = group(3).startAll();
        group.kill(2);
        group.cutOff(2);
        group.start(2);
        long write = group.ask(2, putCommand("k", "v"), null);
        group.pass(1_300);

        assertTrue(group.answer(2, write) instanceof Result.Ack);
        group.mend();
        group.pass(3_000);
        assertEquals("v", group.get(1, "k"));
    }

    @Test
    void howManyPeersHoldAWriteIsAnsweredOnceEnoughDoOrTheTimeIsOver() {
        PeersHarness<EventualMachine> group = group(3).startAll();
        group.holdUp(1, 3);
        Version version = group.put(1, "k", "v").version();

        assertEquals(new Result.Count(1), group.asked(1, new Command.AwaitCopies(version, 1, 5_000)));
        long both = group.ask(1, new Command.AwaitCopies(version, 2, 5_000), null);
        long soon = group.ask(1, new Command.AwaitCopies(version, 2, 100), null);
        group.pass(150);
        assertEquals(new Result.Count(1), group.answer(1, soon));
        assertNull(group.answer(1, both), "the third one has not heard of it");

        group.release();
        assertEquals(new Result.Count(2), group.answer(1, both));
    }

    @Test
    void aPeerThatWasRestartedEmptyCountsOnceADigestHasBroughtItTheWrite() {
        PeersHarness<EventualMachine> group = group(2).startAll();
        Version version = group.put(1, "k", "v").version();
        assertEquals(new Result.Count(1), group.asked(1, new Command.AwaitCopies(version, 1, 0)));
        group.kill(2);
        group.cutOff(2);
        group.start(2);
        group.mend();
        long again = group.ask(1, new Command.AwaitCopies(version, 1, 5_000), null);
        group.pass(3_000);

        assertEquals(new Result.Count(1), group.answer(1, again));
        assertEquals("v", group.get(2, "k"));
    }

    @Test
    void aReadWithAVersionWaitsForIt() {
        PeersHarness<EventualMachine> group = group(2).startAll();
        group.holdUp(1, 2);
        Version version = group.put(1, "k", "v").version();

        long read = group.ask(2, new Command.GetLocal(K, version), null);
        assertNull(group.answer(2, read));
        group.pass(500);
        group.release();
        assertEquals("v", textOf(group.answer(2, read)));
    }

    @Test
    void aReadWithAVersionThatDoesNotComeSaysSo() {
        PeersHarness<EventualMachine> group = group(2).startAll();
        group.holdUp(1, 2);
        Version version = group.put(1, "k", "v").version();

        long read = group.ask(2, new Command.GetLocal(K, version), null);
        group.pass(3_000);

        assertEquals(ErrorCode.UNAVAILABLE, codeOf(group.answer(2, read)));
    }

    /** Chaos of seed 2: it waited for version 0.0 for two seconds, and was refused. */
    @Test
    void aLocalReadOfAKeyThatNobodyHasWrittenIsAnsweredAtOnce() {
        PeersHarness<EventualMachine> group = group(2).startAll();
        long read = group.ask(2, new Command.GetLocal(K, Version.ZERO), null);
        assertEquals(ErrorCode.NOT_FOUND, codeOf(group.answer(2, read)));
    }

    @Test
    void aReadWithAVersionIsAnsweredThoughTheDeleteAfterItWasForgotten() {
        PeersHarness<EventualMachine> group = group(2).startAll();
        Version version = group.put(1, "k", "v").version();
        group.asked(1, deleteCommand("k"));
        group.pass(5_000);
        assertEquals(0, group.peer(2).machine.status().tombstones());

        assertNull(textOf(group.asked(2, new Command.GetLocal(K, version))));
    }

    @Test
    void aClockAYearAheadDoesNoHarm() {
        PeersHarness<EventualMachine> group = group(3);
        group.start(1);
        group.start(2, A_YEAR_MS);
        group.start(3);
        group.pass(2_000);
        group.put(2, "k", "from the future");
        group.pass(100);

        group.put(1, "k", "later");
        group.pass(2_000);

        assertEquals("later", group.get(1, "k"));
        assertEquals("later", group.get(2, "k"));
        assertEquals("later", group.get(3, "k"));
    }

    @Test
    void aRetryAtTheSamePeerIsAppliedOnce() {
        PeersHarness<EventualMachine> group = group(2).startAll();
        RequestId id = new RequestId("client", 1, 0, 0);
        long first = group.ask(1, putCommand("k", "v"), id);
        group.put(1, "k", "w");
        long again = group.ask(1, putCommand("k", "v"), id);

        assertEquals(group.answer(1, first), group.answer(1, again));
        assertEquals("w", group.get(1, "k"));
    }

    @Test
    void aValuePastItsDeadlineIsGoneEverywhereAndLeavesNothingBehind() {
        PeersHarness<EventualMachine> group = group(2).startAll();
        Write write = new Write(K, Bytes.of("v"), Expiry.after(500), com.kvstore.common.Condition.NONE);
        group.asked(1, Command.Transact.of(write));
        group.pass(100);
        assertEquals("v", group.get(2, "k"));

        group.pass(6_000);

        assertNull(group.get(1, "k"));
        assertNull(group.get(2, "k"));
        assertEquals(0, group.peer(1).machine.status().tombstones());
        assertEquals(0, group.peer(2).table.bytes());
    }

    @Test
    void anUpdateOfAnAbsentKeyIsRefused() {
        PeersHarness<EventualMachine> group = group(2).startAll();

        Result result = group.asked(1, Command.Transact.of(Write.update(K, Bytes.of("v"))));

        assertEquals(ErrorCode.NOT_FOUND, codeOf(result));
    }

    @Test
    void aPeerThatIsAskedToStopSendsFirstWhatItHasTaken() {
        PeersHarness<EventualMachine> group = group(2).startAll();
        group.holdUp(2, 1);
        group.put(1, "k", "v");
        group.stop(1);
        assertNull(group.peer(1).stopped());

        group.release();

        assertEquals(0, group.peer(1).stopped());
        assertEquals("v", group.get(2, "k"));
    }
}
