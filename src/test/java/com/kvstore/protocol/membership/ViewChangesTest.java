package com.kvstore.protocol.membership;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.kvstore.common.ServerNode;
import com.kvstore.common.Table;
import com.kvstore.protocol.membership.Copy.Sync;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Servers 8081, 8082, 8083 have positions 1, 17, 2 on the classic ring; they get the ids 1, 2, 3. */
class ViewChangesTest {
    private static final List<Range> EVERYTHING = List.of(new Range(0, 30));
    private static final ServerNode S1 = server(8081);
    private static final ServerNode S2 = server(8082);
    private static final ServerNode S3 = server(8083);

    private static ServerNode server(int port) {
        return new ServerNode("127.0.0.1", port);
    }

    private static View empty() {
        return View.create(77, 31, 1);
    }

    private static View join(View view, ServerNode address) {
        return ViewChanges.join(view, address, 100 + view.nextMemberId(), false);
    }

    /** Announces and completes until nothing moves. */
    private static View filled(View view, Set<Integer> reachable) {
        View next = ViewChanges.announce(view, reachable);
        for (int id : view.members().keySet()) {
            next = ViewChanges.complete(next, id, EVERYTHING);
        }
        ViewInvariants.check(next);
        return next;
    }

    private static View whole(ServerNode... addresses) {
        View view = empty();
        for (ServerNode address : addresses) {
            view = join(view, address);
            view = filled(view, view.members().keySet());
        }
        assertTrue(view.whole());
        return view;
    }

    private static Sync syncOf(View view, int member, int position) {
        Copy copy = view.arcAt(position).copyOf(member);
        return copy == null ? null : copy.sync();
    }

    private static long lostArcs(View view) {
        return view.arcs().stream().filter(Arc::lost).count();
    }

    @Test
    void theFirstServerIsInSyncAtOnce() {
        View view = join(empty(), S1);
        ViewInvariants.check(view);
        assertTrue(view.whole());
        assertEquals(2, view.epoch());
        assertEquals(2, view.arcs().size());
        assertEquals(new Copy(1, Table.OWN, Sync.IN_SYNC), view.arcAt(0).copyOf(1));
    }

    @Test
    void theSecondServerHoldsNothingUntilItIsFilled() {
        View joined = join(whole(S1), S2);
        assertNull(joined.arcAt(5).copyOf(2));
        assertFalse(joined.whole());
        View announced = ViewChanges.announce(joined, Set.of(1, 2));
        assertEquals(new Copy(2, Table.OWN, Sync.SYNCING), announced.arcAt(5).copyOf(2));
        assertEquals(new Copy(2, Table.PREV, Sync.SYNCING), announced.arcAt(20).copyOf(2));
        View done = ViewChanges.complete(announced, 2, EVERYTHING);
        assertTrue(done.whole());
        assertEquals(joined.epoch() + 2, done.epoch());
    }

    @Test
    void aCopyThatChangesItsRoleChangesItsTableAtOnce() {
        View joined = join(whole(S1), S2);
        assertEquals(new Copy(1, Table.PREV, Sync.IN_SYNC), joined.arcAt(5).copyOf(1));
        assertEquals(new Copy(1, Table.OWN, Sync.IN_SYNC), joined.arcAt(20).copyOf(1));
    }

    @Test
    void anOldCopyStaysUntilTheNewOneIsInSync() {
        View announced = ViewChanges.announce(join(whole(S1, S2), S3), Set.of(1, 2, 3));
        // Position 2 was 8082's own and 8081's to replicate; 8083 takes it over.
        assertEquals(Sync.IN_SYNC, syncOf(announced, 2, 2));
        assertEquals(Sync.SYNCING, syncOf(announced, 3, 2));
        View done = ViewChanges.complete(announced, 3, EVERYTHING);
        assertNull(syncOf(done, 2, 2));
        assertTrue(done.whole());
    }

    @Test
    void aRangeThatCutsAnArcCompletesNothing() {
        View announced = ViewChanges.announce(join(whole(S1), S2), Set.of(1, 2));
        assertSame(announced, ViewChanges.complete(announced, 2, List.of(new Range(3, 17))));
        View done = ViewChanges.complete(announced, 2, List.of(new Range(2, 9), new Range(10, 17)));
        assertEquals(Sync.IN_SYNC, syncOf(done, 2, 5));
        assertEquals(Sync.SYNCING, syncOf(done, 2, 20));
    }

