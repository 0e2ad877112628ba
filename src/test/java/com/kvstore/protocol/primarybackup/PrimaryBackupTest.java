package com.kvstore.protocol.primarybackup;

import static com.kvstore.protocol.parts.PeersHarness.codeOf;
import static com.kvstore.protocol.parts.PeersHarness.putCommand;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.kvstore.common.Bytes;
import com.kvstore.common.Command;
import com.kvstore.common.Computation;
import com.kvstore.common.Condition;
import com.kvstore.common.ErrorCode;
import com.kvstore.common.Expiry;
import com.kvstore.common.RequestId;
import com.kvstore.common.Result;
import com.kvstore.common.Write;
import com.kvstore.protocol.primarybackup.PrimaryBackupMessage.Prepare;
import com.kvstore.protocol.primarybackup.PrimaryBackupMessage.SnapshotPart;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What a primary-backup group does, told step by step; the simulator does the same to it at random. */
class PrimaryBackupTest {
    private static final Bytes K = Bytes.of("k");

    private static RequestId id(long number) {
        return new RequestId("client", number, 0, number - 1);
    }

    // ---- how a group begins -------------------------------------------------------------------------------------

    @Test
    void aGroupFormsOnlyWhenEveryPeerIsThere() {
        GroupHarness group = new GroupHarness(3, PrimaryBackupConfig.of(false));
        group.start(1);
        group.start(2);
        group.pass(5_000);
        assertEquals(ErrorCode.UNAVAILABLE, codeOf(group.asked(1, putCommand("k", "v"))));

        group.start(3);
        group.pass(1_000);

        group.put(1, "k", "v");
        assertEquals("v", group.get(1, "k"));
    }

    @Test
    void aGroupFormsWithAMajorityIfAnOperatorSaysSo() {
        GroupHarness group = new GroupHarness(3, PrimaryBackupConfig.of(true));
        group.start(1);
        group.start(2);
        group.pass(2_000);

        group.put(1, "k", "v");
    }

    @Test
    void oneFoundersDeathBeforeAnybodyElseJoinedHoldsUpNobody() {
        GroupHarness group = new GroupHarness(3, PrimaryBackupConfig.of(false));
        group.start(1);
        group.start(2);
        group.pass(500);
        group.cut(1, 2);
        group.cut(1, 3);
        group.start(3);
        group.pass(500);
        group.kill(1);
        group.kill(2);
        group.mend();
        group.start(1);
        group.start(2);
        group.pass(3_000);

        group.put(1, "k", "v");
    }

    @Test
    void aPeerOnItsOwnIsAGroup() {
        GroupHarness group = GroupHarness.formed(1);

        group.put(1, "k", "v");

        assertEquals("v", group.get(1, "k"));
    }

    // ---- normal operation ---------------------------------------------------------------------------------------

    @Test
    void aWriteIsAnsweredOnceAMajorityHoldsIt() {
        GroupHarness group = GroupHarness.formed(3);
        group.cut(2, 1);
        group.cut(3, 1);

        long write = group.ask(1, putCommand("k", "v"), null);
        assertNull(group.answer(1, write), "nobody has confirmed it");

        group.mend();
        group.pass(200);
        assertEquals(Result.Ack.WHOLE, group.answer(1, write));
    }

    @Test
    void aRefusedRequestIsNotExecutedWhenACopyOfItComesLate() {
        GroupHarness group = GroupHarness.formed(3);
        Command ifPresent = Command.Transact.of(new Write(K, null, Expiry.NEVER, Condition.EXISTS));
        long delete = group.ask(1, ifPresent, id(1));
        assertEquals(ErrorCode.NOT_FOUND, codeOf(group.answer(1, delete)));
        group.put(1, "k", "v");

        long late = group.ask(1, ifPresent, id(1));

        assertEquals(ErrorCode.NOT_FOUND, codeOf(group.answer(1, late)));
        assertEquals("v", group.get(1, "k"));
    }

