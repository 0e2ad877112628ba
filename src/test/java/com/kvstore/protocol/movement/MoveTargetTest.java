package com.kvstore.protocol.movement;

import static com.kvstore.protocol.movement.MoveHarness.COORDINATOR_LINK;
import static com.kvstore.protocol.movement.MoveHarness.EPOCH;
import static com.kvstore.protocol.movement.MoveHarness.LOWER_HALF;
import static com.kvstore.protocol.movement.MoveHarness.SOURCE;
import static com.kvstore.protocol.movement.MoveHarness.contents;
import static com.kvstore.protocol.movement.MoveHarness.liveIn;
import static com.kvstore.protocol.movement.MoveHarness.record;
import static com.kvstore.protocol.movement.MoveHarness.store;
import static com.kvstore.protocol.movement.MoveHarness.tombstone;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.kvstore.common.Bytes;
import com.kvstore.common.Version;
import com.kvstore.protocol.membership.Range;
import com.kvstore.protocol.movement.MoveMessage.CancelMove;
import com.kvstore.protocol.movement.MoveMessage.Chunk;
import com.kvstore.protocol.movement.MoveMessage.MoveDone;
import com.kvstore.protocol.movement.MoveMessage.MoveFailed;
import com.kvstore.protocol.movement.MoveMessage.MoveProgress;
import com.kvstore.protocol.parts.BoundedScan;
import com.kvstore.protocol.parts.PieceScan;
import com.kvstore.protocol.parts.RecordTable;
import com.kvstore.protocol.parts.StoredRecord;
import com.kvstore.protocol.parts.Stretch;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class MoveTargetTest {
    private static final List<Range> EVERYTHING = List.of(new Range(0, 30));
    private static final long SECOND_NS = 1_000_000_000L;

    private final MoveHarness world = new MoveHarness();

    @Test
    void anEmptyTargetIsFilledWithAllThatTheSourceHasInTheRangesAndNoMore() {
        fillSource(20_000);

        world.start(1, SOURCE, LOWER_HALF, 0);
        world.run();

        assertEquals(liveIn(world.sourceTable, LOWER_HALF), contents(world.targetTable));
        MoveDone done = onlyDone();
        assertEquals(world.targetTable.keys(), done.keys());
        assertEquals(world.movedRecords, done.keys(), "nothing is sent twice to an empty target");
        assertFalse(world.target.active());
        assertTrue(world.openLinks.isEmpty());
        assertTrue(world.effects.timers.isEmpty());
    }

    @Test
    void whatTheSourceKnewToBeCommittedIsKnownAtTheTargetBeforeTheMoveIsDone() {
        fillSource(20_000);
        world.knownAtSource = List.of(new Version(3, 4), new Version(5, 6));

        world.start(1, SOURCE, LOWER_HALF, 0);
        world.run();

        onlyDone();
        assertEquals(world.knownAtSource, world.learned);
    }

    @Test
    void aNearlyEqualTargetFetchesOnlyThePiecesThatDiffer() {
        fillSource(20_000);
        copyAll();
        world.targetTable.remove(record(5, 1).key());
        store(world.sourceTable, record(40, 2));
        store(world.targetTable, record(31 * 700_000, 3));

        world.start(1, SOURCE, EVERYTHING, 0);
        world.run();

        assertEquals(contents(world.sourceTable), contents(world.targetTable));
        onlyDone();
        assertTrue(world.movedRecords <= 3 * PieceScan.RECORDS_PER_PIECE + 3, world.movedRecords + " records moved");
        assertTrue(world.movedRecords > 0);
    }

    /** Seed 50 of the simulator: a move that was void already took from a copy in sync what its source had dropped. */
    @Test
    void aViewInWhichTheCopyIsNotBeingFilledEndsItsMove() {
        fillSource(100);
        world.start(1, SOURCE, LOWER_HALF, 0);

        world.target.viewChanged(ranges -> true, world.effects);
        assertTrue(world.target.active());
        world.target.viewChanged(ranges -> !ranges.equals(LOWER_HALF), world.effects);

        assertFalse(world.target.active());
        assertEquals(1, world.effects.sentOf(MoveFailed.class).size());
        world.run();
        assertEquals(0, world.targetTable.keys());
    }

    @Test
    void anEqualTargetFetchesNothingThoughTombstonesDiffer() {
        fillSource(5_000);
        copyAll();
        for (int i = 10_000; i < 10_100; i++) {
            store(i % 2 == 0 ? world.sourceTable : world.targetTable, tombstone(i, 3));
        }

        world.start(1, SOURCE, EVERYTHING, 0);
        world.run();

        assertEquals(0, world.movedRecords);
        onlyDone();
    }

    @Test
    void keysTheSourceLacksAreDroppedIfTheyAreOlderThanTheMove() {
        fillSource(1_000);
        store(world.targetTable, record(50_000 * 31, EPOCH - 1));
        store(world.targetTable, record(50_001 * 31, EPOCH));
        store(world.targetTable, record(50_002 * 31, EPOCH + 1));

        world.start(1, SOURCE, LOWER_HALF, 0);
        world.run();

        assertNull(world.targetTable.get(record(50_000 * 31, 1).key()));
        assertTrue(world.targetTable.holds(record(50_001 * 31, 1).key()));
        assertTrue(world.targetTable.holds(record(50_002 * 31, 1).key()));
    }

    @Test
    void keysOfATargetWhoseSourceIsEmptyAreDroppedToo() {
        for (int i = 0; i < 20_000; i++) {
            store(world.targetTable, record(i, 3));
        }

        world.start(1, SOURCE, LOWER_HALF, 0);
        world.run();

        assertTrue(liveIn(world.targetTable, LOWER_HALF).isEmpty());
        assertFalse(world.targetTable.keys() == 0, "what lies outside the ranges stays");
    }

    @Test
    void aDeleteTheTargetMissedIsBroughtAsATombstone() {
        store(world.targetTable, record(31, 2));
        store(world.sourceTable, tombstone(31, 3));

        world.start(1, SOURCE, EVERYTHING, 0);
        world.run();

        assertEquals(tombstone(31, 3), world.targetTable.get(record(31, 1).key()));
    }

    @Test
    void aNewerWriteAtTheTargetIsNotOverwritten() {
        store(world.sourceTable, record(31, 2));
        store(world.targetTable, record(31, EPOCH));

        world.start(1, SOURCE, EVERYTHING, 0);
        world.run();

        assertEquals(record(31, EPOCH), world.targetTable.get(record(31, 1).key()));
    }

    @Test
    void anUnacknowledgedWriteOlderThanTheMoveGivesWayToTheSourcesVersion() {
        store(world.sourceTable, record(31, 2));
        store(world.targetTable, record(31, EPOCH - 1));

        world.start(1, SOURCE, EVERYTHING, 0);
        world.run();

        assertEquals(record(31, 2), world.targetTable.get(record(31, 1).key()));
    }

    @Test
    void aKeyDeletedWhileItMovesStaysDeletedWhenAnOlderChunkArrives() {
        fillSource(1_000);
        world.start(1, SOURCE, EVERYTHING, 0);
        while (world.toTarget.isEmpty()) {
            assertTrue(world.step());
        }
        // The chunk under way holds key 31; the delete reaches the target before it and the source after it.
        store(world.targetTable, tombstone(31, EPOCH));

        world.run();

        assertEquals(tombstone(31, EPOCH), world.targetTable.get(record(31, 1).key()));
        assertEquals(999, world.targetTable.keys());
    }

    @Test
    void recordsOutsideTheRangesAreLeftAlone() {
        fillSource(500);
        for (int i = 0; i < 2_000; i++) {
            store(world.targetTable, record(i, 2));
        }
        List<Range> upper = List.of(new Range(16, 30));
        Map<Bytes, StoredRecord> before = liveIn(world.targetTable, upper);

        world.start(1, SOURCE, LOWER_HALF, 0);
        world.run();

        assertEquals(before, liveIn(world.targetTable, upper));
        assertEquals(liveIn(world.sourceTable, LOWER_HALF), liveIn(world.targetTable, LOWER_HALF));
    }

    @Test
    void aRecordTheSourceSendsOutsideTheRangesIsNotTakenIn() {
        startAndSwallowTheFetch();
        StoredRecord outside = record(20, 1);
        answer(new Chunk(1, BoundedScan.END, List.of(new Stretch(0, -1, List.of(moved(outside)))), List.of(), 0));
        assertNull(world.targetTable.get(outside.key()));
    }

    @Test
    void aSourceThatDiesInMidMoveFailsItAndTheNextMoveIsCheapWhereThisOneHasBeen() {
        fillSource(40_000);
        world.start(1, SOURCE, EVERYTHING, 0);
        while (world.movedRecords < 20_000) {
            assertTrue(world.step());
        }
        world.killSource();

        MoveFailed failed = world.reportsOf(MoveFailed.class).get(0);
        assertEquals(1, failed.move());
        assertTrue(failed.reason().contains("127.0.0.1:8081"), failed.reason());
        assertFalse(world.target.active());

        world.movedRecords = 0;
        world.start(2, SOURCE, EVERYTHING, 0);
        world.run();
        assertEquals(contents(world.sourceTable), contents(world.targetTable));
        assertTrue(world.movedRecords < 21_000, world.movedRecords + " moved by the second move");
        assertEquals(2, onlyDone().move());
    }

    @Test
    void withoutASourceWhatIsOlderThanTheMoveIsErasedStepByStep() {
        for (int i = 0; i < 30_000; i++) {
            store(world.targetTable, record(i, i % 3 == 0 ? EPOCH : EPOCH - 1));
        }
        world.start(1, null, LOWER_HALF, 0);
        int steps = 0;
        while (world.step()) {
            steps++;
        }

        assertTrue(steps > 3, "all at once would hold up everything else");
        contents(world.targetTable)
                .values()
                .forEach(record ->
                        assertTrue(record.position() > 15 || record.version().epoch() == EPOCH));
        long outsideOrNew = 0;
        for (int i = 0; i < 30_000; i++) {
            outsideOrNew += i % 31 > 15 || i % 3 == 0 ? 1 : 0;
        }
        assertEquals(outsideOrNew, world.targetTable.keys());
        onlyDone();
        assertTrue(world.effects.connects.isEmpty());
    }

    @Test
    void aThrottledMoveTakesTheTimeItsSpeedAllowsAndReportsProgressAtMostEvery200Ms() {
        fillSource(20_000);
        world.start(1, SOURCE, EVERYTHING, 100_000);
        long startNs = world.nowNs;
        List<Long> progressAtNs = new ArrayList<>();
        while (world.reportsOf(MoveDone.class).isEmpty()) {
            int before = world.reportsOf(MoveProgress.class).size();
            assertTrue(world.runToNextTimer());
            for (int i = before; i < world.reportsOf(MoveProgress.class).size(); i++) {
                progressAtNs.add(world.nowNs);
            }
        }

        double seconds = (world.nowNs - startNs) / 1e9;
        double expected = onlyDone().bytes() / 100_000.0;
        assertTrue(seconds > expected * 0.8 && seconds <= expected * 1.1, seconds + " s instead of " + expected);
        assertTrue(progressAtNs.size() > 5);
        for (int i = 1; i < progressAtNs.size(); i++) {
            assertTrue(progressAtNs.get(i) - progressAtNs.get(i - 1) >= 200_000_000L);
        }
        List<Double> fractions = world.reportsOf(MoveProgress.class).stream()
                .map(MoveProgress::fraction)
                .toList();
        assertEquals(fractions.stream().sorted().toList(), fractions);
        assertTrue(fractions.get(0) > 0 && fractions.get(fractions.size() - 1) < 1);
    }

    @Test
    void aMoveRestsBetweenItsStepsWhileClientsAreAtWorkAtItsSourceAndEndsAllTheSame() {
        fillSource(20_000);
        world.start(1, SOURCE, EVERYTHING, 1L << 40);
        int rests = 0;
        while (world.target.active()) {
            world.nowNs += 1_000_000;
            world.requestsAtSource += 1_000;
            if (!world.step()) {
                rests++;
            }
        }

        assertEquals(contents(world.sourceTable), contents(world.targetTable));
        long fetches = world.movedBytes / Pace.BUSY_FETCH_BYTES;
        assertTrue(rests >= fetches * Pace.RESTS, rests + " ms of rest for " + fetches + " steps");
    }

    @Test
    void aMoveAsksForNoMoreWhileTheDiskIsBehind() {
        fillSource(20_000);
        world.start(1, SOURCE, EVERYTHING, 0);
        while (world.movedBytes == 0) {
            assertTrue(world.step());
        }
        world.diskIsBehind = true;
        world.run();
        long moved = world.movedBytes;
        for (int looks = 0; looks < 100; looks++) {
            assertTrue(world.runToNextTimer());
        }
        assertEquals(moved, world.movedBytes);
        assertTrue(world.target.active());

        world.diskIsBehind = false;
        while (world.target.active()) {
            assertTrue(world.runToNextTimer());
        }
        assertEquals(contents(world.sourceTable), contents(world.targetTable));
        assertEquals(1, world.reportsOf(MoveDone.class).size());
    }

    @Test
    void aRecordLargerThanAFetchMovesAndIsNotSentAgain() {
        Bytes large = Bytes.wrap(new byte[3 * 1024 * 1024]);
        for (int i = 0; i < 4; i++) {
            world.sourceTable.apply(1, Bytes.of("large-" + i), large, new Version(1, i));
        }
        world.start(1, SOURCE, EVERYTHING, 0);
        world.run();
        assertEquals(contents(world.sourceTable), contents(world.targetTable));

        world.movedBytes = 0;
        world.start(2, SOURCE, EVERYTHING, 0);
        world.run();
        assertEquals(0, world.movedBytes);
        assertEquals(2, world.reportsOf(MoveDone.class).size());
    }

    @Test
    void keysThatShareOneScanHashMoveTogether() {
        List<Bytes> keys = keysOfOneScanHash(100);
        for (int i = 0; i < keys.size(); i++) {
            world.sourceTable.apply(1, keys.get(i), Bytes.of("v"), new Version(1, i));
            if (i % 2 == 0) {
                world.targetTable.apply(1, keys.get(i), Bytes.of("v"), new Version(1, i));
            }
        }
        world.start(1, SOURCE, EVERYTHING, 0);
        world.run();
        assertEquals(100, world.targetTable.keys());
        assertEquals(100, onlyDone().keys());
    }

    @Test
    void severalMovesRunBesideEachOtherEachOnItsOwnLink() {
        fillSource(20_000);
        world.start(1, SOURCE, LOWER_HALF, 0);
        world.start(2, SOURCE, List.of(new Range(16, 30)), 0);
        assertTrue(world.step());
        assertTrue(world.step());
        assertEquals(2, world.openLinks.size());

        world.run();

        assertEquals(contents(world.sourceTable), contents(world.targetTable));
        assertEquals(2, world.reportsOf(MoveDone.class).size());
    }

    @Test
    void aCancelledMoveStopsAndClosesItsLink() {
        fillSource(20_000);
        world.start(1, SOURCE, EVERYTHING, 0);
        while (world.movedRecords == 0) {
            assertTrue(world.step());
        }
        assertTrue(world.target.on(COORDINATOR_LINK, new CancelMove(1), world.nowNs, world.effects));
        long before = world.targetTable.keys();
        world.run();

        assertEquals(before, world.targetTable.keys());
        assertTrue(world.openLinks.isEmpty());
        assertTrue(world.reports.isEmpty());
        assertTrue(world.effects.timers.isEmpty());
    }

    @Test
    void theLinkOfAMoveCancelledWhileConnectingServesAnotherOrIsClosed() {
        fillSource(100);
        world.start(1, SOURCE, EVERYTHING, 0);
        world.start(2, SOURCE, EVERYTHING, 0);
        world.target.on(COORDINATOR_LINK, new CancelMove(1), world.nowNs, world.effects);

        assertTrue(world.target.onLinkOpened(50, SOURCE, world.nowNs, world.effects));
        assertEquals(List.of(), world.effects.closed);
        assertTrue(world.target.onLinkOpened(51, SOURCE, world.nowNs, world.effects));
        assertEquals(List.of(51L), world.effects.closed);
        assertTrue(world.target.onLinkClosed(51, world.effects));
        assertFalse(world.target.onLinkOpened(52, SOURCE, world.nowNs, world.effects), "nobody asked for it");
        assertFalse(world.target.onLinkClosed(51, world.effects));
        assertTrue(world.target.active());
    }

    @Test
    void aMoveStartedAgainUnderItsNumberBeginsAgain() {
        fillSource(1_000);
        world.start(1, SOURCE, EVERYTHING, 0);
        assertTrue(world.step());
        world.start(1, SOURCE, EVERYTHING, 0);
        world.run();
        onlyDone();
        assertEquals(contents(world.sourceTable), contents(world.targetTable));
        assertTrue(world.openLinks.isEmpty());
    }

    @Test
    void aConnectionThatFailsFailsOneMoveAndTheOtherMayStillConnect() {
        world.start(1, SOURCE, EVERYTHING, 0);
        world.start(2, SOURCE, EVERYTHING, 0);
        assertTrue(world.target.onConnectFailed(SOURCE, true, world.effects));
        assertEquals(
                new MoveFailed(1, "127.0.0.1:8081 refuses connections"),
                world.effects.takeSent().get(0).message());
        assertTrue(world.target.onLinkOpened(50, SOURCE, world.nowNs, world.effects));
        assertTrue(world.target.active());
        assertFalse(world.target.onConnectFailed(SOURCE, true, world.effects));
    }

    @Test
    void aFailedConnectionOfACancelledMoveFailsNobodyElse() {
        world.start(1, SOURCE, EVERYTHING, 0);
        world.start(2, SOURCE, EVERYTHING, 0);
        world.target.on(COORDINATOR_LINK, new CancelMove(1), world.nowNs, world.effects);
        assertTrue(world.target.onConnectFailed(SOURCE, false, world.effects));
        assertEquals(List.of(), world.effects.takeSent());
        assertTrue(world.target.onConnectFailed(SOURCE, false, world.effects));
        assertEquals(
                new MoveFailed(2, "127.0.0.1:8081 does not answer"),
                world.effects.takeSent().get(0).message());
    }

    @Test
    void aSourceThatHasNotSeenTheEpochYetFailsTheMove() {
        world.sourceEpoch = EPOCH - 1;
        world.start(1, SOURCE, EVERYTHING, 0);
        world.run();
        MoveFailed failed = world.reportsOf(MoveFailed.class).get(0);
        assertTrue(failed.reason().contains("has not seen epoch 10 yet"), failed.reason());
        assertEquals(1, world.reports.size());
    }

    @Test
    void aSourceThatSaysNothingFailsTheMoveAfter15Seconds() {
        startAndSwallowTheFetch();
        long askedNs = world.nowNs;
        assertTrue(world.runToNextTimer());
        assertEquals(15 * SECOND_NS, world.nowNs - askedNs);
        assertTrue(world.reportsOf(MoveFailed.class).get(0).reason().contains("has not answered"));
        assertTrue(world.openLinks.isEmpty());
    }

    @Test
    void anAnswerToWhatWasNotAskedFailsTheMove() {
        startAndSwallowTheFetch();
        long middle = Long.MIN_VALUE;
        answer(new Chunk(1, middle, List.of(), List.of(), 0));
        answer(new Chunk(1, middle - 1, List.of(), List.of(), 0));
        world.run();
        assertEquals(1, world.reportsOf(MoveFailed.class).size(), "an answer that goes back");
    }

    @Test
    void aStretchBeyondItsChunkFailsTheMoveAndTouchesNothing() {
        store(world.targetTable, record(1, 1));
        startAndSwallowTheFetch();
        answer(new Chunk(1, 5, List.of(new Stretch(0, BoundedScan.END, List.of())), List.of(), 0));
        world.run();
        assertEquals(1, world.reportsOf(MoveFailed.class).size());
        assertEquals(1, world.targetTable.keys());
    }

    @Test
    void resetDropsEveryMoveWithoutAWord() {
        fillSource(20_000);
        world.start(1, SOURCE, EVERYTHING, 0);
        assertTrue(world.step());
        world.start(2, null, LOWER_HALF, 0);
        world.target.reset(world.effects);
        world.run();
        assertFalse(world.target.active());
        assertTrue(world.openLinks.isEmpty());
        assertTrue(world.reports.isEmpty());
        assertTrue(world.effects.timers.isEmpty());
    }

    /** Writes of the move's epoch reach both copies at different times while everything else is moved. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
    void bothCopiesHoldTheSameInTheEndWhateverIsWrittenMeanwhile(long seed) {
        Random random = new Random(seed);
        List<Range> ranges = List.of(new Range(3, 9), new Range(20, 27));
        for (int i = 0; i < 12_000; i++) {
            store(world.sourceTable, random.nextInt(8) == 0 ? tombstone(i, 5) : record(i, 1 + random.nextInt(8)));
            if (random.nextInt(3) > 0) {
                int other = random.nextInt(14_000);
                store(world.targetTable, random.nextInt(8) == 0 ? tombstone(other, 4) : record(other, 4));
            }
        }
        Map<Bytes, StoredRecord> outside = liveIn(world.targetTable, List.of(new Range(0, 2), new Range(10, 19)));

        world.start(1, SOURCE, ranges, 0);
        List<StoredRecord> onTheirWayToTheSource = new ArrayList<>();
        int written = 0;
        while (world.step()) {
            for (int i = 0; i < 50; i++) {
                int number = random.nextInt(14_000);
                StoredRecord base = random.nextBoolean() ? tombstone(number, EPOCH) : record(number, EPOCH);
                if (base.position() < 3 || base.position() > 9) {
                    continue;
                }
                StoredRecord write = new StoredRecord(
                        base.position(), base.key(), base.value(), new Version(EPOCH, 100_000 + written++));
                store(world.targetTable, write);
                onTheirWayToTheSource.add(write);
            }
            while (!onTheirWayToTheSource.isEmpty() && random.nextInt(4) > 0) {
                store(world.sourceTable, onTheirWayToTheSource.remove(0));
            }
        }
        onTheirWayToTheSource.forEach(write -> store(world.sourceTable, write));

        assertTrue(written > 0);
        onlyDone();
        assertEquals(liveIn(world.sourceTable, ranges), liveIn(world.targetTable, ranges));
        assertEquals(outside, liveIn(world.targetTable, List.of(new Range(0, 2), new Range(10, 19))));
    }

    private void fillSource(int records) {
        for (int i = 0; i < records; i++) {
            store(world.sourceTable, record(i, 1));
        }
    }

    private void copyAll() {
        contents(world.sourceTable).values().forEach(record -> store(world.targetTable, record));
    }

    private MoveDone onlyDone() {
        List<MoveDone> all = world.reportsOf(MoveDone.class);
        assertEquals(1, all.size());
        return all.get(0);
    }

    /** Move 1 has asked on link 100, and only the test will answer. */
    private void startAndSwallowTheFetch() {
        world.start(1, SOURCE, LOWER_HALF, 0);
        assertTrue(world.step());
        world.swallowWhatIsOnItsWayToTheSource();
    }

    private void answer(Chunk chunk) {
        world.target.on(world.openLinks.get(0), chunk, world.nowNs, world.effects);
        world.swallowWhatIsOnItsWayToTheSource();
    }

    /** Scan hashes are not keyed: the second of two words can make up for the first. */
    private static List<Bytes> keysOfOneScanHash(int count) {
        List<Bytes> keys = new ArrayList<>();
        for (long first = 1; first <= count; first++) {
            long z = 0x9E3779B97F4A7C15L ^ 16 ^ first;
            long a = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
            long b = (a ^ (a >>> 27)) * 0x94D049BB133111EBL;
            long second = 12345 ^ b ^ (b >>> 31);
            ByteBuffer key = ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN);
            keys.add(Bytes.wrap(key.putLong(first).putLong(second).array()));
        }
        assertEquals(1, keys.stream().map(RecordTable::scanHash).distinct().count());
        return keys;
    }

    private static StoredRecord moved(StoredRecord record) {
        return record;
    }
}