    @Test
    void aTakenPositionGivesTheNextFreeOneAndSurvivesARemoval() {
        View view = whole(S1, server(8086));
        assertEquals(server(8086), view.ring().successor(2).server());
        View without = ViewChanges.remove(view, 1);
        assertNotNull(without);
        assertEquals(server(8086), without.ring().successor(2).server());
        assertFalse(without.ring().isTaken(1));
    }

    @Test
    void aFullRingTakesNobodyIn() {
        View view = empty();
        for (int i = 0; i < 31; i++) {
            assertTrue(ViewChanges.canJoin(view, server(9000 + i)));
            view = join(view, server(9000 + i));
        }
        ViewInvariants.check(view);
        assertEquals(31, view.ring().servers());
        assertFalse(ViewChanges.canJoin(view, server(9031)));
        View full = view;
        String message = assertThrows(IllegalArgumentException.class, () -> join(full, server(9031)))
                .getMessage();
        assertTrue(message.contains("full"), message);
        assertTrue(filled(full, full.members().keySet()).whole());
    }

    @Test
    void withVirtualNodesAsManyPointsAsFitAreTaken() {
        View view = View.create(77, 31, 20);
        view = ViewChanges.join(view, S1, 1, false);
        view = ViewChanges.join(view, S2, 1, false);
        assertEquals(31, view.ring().size());
        assertEquals(2, view.ring().servers());
        assertFalse(ViewChanges.canJoin(view, S3));
        ViewInvariants.check(view);
    }

    @Test
    void anAddressThatIsAMemberCannotJoinAgain() {
        View view = whole(S1);
        assertFalse(ViewChanges.canJoin(view, S1));
        assertThrows(IllegalArgumentException.class, () -> join(view, S1));
    }

    @Test
    void aMemberThatFallsBehindIsStaleAndCatchesUp() {
        View view = ViewChanges.markStale(whole(S1, S2), Set.of(1));
        assertEquals(Sync.STALE, syncOf(view, 1, 5));
        assertEquals(Sync.IN_SYNC, syncOf(view, 2, 5));
        assertSame(view, ViewChanges.announce(view, Set.of(2)));
        View back = ViewChanges.announce(view, Set.of(1, 2));
        assertEquals(Sync.SYNCING, syncOf(back, 1, 5));
        assertTrue(ViewChanges.complete(back, 1, EVERYTHING).whole());
    }

    @Test
    void theLastCopyInSyncStaysSoAndTheMemberIsNotRemoved() {
        View view = ViewChanges.markStale(whole(S1, S2), Set.of(1));
        view = ViewChanges.markStale(view, Set.of(1, 2));
        assertEquals(Sync.IN_SYNC, syncOf(view, 2, 5));
        assertEquals(view.arcs().size(), ViewChanges.onlyCopies(view, 2));
        assertEquals(0, ViewChanges.onlyCopies(view, 1));
        assertNull(ViewChanges.remove(view, 2));
        View without = ViewChanges.remove(view, 1);
        assertNotNull(without);
        assertTrue(without.whole());
    }

    @Test
    void bothGoneAtOnceKeepBothCopiesInSync() {
        View view = ViewChanges.markStale(whole(S1, S2), Set.of(1, 2));
        assertEquals(2, view.arcAt(5).inSyncCopies());
    }

    @Test
    void aCopyIsNotBeingFilledWhileNobodyCanFillIt() {
        View view = ViewChanges.markStale(whole(S1, S2), Set.of(1));
        assertSame(view, ViewChanges.announce(view, Set.of(1)));
        View joined = ViewChanges.announce(join(view, S3), Set.of(1, 3));
        assertNull(syncOf(joined, 3, 10));
        assertEquals(Sync.SYNCING, syncOf(ViewChanges.announce(joined, Set.of(1, 2, 3)), 3, 10));
    }

    @Test
    void theSurvivorsOfAFailureRestoreTwoCopies() {
        View view = whole(S1, S2, S3);
        View without = ViewChanges.remove(ViewChanges.markStale(view, Set.of(2)), 2);
        assertNotNull(without);
        ViewInvariants.check(without);
        assertFalse(without.whole());
        assertTrue(filled(without, Set.of(1, 3)).whole());
    }