    @Test
    void oneBackupIsEnoughAndTheOtherFetchesWhatItMissed() {
        GroupHarness group = GroupHarness.formed(3);
        group.cut(1, 3);
        group.put(1, "a", "1");
        group.put(1, "b", "2");
        assertEquals(0, group.peer(3).table.keys());

        group.mend();
        group.pass(300);

        assertEquals(2, group.peer(3).table.keys());
    }

    @Test
    void aBackupSendsTheClientToThePrimary() {
        GroupHarness group = GroupHarness.formed(3);

        Result.Failure answer = (Result.Failure) group.asked(2, new Command.Get(K));

        assertEquals(ErrorCode.WRONG_NODE, answer.code());
        assertEquals(group.group.address(1), answer.redirect());
    }

    @Test
    void aTurnsWritesTravelTogetherAndAReadCostsNoMessage() {
        GroupHarness group = GroupHarness.formed(3);
        group.put(1, "k", "v");
        int before = group.peer(1).sent.size();

        assertEquals("v", group.get(1, "k"));

        assertEquals(before, group.peer(1).sent.size());
    }

    @Test
    void whoReadsWhatHeHasJustWrittenFindsIt() {
        GroupHarness group = GroupHarness.formed(3);
        group.cut(2, 1);
        group.cut(3, 1);
        long write = group.ask(1, putCommand("k", "v"), null);
        long read = group.ask(1, new Command.Get(K), null);
        assertNull(group.answer(1, read));

        group.mend();
        group.pass(200);

        assertNotNull(group.answer(1, write));
        assertEquals(Bytes.of("v"), ((Result.Value) group.answer(1, read)).value());
    }

    @Test
    void conditionsAreJudgedByTheEndOfTheLogAndARefusalWaitsForIt() {
        GroupHarness group = GroupHarness.formed(3);
        group.cut(2, 1);
        group.cut(3, 1);
        long first = group.ask(1, putCommand("k", "v"), null);
        long second = group.ask(1, Command.Transact.of(new Write(K, Bytes.of("w"), Condition.ABSENT)), null);
        assertNull(group.answer(1, second), "what it was judged by is not decided");

        group.mend();
        group.pass(200);

        assertEquals(Result.Ack.WHOLE, group.answer(1, first));
        assertEquals(ErrorCode.CONFLICT, codeOf(group.answer(1, second)));
        assertEquals("v", group.get(1, "k"));
    }

    @Test
    void updateAndDeleteWantTheKeyToBeThere() {
        GroupHarness group = GroupHarness.formed(3);

        assertEquals(ErrorCode.NOT_FOUND, codeOf(group.asked(1, Command.Transact.of(Write.update(K, Bytes.of("v"))))));
        group.put(1, "k", "v");
        assertEquals(Result.Ack.WHOLE, group.asked(1, Command.Transact.of(Write.delete(K))));

        assertEquals(ErrorCode.NOT_FOUND, codeOf(group.asked(1, Command.Transact.of(Write.delete(K)))));
        group.pass(200);
        assertEquals(0, group.peer(3).table.keys());
    }

    @Test
    void aComputationSeesWhatIsNotDecidedYetAndIsShippedResolved() {
        GroupHarness group = GroupHarness.formed(3);
        Computation next = (present, nowMs) -> {
            Result.Value value = present.get(K);
            int n = value == null ? 1 : Integer.parseInt(value.value().text()) + 1;
            return new Computation.Outcome(List.of(Write.put(K, Bytes.of(String.valueOf(n)))), n);
        };
        group.cut(2, 1);
        group.cut(3, 1);
        long first = group.ask(1, new Command.Compute(List.of(K), next), null);
        long second = group.ask(1, new Command.Compute(List.of(K), next), null);

        group.mend();
        group.pass(200);

        assertEquals(1, ((Result.Computed) group.answer(1, first)).answer());
        assertEquals(2, ((Result.Computed) group.answer(1, second)).answer());
        assertEquals(Bytes.of("2"), group.peer(2).table.get(K).value());
    }

