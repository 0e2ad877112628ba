package com.kvstore.protocol.twophase;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.kvstore.common.Bytes;
import com.kvstore.common.Condition;
import com.kvstore.common.ErrorCode;
import com.kvstore.common.Expiry;
import com.kvstore.common.Result;
import com.kvstore.common.Table;
import com.kvstore.common.Write;
import com.kvstore.protocol.membership.Liveness;
import com.kvstore.protocol.membership.ViewChanges;
import com.kvstore.protocol.twophase.TwoPhaseMessage.Prepare;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class AttemptBuilderTest {
    private static final Bytes KEY = ClusterFixture.KEY;
    private static final Bytes VALUE = Bytes.of("alice");

    private final ClusterFixture cluster = new ClusterFixture(3);
    private final AttemptBuilder builder = new AttemptBuilder(cluster, 1);

    @Test
    void aPutPreparesTheOwnersOwnTableAndTheReplicasPrevTable() {
        Attempt attempt = built(Write.put(KEY, VALUE));

        assertEquals(2, attempt.copies);
        for (int i = 0; i < 2; i++) {
            int member = attempt.participants[i];
            Table expected = member == cluster.owner(KEY) ? Table.OWN : Table.PREV;
            assertEquals(expected, attempt.prepares[i].writes().get(0).table());
            assertEquals(List.of(attempt.participants[0], attempt.participants[1]), attempt.prepares[i].participants());
        }
        assertEquals(
                Set.of(cluster.owner(KEY), cluster.replica(KEY)),
                Set.of(attempt.participants[0], attempt.participants[1]));
        assertTrue(attempt.participants[0] < attempt.participants[1], "ascending");
    }

    @Test
    void everyAttemptHasANewerVersionThanTheOneBefore() {
        Attempt first = built(Write.put(KEY, VALUE));
        Attempt second = built(Write.put(KEY, VALUE));
        cluster.view = ViewChanges.newEpoch(cluster.view);
        Attempt third = built(Write.put(KEY, VALUE));

        assertTrue(second.version.isNewerThan(first.version));
        assertTrue(third.version.isNewerThan(second.version));
        assertTrue(builder.nextVersion().isNewerThan(third.version));
    }

    @Test
    void aTransactionNamesToEachParticipantThePositionsItHasNoCopyOf() {
        Bytes first = cluster.keyOwnedBy(1);
        Bytes second = cluster.keyOwnedBy(2);
        Bytes third = cluster.keyOwnedBy(3);

        Attempt attempt = built(Write.put(first, VALUE), Write.put(second, VALUE), Write.put(third, VALUE));

        assertArrayEquals(new int[] {1, 2, 3}, attempt.participants);
        for (Prepare prepare : attempt.prepares) {
            TreeSet<Integer> positions = new TreeSet<>(prepare.elsewhere());
            prepare.writes()
                    .forEach(write -> assertTrue(positions.add(write.position()), "a position here and elsewhere"));
            assertEquals(2, prepare.writes().size());
            assertEquals(3, positions.size());
        }
    }

    @Test
    void aCopyThatIsBeingFilledPreparesWithoutAConditionBecauseItCannotKnow() {
        cluster.markStale(Set.of(cluster.replica(KEY)));
        cluster.view = ViewChanges.announce(cluster.view, cluster.view.members().keySet());

        Attempt attempt = built(Write.update(KEY, VALUE));

        assertEquals(1, attempt.copies, "only copies in sync count");
        for (int i = 0; i < attempt.participants.length; i++) {
            Condition expected = attempt.participants[i] == cluster.owner(KEY) ? Condition.EXISTS : Condition.NONE;
            assertEquals(expected, attempt.prepares[i].writes().get(0).condition());
        }
    }

    @Test
    void aDeadlineTravelsWithTheWrite() {
        Write write = new Write(KEY, VALUE, Expiry.ofDeadline(77), Condition.NONE);

        assertEquals(77, built(write).prepares[0].writes().get(0).deadlineMs());
        assertEquals(
                77,
                built(write, Write.put(Bytes.of("z"), VALUE)).prepares[0].writes().stream()
                        .filter(each -> each.key().equals(KEY))
                        .findFirst()
                        .map(each -> each.deadlineMs())
                        .orElse(77L));
    }

    @Test
    void aWriteWaitsForALinkThatIsBeingOpened() {
        cluster.liveness.put(cluster.replica(KEY), Liveness.CONNECTING);

        AttemptBuilder.Outcome outcome = build(Write.put(KEY, VALUE));

        assertNull(outcome.attempt());
        assertNull(outcome.failure());
        assertFalse(outcome.staleWanted());
    }

    @Test
    void aWriteWaitsForACopyThatIsDownToLoseSync() {
        cluster.liveness.put(cluster.replica(KEY), Liveness.DOWN);

        assertTrue(build(Write.put(KEY, VALUE)).staleWanted());

        cluster.markStale(Set.of(cluster.replica(KEY)));
        Attempt attempt = built(Write.put(KEY, VALUE));
        assertArrayEquals(new int[] {cluster.owner(KEY)}, attempt.participants);
        Result.Ack ack = (Result.Ack) builder.ack(attempt);
        assertEquals(1, ack.copies());
        assertEquals("is down", ack.note());
        assertEquals(1, ack.missing().size());
    }

    @Test
    void anAnswerOfOneCopySaysThatTheOtherIsCatchingUpOrThatThereIsNone() {
        cluster.markStale(Set.of(cluster.replica(KEY)));
        assertEquals("is catching up", ((Result.Ack) builder.ack(built(Write.put(KEY, VALUE)))).note());

        ClusterFixture alone = new ClusterFixture(1);
        AttemptBuilder single = new AttemptBuilder(alone, 1);
        Attempt attempt = single.build(new Transaction(List.of(Write.put(KEY, VALUE)), alone.view))
                .attempt();
        assertNotNull(attempt);
        assertEquals(new Result.Ack(1, List.of(), "there is no second server"), single.ack(attempt));
    }

    @Test
    void theOnlyCopyInSyncDownMeansThatNothingIsAppliedAndSaysWhomToStart() {
        cluster.markStale(Set.of(cluster.replica(KEY)));
        cluster.liveness.put(cluster.owner(KEY), Liveness.DOWN);

        Result.Failure failure = failure(Write.put(KEY, VALUE));

        assertEquals(ErrorCode.UNAVAILABLE, failure.code());
        assertTrue(
                failure.message().startsWith("Not applied: member " + cluster.owner(KEY) + " is down"),
                failure.message());
    }

    @Test
    void fewerCopiesThanAskedForIsARefusalThatSaysSo() {
        cluster.markStale(Set.of(cluster.replica(KEY)));
        AttemptBuilder strict = new AttemptBuilder(cluster, 2);

        AttemptBuilder.Outcome outcome = strict.build(new Transaction(List.of(Write.put(KEY, VALUE)), cluster.view));

        assertNotNull(outcome.failure());
        assertEquals(
                "Not applied: only 1 in-sync copy can be written, and --min-copies is 2",
                outcome.failure().message());
    }

    @Test
    void withoutAnyNodeTheAnswerTellsHowToStartOne() {
        ClusterFixture empty = new ClusterFixture(0);
        AttemptBuilder.Outcome outcome =
                new AttemptBuilder(empty, 1).build(new Transaction(List.of(Write.put(KEY, VALUE)), empty.view));

        assertNotNull(outcome.failure());
        assertEquals(ErrorCode.NO_NODES, outcome.failure().code());
    }

    @Test
    void whereBothCopiesAreLostAPutIsTakenButNobodyIsToldThatAKeyIsAbsent() {
        ClusterFixture lost = new ClusterFixture(1);
        lost.view = ViewChanges.forget(lost.view, 1);
        lost.view = ClusterFixture.joined(lost.view, 8090);
        assertTrue(lost.arc(KEY).lost());
        AttemptBuilder afterLoss = new AttemptBuilder(lost, 1);

        AttemptBuilder.Outcome put = afterLoss.build(new Transaction(List.of(Write.put(KEY, VALUE)), lost.view));
        assertNotNull(put.attempt());
        AttemptBuilder.Outcome putIfAbsent =
                afterLoss.build(new Transaction(List.of(new Write(KEY, VALUE, Condition.ABSENT)), lost.view));
        assertNotNull(putIfAbsent.failure());
        assertEquals(ErrorCode.LOST, putIfAbsent.failure().code());

        Attempt update = afterLoss
                .build(new Transaction(List.of(Write.update(KEY, VALUE)), lost.view))
                .attempt();
        assertNotNull(update);
        Result refused = afterLoss.refused(update, ErrorCode.NOT_FOUND, "Key not found: username");
        assertEquals(ErrorCode.LOST, ((Result.Failure) refused).code());
    }

    private AttemptBuilder.Outcome build(Write... writes) {
        return builder.build(new Transaction(List.of(writes), cluster.view));
    }

    private Attempt built(Write... writes) {
        Attempt attempt = build(writes).attempt();
        assertNotNull(attempt);
        return attempt;
    }

    private Result.Failure failure(Write... writes) {
        Result.Failure failure = build(writes).failure();
        assertNotNull(failure);
        return failure;
    }
}