    @Test
    void aDrainedServerStaysUntilItsCopiesAreElsewhere() {
        View view = ViewChanges.drain(whole(S1, S2, S3), 2);
        ViewInvariants.check(view);
        assertTrue(view.members().get(2).leaving());
        View announced = ViewChanges.announce(view, Set.of(1, 2, 3));
        assertTrue(announced.members().containsKey(2));
        assertEquals(Sync.IN_SYNC, syncOf(announced, 2, 10));
        View done = filled(announced, Set.of(1, 2, 3));
        assertFalse(done.members().containsKey(2));
        assertTrue(done.whole());
    }

    @Test
    void aDrainedServerWhoseCopiesAreElsewhereAlreadyGoesAtOnce() {
        View view = ViewChanges.drain(whole(S1, S2), 2);
        View done = ViewChanges.announce(view, Set.of(1, 2));
        assertFalse(done.members().containsKey(2));
        assertTrue(done.whole());
    }

    @Test
    void onlyTheLatestDrainedServersAreRemembered() {
        View view = whole(S1, S2);
        for (int i = 1; i <= View.MAX_DRAINED + 3; i++) {
            View joined = ViewChanges.join(view, S3, 1_000 + i, false);
            view = ViewChanges.announce(
                    ViewChanges.drain(joined, joined.memberAt(S3).id()), Set.of(1, 2));
            assertNull(view.memberAt(S3));
        }
        assertEquals(View.MAX_DRAINED, view.drained().size());
        assertEquals(1_004, view.drained().get(0));
        assertEquals(1_003 + View.MAX_DRAINED, view.drained().get(View.MAX_DRAINED - 1));
        assertEquals(view.drained(), ViewChanges.newEpoch(view).drained());
        View forgotten = ViewChanges.forget(view, 2);
        assertFalse(forgotten.drained().contains(102L), "who was forgotten may come back");
    }

    @Test
    void theLastServerCannotBeDrained() {
        assertThrows(IllegalArgumentException.class, () -> ViewChanges.drain(whole(S1), 1));
        View leaving = ViewChanges.drain(whole(S1, S2), 2);
        assertThrows(IllegalArgumentException.class, () -> ViewChanges.drain(leaving, 1));
        assertThrows(IllegalArgumentException.class, () -> ViewChanges.drain(leaving, 2));
        assertThrows(IllegalArgumentException.class, () -> ViewChanges.drain(leaving, 9));
    }

    @Test
    void aLeavingServersDataOutlivesTheLastOneOnTheRing() {
        View joined = ViewChanges.announce(join(whole(S1), S2), Set.of(1, 2));
        View draining = ViewChanges.drain(joined, 1);
        View alone = ViewChanges.announce(ViewChanges.forget(draining, 2), Set.of(1));
        ViewInvariants.check(alone);
        assertEquals(0, alone.ring().size());
        assertEquals(Sync.IN_SYNC, syncOf(alone, 1, 5));
        View again = join(alone, S3);
        assertTrue(filled(again, Set.of(1, 3)).whole());
        assertEquals(0, lostArcs(again));
    }

    @Test
    void forgettingTheOnlyHolderLosesItsArcsAndOnlyThese() {
        View view = whole(S1, S2, S3);
        view = ViewChanges.markStale(view, Set.of(1));
        View forgotten = ViewChanges.forget(view, 2);
        ViewInvariants.check(forgotten);
        // 8081 and 8082 held position 25; 8082 and 8083 held 10.
        assertTrue(forgotten.arcAt(25).lost());
        assertEquals(Sync.STALE, syncOf(forgotten, 1, 25));
        assertFalse(forgotten.arcAt(10).lost());
    }

    @Test
    void aLostArcIsFilledWithNothingAndStaysLostUntilThatIsAccepted() {
        View view = ViewChanges.forget(ViewChanges.markStale(whole(S1, S2), Set.of(1)), 2);
        assertSame(view, ViewChanges.acceptLoss(view), "nobody could answer for it yet");
        View done = filled(view, Set.of(1));
        assertEquals(Sync.IN_SYNC, syncOf(done, 1, 5));
        assertTrue(done.arcAt(5).lost());
        assertFalse(done.whole());
        View accepted = ViewChanges.acceptLoss(done);
        assertTrue(accepted.whole());
        assertSame(accepted, ViewChanges.acceptLoss(accepted));
    }