    @Test
    void severalKeysAreReadAtOnceCountedAndListed() {
        GroupHarness group = GroupHarness.formed(3);
        group.put(1, "a1", "x");
        group.put(1, "a2", "y");
        group.put(1, "b", "z");

        Result.Values values = (Result.Values)
                group.asked(1, new Command.GetAll(List.of(Bytes.of("b"), Bytes.of("c"), Bytes.of("a1"))));
        assertEquals(Optional.empty(), values.values().get(1));
        assertEquals(Bytes.of("x"), values.values().get(2).orElseThrow().value());
        assertEquals(new Result.Count(3), group.asked(1, new Command.Count()));
        Result.Page page = (Result.Page) group.asked(1, new Command.Scan(0, 100, Bytes.of("a")));
        assertEquals(2, page.keys().size());
        assertEquals(0, page.cursor());
    }

    // ---- exactly once -------------------------------------------------------------------------------------------

    @Test
    void aRetryIsAppliedOnceAlsoAtTheNextPrimary() {
        GroupHarness group = GroupHarness.formed(3);
        assertEquals(Result.Ack.WHOLE, group.answer(1, group.ask(1, putCommand("k", "first"), id(1))));
        group.put(1, "k", "second");
        assertEquals(Result.Ack.WHOLE, group.answer(1, group.ask(1, putCommand("k", "first"), id(1))));
        assertEquals("second", group.get(1, "k"));

        group.kill(1);
        group.pass(2_000);
        assertEquals(Result.Ack.WHOLE, group.answer(2, group.ask(2, putCommand("k", "first"), id(1))));

        assertEquals("second", group.get(2, "k"));
    }

    @Test
    void aRetryOfWhatIsNotDecidedYetWaitsForTheFirstAttempt() {
        GroupHarness group = GroupHarness.formed(3);
        group.cut(2, 1);
        group.cut(3, 1);
        long first = group.ask(1, putCommand("k", "v"), id(1));
        long retry = group.ask(1, putCommand("k", "v"), id(1));
        long lastBefore = group.status(1).last();

        group.mend();
        group.pass(200);

        assertEquals(Result.Ack.WHOLE, group.answer(1, first));
        assertEquals(Result.Ack.WHOLE, group.answer(1, retry));
        assertEquals(lastBefore, group.status(1).last());
        assertEquals(1, lastBefore);
    }

    // ---- view changes -------------------------------------------------------------------------------------------

    @Test
    void aDeadPrimaryIsReplacedWithinASecondAndAHalfAndNothingAcknowledgedIsLost() {
        GroupHarness group = GroupHarness.formed(3);
        group.put(1, "k", "v");

        group.kill(1);
        group.pass(1_500);

        assertEquals("primary", group.state(2));
        assertEquals("v", group.get(2, "k"));
        group.put(2, "k", "w");
        group.pass(200);
        assertEquals(Bytes.of("w"), group.peer(3).table.get(K).value());
    }

    @Test
    void whatOneBackupAloneHoldsComesIntoTheNextViewThough() {
        GroupHarness group = GroupHarness.formed(3);
        group.cut(1, 2);
        group.put(1, "k", "v");

        group.kill(1);
        group.pass(2_500);

        assertEquals("primary", group.state(2));
        assertEquals("v", group.get(2, "k"), "it was fetched from peer 3, which had the better log");
    }

    @Test
    void aPrimaryThatIsCutOffAnswersNoReadOnceItsLeaseIsOver() {
        GroupHarness group = GroupHarness.formed(3);
        group.put(1, "k", "old");
        group.cutOff(1);
        assertEquals("old", group.get(1, "k"), "its lease holds");

        group.pass(2_500);
        group.put(2, "k", "new");
        long read = group.ask(1, new Command.Get(K), null);
        group.pass(3_000);

        assertEquals(ErrorCode.UNAVAILABLE, codeOf(group.answer(1, read)));
    }

