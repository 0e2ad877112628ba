package com.kvstore.protocol.twophase;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.kvstore.common.Bytes;
import com.kvstore.common.Condition;
import com.kvstore.common.ErrorCode;
import com.kvstore.common.Expiry;
import com.kvstore.common.Table;
import com.kvstore.common.Version;
import com.kvstore.protocol.membership.PreparedWrite;
import com.kvstore.protocol.membership.ViewChanges;
import com.kvstore.protocol.twophase.TwoPhaseMessage.Batch;
import com.kvstore.protocol.twophase.TwoPhaseMessage.BatchReply;
import com.kvstore.protocol.twophase.TwoPhaseMessage.Prepare;
import com.kvstore.protocol.twophase.TwoPhaseMessage.Read;
import com.kvstore.protocol.twophase.TwoPhaseMessage.ReadAnswer;
import com.kvstore.protocol.twophase.TwoPhaseMessage.Refusal;
import com.kvstore.storage.MemoryTable;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ParticipantTest {
    private static final int SELF = 1;
    private static final Bytes KEY = ClusterFixture.KEY;
    private static final Bytes ALICE = Bytes.of("alice");
    private static final Bytes BOB = Bytes.of("bob");
    private static final long NOW_MS = 1_000_000;

    private final ClusterFixture cluster = new ClusterFixture(2);
    private final MemoryTable table = new MemoryTable();
    private final Participant participant = new Participant(table, TransactionLog.NONE, 0);
    private long sequence;

    @Test
    void aYesVoteLocksItsKeysUntilTheOutcomeIsKnown() {
        assertEquals(List.of(), vote(put(1, KEY, ALICE)));

        Refusal refusal = onlyRefusal(vote(put(2, KEY, BOB)));
        assertEquals(version(2), refusal.transaction());
        assertEquals(ErrorCode.UNAVAILABLE, refusal.code());
        assertEquals("Not applied: an earlier write to 'username' is still in doubt. Try again", refusal.message());

        commit(1);
        assertEquals(List.of(), vote(put(3, KEY, BOB)));
        abort(3);
        assertEquals(List.of(), vote(put(4, KEY, BOB)));
    }

    @Test
    void whatIsPreparedOrAbortedIsNeverVisible() {
        vote(put(1, KEY, ALICE));
        assertNull(read(KEY).value());

        abort(1);
        assertNull(read(KEY).value());
        assertEquals(0, table.keys());
    }

    @Test
    void aBatchCommitsBeforeItPreparesAndReadsLast() {
        vote(put(1, KEY, ALICE));

        BatchReply reply = only(participant.on(
                batch(List.of(version(1)), List.of(), List.of(put(2, KEY, BOB)), List.of(new Read(Table.OWN, KEY))),
                cluster.view,
                SELF));

        assertEquals(List.of(), reply.refusals(), "the key was free again");
        assertEquals(List.of(new ReadAnswer(ALICE, Expiry.NO_DEADLINE, version(1))), reply.answers());
        assertEquals(1, reply.keys());
    }

    @Test
    void aRepeatedPrepareIsAnsweredAsTheFirstTime() {
        vote(put(1, KEY, ALICE));
        assertEquals(List.of(), vote(put(1, KEY, ALICE)), "still prepared");

        commit(1);
        assertEquals(List.of(), vote(put(1, KEY, ALICE)), "committed: it was a yes");
        assertEquals(List.of(), participant.inDoubt(), "and nothing is locked by it");

        vote(put(2, KEY, BOB));
        abort(2);
        assertEquals(
                "Not applied: the transaction was aborted",
                onlyRefusal(vote(put(2, KEY, BOB))).message());
        assertEquals(ALICE, read(KEY).value());
    }

    @Test
    void anAbortThatOvertakesItsPrepareKeepsItFromEverBeingHeld() {
        vote(put(5, Bytes.of("other"), ALICE));
        abort(3);

        assertEquals(
                ErrorCode.UNAVAILABLE, onlyRefusal(vote(put(3, KEY, ALICE))).code());
        assertEquals(
                List.of(version(5)),
                participant.inDoubt().stream().map(each -> each.transaction()).toList());
    }

    @Test
    void aCommitOfSomethingNeverPreparedOrCommittedTwiceChangesNothing() {
        commit(9);
        assertEquals(List.of(), participant.committed());

        vote(put(10, KEY, ALICE));
        commit(10);
        commit(10);
        assertEquals(List.of(version(10)), participant.committed());
    }

    @Test
    void toAbortWhatIsCommittedIsABreachOfTheProtocol() {
        vote(put(1, KEY, ALICE));
        commit(1);

        assertThrows(IllegalStateException.class, () -> abort(1));
    }

    @ParameterizedTest
    @EnumSource(names = {"EXISTS", "VERSION", "VALUE"})
    void aWriteThatNeedsAValueIsRefusedWhereThereIsNone(Condition.Kind kind) {
        Refusal refusal = onlyRefusal(vote(put(1, KEY, BOB, condition(kind))));

        assertEquals(kind == Condition.Kind.EXISTS ? ErrorCode.NOT_FOUND : ErrorCode.CONFLICT, refusal.code());
        assertTrue(refusal.message().contains("username"), refusal.message());
        assertEquals(List.of(), participant.inDoubt(), "what is refused is not held");
    }

    @ParameterizedTest
    @EnumSource(names = {"EXISTS", "VERSION", "VALUE"})
    void aWriteThatNeedsTheValueThatIsThereIsPrepared(Condition.Kind kind) {
        store(1, KEY, ALICE);

        assertEquals(List.of(), vote(put(2, KEY, BOB, condition(kind))));
    }

    @Test
    void aWriteThatNeedsAbsenceIsRefusedWhereThereIsAValue() {
        store(1, KEY, ALICE);

        Refusal refusal = onlyRefusal(vote(put(2, KEY, BOB, Condition.ABSENT)));

        assertEquals(ErrorCode.CONFLICT, refusal.code());
        assertEquals("Not applied: 'username' is there already", refusal.message());
    }

    @Test
    void aValueWhoseDeadlineHasPassedCountsAsAbsentByTheCoordinatorsClock() {
        table.apply(cluster.view.positionOf(KEY), KEY, ALICE, NOW_MS, version(1));

        assertEquals(
                ErrorCode.NOT_FOUND,
                onlyRefusal(vote(put(2, KEY, BOB, Condition.EXISTS))).code());
        assertEquals(List.of(), vote(put(3, KEY, BOB, Condition.ABSENT)));
    }

    @Test
    void oneRefusedWriteRefusesTheWholeTransactionAndLocksNothing() {
        Bytes other = Bytes.of("other");
        Prepare both = new Prepare(
                version(1),
                List.of(1, 2),
                List.of(write(other, ALICE, Condition.NONE), write(KEY, ALICE, Condition.EXISTS)),
                List.of());

        assertEquals(ErrorCode.NOT_FOUND, onlyRefusal(vote(both)).code());
        assertEquals(List.of(), vote(put(2, other, BOB)));
    }

    @Test
    void anOutcomeIsKeptUntilTheCoordinatorCallsItSettled() {
        store(1, KEY, ALICE);
        store(2, KEY, BOB);
        assertEquals(List.of(version(1), version(2)), participant.committed());

        settle(2, true);

        assertEquals(List.of(version(2)), participant.committed());
    }

    @Test
    void outcomesFromBeforeTheCoordinatorsLifeStayUntilThoseToAreSettled() {
        store(1, KEY, ALICE);
        participant.newCoordinator(cluster.view.epoch() + 1);

        settle(1_000, false);
        assertEquals(List.of(version(1)), participant.committed());

        settle(1_000, true);
        assertEquals(List.of(), participant.committed());
    }

    @Test
    void aTombstoneIsDroppedOnceItsDeleteIsSettledAndEveryCopyIsInSync() {
        store(1, KEY, ALICE);
        store(2, KEY, null);
        assertEquals(1, table.tombstones());

        settle(2, true);
        assertEquals(1, table.tombstones(), "the delete itself is not settled yet");

        cluster.markStale(Set.of(2));
        settle(3, true);
        assertEquals(1, table.tombstones(), "a copy is missing: it could bring the value back");

        cluster.view = new ClusterFixture(2).view;
        settle(3, true);
        assertEquals(0, table.tombstones());
    }

    @Test
    void aTombstoneThatWasOverwrittenIsNotTheOneThatIsDropped() {
        store(1, KEY, null);
        store(2, KEY, ALICE);

        settle(9, true);

        assertEquals(ALICE, read(KEY).value());
    }

    @Test
    void aKeyThatHasLeftThisSlaveInANewerViewIsNotApplied() {
        vote(put(1, KEY, ALICE));
        Version prepared = version(1);
        cluster.view = ViewChanges.forget(cluster.view, SELF);

        participant.on(batch(List.of(prepared), List.of(), List.of(), List.of()), cluster.view, SELF);

        assertEquals(0, table.keys(), "it would be an orphan");
        assertEquals(List.of(prepared), participant.committed());
    }

    @Test
    void answersComeInPartsOfBoundedSizeInTheOrderOfTheReads() {
        Bytes large = Bytes.wrap(new byte[700_000]);
        for (int i = 0; i < 4; i++) {
            store(i + 1, Bytes.of("k" + i), large);
        }
        List<Read> reads = List.of(read("k0"), read("k1"), read("k2"), read("absent"), read("k3"));

        List<BatchReply> parts = participant.on(batch(List.of(), List.of(), List.of(), reads), cluster.view, SELF);

        assertEquals(
                List.of(2, 3), parts.stream().map(part -> part.answers().size()).toList());
        assertEquals(List.of(false, true), parts.stream().map(BatchReply::last).toList());
        assertEquals(Version.ZERO, parts.get(1).answers().get(1).version());
    }

    @Test
    void whatIsInDoubtIsListedWithItsConditionsButWithoutItsValues() {
        store(1, KEY, ALICE);
        vote(put(2, KEY, BOB, Condition.EXISTS));

        PreparedWrite listed = only(only(participant.inDoubt()).writes());

        assertNull(listed.value());
        assertEquals(KEY, listed.key());
        assertEquals(Condition.EXISTS, listed.condition());
    }

    @Test
    void expiredValuesAreNamedByTheirOwnerOnly() {
        Bytes own = cluster.keyOwnedBy(1);
        Bytes replicated = cluster.keyOwnedBy(2);
        for (Bytes key : List.of(own, replicated)) {
            table.apply(cluster.view.positionOf(key), key, ALICE, NOW_MS - 1, version(1));
        }

        BatchReply reply = only(participant.on(batch(List.of(), List.of(), List.of(), List.of()), cluster.view, SELF));

        assertEquals(List.of(new TwoPhaseMessage.Expired(own, version(1))), reply.expired());
        assertNotNull(table.get(replicated));
    }

    private Condition condition(Condition.Kind kind) {
        return switch (kind) {
            case EXISTS -> Condition.EXISTS;
            case VERSION -> Condition.versionIs(version(1));
            case VALUE -> Condition.valueIs(ALICE);
            default -> throw new IllegalArgumentException(kind.name());
        };
    }

    private void store(long counter, Bytes key, @Nullable Bytes value) {
        assertEquals(
                List.of(),
                vote(new Prepare(
                        version(counter), List.of(1, 2), List.of(write(key, value, Condition.NONE)), List.of())));
        commit(counter);
    }

    private Prepare put(long counter, Bytes key, Bytes value) {
        return put(counter, key, value, Condition.NONE);
    }

    private Prepare put(long counter, Bytes key, Bytes value, Condition condition) {
        return new Prepare(version(counter), List.of(1, 2), List.of(write(key, value, condition)), List.of());
    }

    private PreparedWrite write(Bytes key, @Nullable Bytes value, Condition condition) {
        return new PreparedWrite(Table.OWN, cluster.view.positionOf(key), key, value, condition);
    }

    private static Read read(String key) {
        return new Read(Table.OWN, Bytes.of(key));
    }

    private Version version(long counter) {
        return new Version(1, counter);
    }

    private List<Refusal> vote(Prepare prepare) {
        return only(participant.on(batch(List.of(), List.of(), List.of(prepare), List.of()), cluster.view, SELF))
                .refusals();
    }

    private ReadAnswer read(Bytes key) {
        List<Read> reads = List.of(new Read(Table.OWN, key));
        return only(only(participant.on(batch(List.of(), List.of(), List.of(), reads), cluster.view, SELF))
                .answers());
    }

    private void commit(long counter) {
        participant.on(batch(List.of(version(counter)), List.of(), List.of(), List.of()), cluster.view, SELF);
    }

    private void abort(long counter) {
        participant.on(batch(List.of(), List.of(version(counter)), List.of(), List.of()), cluster.view, SELF);
    }

    private void settle(long below, boolean priorToo) {
        Batch batch =
                new Batch(++sequence, 7, version(below), priorToo, NOW_MS, List.of(), List.of(), List.of(), List.of());
        participant.on(batch, cluster.view, SELF);
    }

    private Batch batch(List<Version> commits, List<Version> aborts, List<Prepare> prepares, List<Read> reads) {
        return new Batch(++sequence, 7, Version.ZERO, false, NOW_MS, commits, aborts, prepares, reads);
    }

    private static Refusal onlyRefusal(List<Refusal> refusals) {
        return only(refusals);
    }

    private static <T> T only(List<T> list) {
        assertEquals(1, list.size(), list.toString());
        return list.get(0);
    }
}