    @Test
    void afterTheLastMemberIsForgottenANewOneCanJoin() {
        View view = ViewChanges.forget(whole(S1), 1);
        ViewInvariants.check(view);
        assertEquals(List.of(new Arc(0, 30, List.of(), true)), view.arcs());
        View joined = join(view, S2);
        assertNull(joined.arcAt(5).copyOf(2), "everything is lost: not a new store");
        View done = filled(joined, Set.of(2));
        assertEquals(Sync.IN_SYNC, syncOf(done, 2, 5));
        assertTrue(ViewChanges.acceptLoss(done).whole());
    }

    @Test
    void aServerThatComesBackEmptyKeepsItsPositionAndIsFilledAnew() {
        View view = ViewChanges.markStale(whole(S1, S2), Set.of(1));
        View back = ViewChanges.reincarnate(view, 1, 999, false);
        ViewInvariants.check(back);
        assertFalse(DataLoss.isNewStore(view, back));
        assertEquals(view.ring(), back.ring());
        assertFalse(back.members().containsKey(1));
        assertEquals(new Member(3, S1, 999, false, false), back.members().get(3));
        assertNull(back.arcAt(5).copyOf(3));
        assertTrue(filled(back, Set.of(2, 3)).whole());
    }

    @Test
    void theOnlyHolderComingBackEmptyLosesItsArcsWhileTheOtherOneIsStillThere() {
        View view = ViewChanges.markStale(whole(S1, S2), Set.of(1));
        View back = ViewChanges.reincarnate(view, 2, 999, false);
        ViewInvariants.check(back);
        assertFalse(DataLoss.isNewStore(view, back));
        assertEquals(back.arcs().size(), lostArcs(back));
        assertEquals(Sync.STALE, syncOf(back, 1, 5));
        View filled = filled(back, Set.of(1, 3));
        View again = ViewChanges.reincarnate(filled, 3, 1000, false);
        assertFalse(DataLoss.isNewStore(filled, again), "8081 was only cut off");
    }

    /** Seed 301204 of the simulator: what one of them still held was given up without a word. */
    @Test
    void aStoreIsNotNewWhileOneOfItsMembersMayHoldKeys() {
        View view = ViewChanges.markStale(whole(S1, S2), Set.of(1, 2));
        View first = ViewChanges.reincarnate(view, 1, 50, false);
        View empty = ViewChanges.reincarnate(first, 2, 51, false, Set.of(2));
        assertTrue(DataLoss.isNewStore(first, empty), "whoever is replaced does not count");
        View lost = ViewChanges.reincarnate(first, 2, 51, false, Set.of(2, 3));
        assertFalse(DataLoss.isNewStore(first, lost));
        assertTrue(lost.arcs().stream().allMatch(Arc::lost));
    }

    @Test
    void aStoreWhoseMembersAllComeBackEmptyIsNew() {
        View view = ViewChanges.markStale(whole(S1, S2, S3), Set.of(1, 2, 3));
        int[] order = {2, 1, 3};
        List<Integer> back = new ArrayList<>();
        for (int i = 0; i < order.length; i++) {
            View before = view;
            view = ViewChanges.reincarnate(view, order[i], 50 + i, false);
            ViewInvariants.check(view);
            assertEquals(i == 2, DataLoss.isNewStore(before, view));
            back.add(4 + i);
            view = filled(view, Set.copyOf(back));
        }
        assertTrue(view.whole());
    }

    @Test
    void theOneWithTheNewestDataMayComeBackFirst() {
        View view = ViewChanges.markStale(ViewChanges.markStale(whole(S1, S2), Set.of(1)), Set.of(1, 2));
        View first = filled(ViewChanges.reincarnate(view, 2, 50, false), Set.of(3));
        assertEquals(first.arcs().size(), lostArcs(first));
        View second = ViewChanges.reincarnate(first, 1, 51, false);
        assertTrue(DataLoss.isNewStore(first, second));
        assertEquals(0, lostArcs(second));
        assertEquals(Sync.IN_SYNC, syncOf(second, 3, 5), "what was put since then is kept");
        assertTrue(filled(second, Set.of(3, 4)).whole());
    }