    @Test
    void aNewPrimaryWaitsUntilTheOldOnesLeaseIsOver() {
        GroupHarness group = GroupHarness.formed(3);
        group.put(1, "k", "old");
        group.kill(1);

        group.pass(400);
        assertEquals("backup", group.state(2));

        group.pass(1_100);
        assertEquals("primary", group.state(2));
    }

    @Test
    void aDeposedPrimaryDropsWhatWasNotDecidedAndSaysThatItsFateIsNotKnown() {
        GroupHarness group = GroupHarness.formed(3);
        group.cutOff(1);
        long write = group.ask(1, putCommand("k", "lost"), null);
        group.pass(2_500);
        group.put(2, "k", "kept");

        group.mend();
        group.pass(1_000);

        assertEquals(ErrorCode.OUTCOME_UNKNOWN, codeOf(group.answer(1, write)));
        assertEquals("backup", group.state(1));
        assertEquals(Bytes.of("kept"), group.peer(1).table.get(K).value());
    }

    @Test
    void onePeersSuspicionDeposesNobody() {
        GroupHarness group = GroupHarness.formed(3);
        group.cut(1, 3);
        group.pass(5_000);
        assertEquals("primary", group.state(1));
        assertEquals(0, group.status(1).view());

        group.mend();
        group.pass(500);

        assertEquals("backup", group.state(3));
        assertEquals(0, group.status(3).view());
    }

    @Test
    void aPromiseOfAnEarlierLifeElectsNobody() {
        GroupHarness group = GroupHarness.formed(3);
        group.put(1, "k", "v");
        group.kill(3);
        group.start(3);
        group.pass(1_000);
        assertEquals("backup", group.state(3));
        group.kill(1);

        // What peer 3 promised before its death, delayed on its way: under a nonce that peer 2 knows to be an older
        // one.
        group.send(3, 2, new PrimaryBackupMessage.DoViewChange(1, 0, 0, 0, 0, List.of(0L, 0L, 99L)));
        group.pass(300);
        assertFalse(group.state(2).equals("primary"), "the promise is of nobody's");

        group.pass(3_000);
        assertEquals("v", group.get(2, "k"));
    }

    // ---- recovery -----------------------------------------------------------------------------------------------

    @Test
    void aRestartedPeerRecoversEverythingBeforeItTakesPart() {
        GroupHarness group = GroupHarness.formed(3);
        group.put(1, "k", "v");
        group.kill(3);
        group.cutOff(3);
        group.start(3);
        group.pass(1_000);
        assertEquals("recovering", group.state(3).replace("forming", "recovering"));

        group.mend();
        group.pass(1_500);

        assertEquals("backup", group.state(3));
        assertEquals(Bytes.of("v"), group.peer(3).table.get(K).value());
    }

    @Test
    void aRestartedPrimaryIsNotThePrimaryAnyMore() {
        GroupHarness group = GroupHarness.formed(3);
        group.put(1, "k", "v");

        group.kill(1);
        group.start(1);
        group.pass(3_000);

        assertEquals("backup", group.state(1));
        assertEquals("primary", group.state(2));
        assertEquals("v", group.get(2, "k"));
    }

    @Test
    void withTheMajorityGoneNothingIsTakenOnAndThatIsSaid() {
        GroupHarness group = GroupHarness.formed(3);
        group.put(1, "k", "v");
        group.kill(2);
        group.kill(3);
        group.pass(2_000);

        Result.Failure refused = (Result.Failure) group.asked(1, putCommand("k", "w"));

        assertEquals(ErrorCode.UNAVAILABLE, refused.code());
        assertTrue(refused.message().contains("1 of 3 peers"), refused.message());
        assertEquals(1, group.status(1).last());
    }