    @Test
    void aSingleServerThatComesBackEmptyMakesANewStoreUnlessItWasDurable() {
        View memory = whole(S1);
        View back = ViewChanges.reincarnate(memory, 1, 50, false);
        assertTrue(DataLoss.isNewStore(memory, back));
        assertTrue(back.whole());
        View durable = ViewChanges.join(empty(), S1, 1, true);
        View wiped = ViewChanges.reincarnate(durable, 1, 50, true);
        assertFalse(DataLoss.isNewStore(durable, wiped));
        assertEquals(wiped.arcs().size(), lostArcs(wiped));
    }

    @Test
    void aHalfFilledCopyIsWhatRemainsOfALossNotOfANewStore() {
        View view = ViewChanges.announce(join(whole(S1), S2), Set.of(1, 2));
        View back = ViewChanges.reincarnate(view, 1, 50, false);
        assertFalse(DataLoss.isNewStore(view, back));
        assertEquals(back.arcs().size(), lostArcs(back));
    }

    @Test
    void aNewCoordinatorOnlyRaisesTheEpoch() {
        View view = whole(S1, S2);
        View next = ViewChanges.newEpoch(view);
        assertNotSame(view, next);
        assertEquals(view.epoch() + 1, next.epoch());
        assertEquals(view.arcs(), next.arcs());
        assertEquals(view.members(), next.members());
        assertEquals(view.nextMemberId(), next.nextMemberId());
    }

    @Test
    void nothingToAnnounceOrCompleteIsTheSameView() {
        View view = whole(S1, S2);
        assertSame(view, ViewChanges.announce(view, Set.of(1, 2)));
        assertSame(view, ViewChanges.complete(view, 1, EVERYTHING));
        assertSame(view, ViewChanges.acceptLoss(view));
    }

    @Test
    void anUnwantedCopyThatIsNotInSyncGoesAtOnce() {
        View view = whole(S1, S2);
        view = ViewChanges.markStale(view, Set.of(1));
        View joined = ViewChanges.announce(join(view, S3), Set.of(2, 3));
        // At 10 the ring wants 8082 and 8083; 8081's copy is stale.
        assertNull(syncOf(joined, 1, 10));
        assertEquals(Sync.STALE, syncOf(joined, 1, 25));
        // At 2 it wants 8083 and 8081, and 8082 is all there is.
        assertEquals(Sync.IN_SYNC, syncOf(joined, 2, 2));
    }

    @Test
    void aHalfFilledCopyIsStaleOnceItsOnlySourceIsForgotten() {
        View view = ViewChanges.announce(join(whole(S1), S2), Set.of(1, 2));
        assertEquals(Sync.SYNCING, syncOf(view, 2, 5));
        assertEquals(Sync.STALE, syncOf(ViewChanges.forget(view, 1), 2, 5));
    }

    @Test
    void aLateCompletionDoesNotBringAStaleCopyBackInSync() {
        View view = ViewChanges.markStale(ViewChanges.announce(join(whole(S1), S2), Set.of(1, 2)), Set.of(2));
        assertSame(view, ViewChanges.complete(view, 2, EVERYTHING));
        assertEquals(Sync.STALE, syncOf(view, 2, 5));
    }

    @Test
    void whatWasPutInALostArcIsNotPassedByWhileItsHolderIsAway() {
        View lost = ViewChanges.forget(ViewChanges.markStale(whole(S1, S2), Set.of(1)), 2);
        View view = join(filled(lost, Set.of(1)), S3);
        assertTrue(view.arcAt(5).lost());
        assertSame(view, ViewChanges.announce(view, Set.of(3)));
        assertEquals(Sync.SYNCING, syncOf(ViewChanges.announce(view, Set.of(1, 3)), 3, 5));
    }

    @Test
    void anOldCopyStaysUntilBothNewOnesAreInSync() {
        View view = ViewChanges.announce(join(join(whole(S1), S2), S3), Set.of(1, 2, 3));
        // At 10 the ring wants 8082 and 8083; 8081 has all there is.
        View half = ViewChanges.complete(view, 2, EVERYTHING);
        assertEquals(Sync.IN_SYNC, syncOf(half, 1, 10));
        View otherHalf = ViewChanges.complete(view, 3, EVERYTHING);
        assertEquals(Sync.IN_SYNC, syncOf(otherHalf, 1, 10));
        assertNull(syncOf(ViewChanges.complete(half, 3, EVERYTHING), 1, 10));
    }
}