    @Test
    void withTheMajoritysMemoryGoneNobodyFoundsAGroupWithoutTheRest() {
        GroupHarness group = GroupHarness.formed(3);
        group.put(1, "k", "v");
        group.kill(2);
        group.kill(3);
        group.start(2);
        group.start(3);
        group.pass(10_000);

        assertEquals(ErrorCode.UNAVAILABLE, codeOf(group.asked(2, putCommand("k", "w"))));
        assertEquals(ErrorCode.UNAVAILABLE, codeOf(group.asked(3, new Command.Get(K))));
        assertEquals(Bytes.of("v"), group.peer(1).table.get(K).value());
    }

    @Test
    void aPeerThatFellFarBehindIsSentTheTableInPieces() {
        GroupHarness group = new GroupHarness(3, new PrimaryBackupConfig(false, 300, 200, 100_000));
        group.startAll();
        for (int i = 0; i < 50; i++) {
            group.put(1, "key" + i, "old");
        }
        group.pass(200);
        group.cut(1, 3);
        for (int i = 0; i < 50; i++) {
            group.put(1, "key" + i, "value" + i);
        }
        for (int i = 0; i < 50; i += 5) {
            group.asked(1, Command.Transact.of(Write.delete(Bytes.of("key" + i))));
        }

        group.mend();
        group.pass(1_000);

        long parts = group.peer(1).sent.stream()
                .filter(message -> message instanceof SnapshotPart)
                .count();
        assertTrue(parts > 5, parts + " parts");
        assertEquals(40, group.peer(3).table.keys());
        assertEquals(
                Bytes.of("value1"), group.peer(3).table.get(Bytes.of("key1")).value());
        assertNull(group.peer(3).table.get(Bytes.of("key5")));
        assertEquals("backup", group.state(3));
    }

    @Test
    void aBackupThatDoesNotAnswerIsSentNoMoreThanAWindow() {
        GroupHarness group = new GroupHarness(3, new PrimaryBackupConfig(false, 1_000_000, 1_000_000, 1_000));
        group.startAll();
        group.cut(3, 1);
        for (int i = 0; i < 50; i++) {
            group.put(1, "key" + i, "value");
        }
        assertTrue(group.peer(3).table.keys() < 20, group.peer(3).table.keys() + " keys");

        group.mend();
        group.pass(2_000);

        assertEquals(50, group.peer(3).table.keys());
    }

    // ---- links that are stuck -----------------------------------------------------------------------------------

    @Test
    void aLinkToABackupOnWhichNothingArrivesIsGivenUpForANewOne() {
        GroupHarness group = GroupHarness.formed(3);
        group.stick(1, 3);
        group.put(1, "k", "v");
        group.pass(7_000);

        assertEquals(1, group.peer(3).table.keys());
        assertEquals("backup", group.state(3));
    }

    @Test
    void aBackupWhoseAnswersDoNotArriveOpensANewLink() {
        GroupHarness group = GroupHarness.formed(3);
        group.stick(3, 1);
        group.kill(2);
        long write = group.ask(1, putCommand("k", "v"), null);
        group.pass(1_000);
        assertNull(group.answer(1, write), "nobody has confirmed it");
        group.pass(9_000);

        group.put(1, "k", "w");
    }

    @Test
    void aPrimaryIsElectedThoughTheLinksBetweenTheOthersAreStuck() {
        GroupHarness group = GroupHarness.formed(3);
        group.pass(6_000);
        group.stick(2, 3);
        group.stick(3, 2);
        group.kill(1);
        group.pass(12_000);

        assertEquals(
                1,
                List.of(2, 3).stream()
                        .filter(id -> group.state(id).equals("primary"))
                        .count());
    }

    // ---- disks that take nothing ----------------------------------------------------------------------------------

    @Test
    void aPrimaryWhoseDiskTakesNothingGivesWayToOneWhoseDiskDoes() {
        GroupHarness group = GroupHarness.formed(3);
        group.put(1, "k", "v");
        group.peer(1).machine.diskFails(true, group.nowNs());
        group.pass(2_500);
        assertEquals("primary", group.state(1));

        group.pass(3_000);

        assertEquals("primary", group.state(2));
        assertEquals("v", group.get(2, "k"));
        group.put(2, "k", "w");
    }

    @Test
    void aPrimaryWhoseDiskTakesNothingStaysWhileNoMajoritysDoesAndAnswersReads() {
        GroupHarness group = GroupHarness.formed(3);
        group.put(1, "k", "v");
        group.peer(1).machine.diskFails(true, group.nowNs());
        group.peer(3).machine.diskFails(true, group.nowNs());

        for (int second = 0; second < 10; second++) {
            group.pass(1_000);
            assertEquals("primary", group.state(1));
            assertEquals("v", group.get(1, "k"));
        }
    }

    @Test
    void aPrimaryThatGaveWayToNobodyGoesOn() {
        GroupHarness group = GroupHarness.formed(3);
        group.put(1, "k", "v");
        group.peer(1).machine.diskFails(true, group.nowNs());
        group.pass(3_100);
        assertEquals(ErrorCode.UNAVAILABLE, codeOf(group.asked(1, new Command.Get(K))));
        group.peer(1).machine.diskFails(false, group.nowNs());
        group.pass(200);

        assertEquals("primary", group.state(1));
        assertEquals("v", group.get(1, "k"));
    }

    // ---- deadlines ----------------------------------------------------------------------------------------------

    @Test
    void aValueIsGoneAtItsDeadlineAndStaysGoneAtAPrimaryWhoseClockIsBehind() {
        GroupHarness group = new GroupHarness(3, PrimaryBackupConfig.of(false));
        group.start(1, 60_000);
        group.start(2);
        group.start(3);
        group.pass(1_000);
        group.asked(1, Command.Transact.of(new Write(K, Bytes.of("v"), Expiry.after(5_000), Condition.NONE)));
        assertEquals("v", group.get(1, "k"));
        group.pass(4_900);
        assertEquals("v", group.get(1, "k"));
        group.pass(99);
        long read = group.ask(1, new Command.Get(K), null);
        group.pass(300);
        assertNotNull(group.answer(1, read));
        assertNull(group.get(1, "k"));

        group.kill(1);
        group.pass(2_000);

        assertNull(group.get(2, "k"));
    }

    @Test
    void expiredValuesAreDeletedEverywhere() {
        GroupHarness group = GroupHarness.formed(3);
        group.asked(1, Command.Transact.of(new Write(K, Bytes.of("v"), Expiry.after(500), Condition.NONE)));
        group.pass(1_500);

        for (int id = 1; id <= 3; id++) {
            assertEquals(0, group.peer(id).table.keys());
        }
    }

    // ---- the end ------------------------------------------------------------------------------------------------

    @Test
    void aPeerThatIsStoppedAnswersWhatItTookOnAndNothingElse() {
        GroupHarness group = GroupHarness.formed(3);
        group.cut(2, 1);
        group.cut(3, 1);
        long write = group.ask(1, putCommand("k", "v"), null);
        group.stop(1);
        assertNull(group.peer(1).stopped());
        assertEquals(ErrorCode.UNAVAILABLE, codeOf(group.asked(1, putCommand("k", "w"))));

        group.mend();
        group.pass(200);

        assertEquals(Result.Ack.WHOLE, group.answer(1, write));
        assertEquals(0, group.peer(1).stopped());
    }

    @Test
    void anEntryTravelsOnceForEachBackup() {
        GroupHarness group = GroupHarness.formed(3);
        group.peer(1).sent.clear();

        group.put(1, "k", "v");

        long withEntries = group.peer(1).sent.stream()
                .filter(message ->
                        message instanceof Prepare prepare && !prepare.entries().isEmpty())
                .count();
        assertEquals(2, withEntries);
    }
}
