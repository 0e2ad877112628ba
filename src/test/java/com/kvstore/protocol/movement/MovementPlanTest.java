package com.kvstore.protocol.movement;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.kvstore.common.ServerNode;
import com.kvstore.common.Table;
import com.kvstore.protocol.membership.Arc;
import com.kvstore.protocol.membership.Copy;
import com.kvstore.protocol.membership.Placement;
import com.kvstore.protocol.membership.Placements;
import com.kvstore.protocol.membership.Range;
import com.kvstore.protocol.membership.View;
import com.kvstore.protocol.membership.ViewChanges;
import com.kvstore.protocol.membership.ViewInvariants;
import com.kvstore.protocol.movement.MovementPlan.Move;
import com.kvstore.protocol.movement.MovementPlan.Step;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Servers 8081, 8082, 8083 have positions 1, 17, 2 on the classic ring; they get the ids 1, 2, 3. */
class MovementPlanTest {
    private static final ServerNode S1 = server(8081);
    private static final ServerNode S2 = server(8082);
    private static final ServerNode S3 = server(8083);

    private static ServerNode server(int port) {
        return new ServerNode("127.0.0.1", port);
    }

    /** Carries out all moves until there are none. */
    private static View moved(View view) {
        View next = ViewChanges.announce(view, view.members().keySet());
        List<Move> moves = MovementPlan.of(next);
        while (!moves.isEmpty()) {
            for (Move move : moves) {
                next = ViewChanges.complete(next, move.target(), move.ranges());
            }
            next = ViewChanges.announce(next, next.members().keySet());
            moves = MovementPlan.of(next);
        }
        ViewInvariants.check(next);
        return next;
    }

    private static View whole(int ringSize, int points, ServerNode... addresses) {
        View view = View.create(77, ringSize, points);
        for (ServerNode address : addresses) {
            view = moved(ViewChanges.join(view, address, 1, false));
        }
        assertTrue(view.whole());
        return view;
    }

    private static View classic(ServerNode... addresses) {
        return whole(31, 1, addresses);
    }

    private static View announcedJoin(View view, ServerNode address) {
        View joined = ViewChanges.join(view, address, 1, false);
        return ViewChanges.announce(joined, joined.members().keySet());
    }

    @Test
    void aWholeStoreHasNothingToMove() {
        assertEquals(List.of(), MovementPlan.of(classic(S1, S2, S3)));
    }

    @Test
    void theSecondServerFetchesEverythingInOneMove() {
        View view = announcedJoin(classic(S1), S2);
        assertEquals(List.of(new Move(2, 1, List.of(new Range(0, 30)))), MovementPlan.of(view));
    }

    @Test
    void theOwnerIsThePreferredSource() {
        View view = announcedJoin(classic(S1, S2), S3);
        // 8083 becomes owner of 2, so far 8082's, and replica of 3 to 17, whose owner 8082 stays.
        assertEquals(List.of(new Move(3, 2, List.of(new Range(2, 17)))), MovementPlan.of(view));
    }

    @Test
    void aReplicaFeedsWhenTheOwnerIsOutOfReach() {
        View view = announcedJoin(classic(S1, S2), S3);
        assertEquals(List.of(new Move(3, 1, List.of(new Range(2, 17)))), MovementPlan.of(view, Set.of(1, 3)));
    }

    @Test
    void anArcWhoseHoldersAreOutOfReachIsLeftOut() {
        View view = announcedJoin(classic(S1, S2), S3);
        assertEquals(List.of(), MovementPlan.of(view, Set.of(3)));
    }

    @Test
    void aLostArcIsFilledFromNobody() {
        View lost = ViewChanges.forget(classic(S1), 1);
        View view = announcedJoin(lost, S2);
        assertEquals(List.of(new Move(2, null, List.of(new Range(0, 30)))), MovementPlan.of(view));
        View done = ViewChanges.complete(view, 2, List.of(new Range(0, 30)));
        View second = announcedJoin(done, S1);
        assertEquals(List.of(new Move(3, 2, List.of(new Range(0, 30)))), MovementPlan.of(second));
    }

    @Test
    void aLostArcThatHasACopyAgainIsNotFilledFromNobody() {
        View lost = moved(ViewChanges.join(ViewChanges.forget(classic(S1), 1), S2, 1, false));
        View view = announcedJoin(lost, S1);
        assertEquals(List.of(), MovementPlan.of(view, Set.of(3)));
        assertEquals(1, MovementPlan.of(view, Set.of(2, 3)).size());
    }

    @Test
    void afterAFailureTheSurvivorsFeedEachOther() {
        View without = ViewChanges.remove(classic(S1, S2, S3), 2);
        View view = ViewChanges.announce(without, Set.of(1, 3));
        // 8082 shared 18 to 1 with 8081 and 3 to 17 with 8083.
        List<Move> expected = List.of(
                new Move(3, 1, List.of(new Range(0, 1), new Range(18, 30))), new Move(1, 3, List.of(new Range(3, 17))));
        assertEquals(expected, MovementPlan.of(view));
        assertTrue(moved(without).whole());
    }

    @Test
    void thePlanOfAJoinIsWhatTheJoinMoves() {
        View view = classic(S1, S2);
        List<Step> steps = MovementPlan.preview(view, true, S3);
        List<Step> expected =
                List.of(new Step(new Range(2, 2), S2, S3, Table.OWN), new Step(new Range(3, 17), S2, S3, Table.PREV));
        assertEquals(expected, steps);
    }

    @Test
    void thePlanOfARemovalIsWhatTheSurvivorsLack() {
        View view = classic(S1, S2, S3);
        List<Step> steps = MovementPlan.preview(view, false, S2);
        assertEquals(List.of(new Range(0, 1), new Range(3, 17), new Range(18, 30)), ranges(steps));
        assertEquals(Set.of(S1, S3), Set.copyOf(steps.stream().map(Step::to).toList()));
        assertEquals(3, view.members().size());
    }

    @Test
    void aPlanLeavesOutWhatIsUnderWayAlready() {
        View view = ViewChanges.markStale(classic(S1, S2), Set.of(1));
        List<Step> steps = MovementPlan.preview(view, true, S3);
        assertEquals(List.of(new Range(2, 2), new Range(3, 17)), ranges(steps));
    }

    @Test
    void aChangeThatCannotBeMadeCannotBePlanned() {
        View view = classic(S1);
        assertThrows(IllegalArgumentException.class, () -> MovementPlan.preview(view, true, S1));
        assertThrows(IllegalArgumentException.class, () -> MovementPlan.preview(view, false, S1));
        assertThrows(IllegalArgumentException.class, () -> MovementPlan.preview(view, false, S2));
    }

    private static List<Range> ranges(List<Step> steps) {
        return steps.stream().map(Step::range).toList();
    }

    @Test
    void aJoinMovesKeysOnlyToTheNewcomerAndOnlyThoseItTakesOver() {
        ServerNode[] addresses = new ServerNode[10];
        for (int i = 0; i < addresses.length; i++) {
            addresses[i] = new ServerNode("10.0.0." + i, 8081);
        }
        View before = whole(Integer.MAX_VALUE, 256, addresses);
        View announced = announcedJoin(before, new ServerNode("10.0.0.99", 8081));
        int newcomer = 11;
        Placements wanted = Placements.of(announced);
        List<Range> moving = new ArrayList<>();
        for (Move move : MovementPlan.of(announced)) {
            assertEquals(newcomer, move.target());
            assertTrue(move.source() != null && move.source() != newcomer);
            moving.addAll(move.ranges());
        }
        moving.sort((a, b) -> Integer.compare(a.start(), b.start()));
        long movingPositions =
                moving.stream().mapToLong(r -> (long) r.end() - r.start() + 1).sum();
        long takenOver = announced.arcs().stream()
                .filter(arc -> wanted.at(arc.end()).wants(newcomer))
                .mapToLong(arc -> (long) arc.end() - arc.start() + 1)
                .sum();
        assertEquals(takenOver, movingPositions);
        assertTrue(takenOver < 2L * Integer.MAX_VALUE / 8, "about two elevenths: " + takenOver);
        View after = moved(announced);
        assertTrue(after.whole());
        for (Arc arc : after.arcs()) {
            Set<Integer> holders = holders(arc);
            holders.remove(newcomer);
            assertTrue(holders(before.arcAt(arc.end())).containsAll(holders), "no key moves between old servers");
        }
    }

    private static Set<Integer> holders(Arc arc) {
        Set<Integer> holders = new TreeSet<>();
        for (Copy copy : arc.copies()) {
            holders.add(copy.member());
        }
        return holders;
    }

    @Test
    void everyWalkOfJoinsAndDepartureEndsWhole() {
        for (int seed = 0; seed < 40; seed++) {
            Random random = new Random(seed);
            View view = View.create(77, 31, 1 + seed % 3);
            for (int i = 0; i < 60; i++) {
                view = changed(view, random);
                // Often the next change comes before the last one's moves are done.
                view = random.nextBoolean()
                        ? moved(view)
                        : ViewChanges.announce(view, view.members().keySet());
                ViewInvariants.check(view);
            }
            View end = moved(view);
            assertTrue(end.whole(), () -> "whole: " + end);
            checkPlacement(end);
        }
    }

    private static View changed(View view, Random random) {
        ServerNode address = server(9000 + random.nextInt(7));
        if (view.memberAt(address) == null) {
            return ViewChanges.canJoin(view, address) ? ViewChanges.join(view, address, 1, false) : view;
        }
        int id = view.memberAt(address).id();
        if (view.ring().servers() < 2 || view.memberAt(address).leaving()) {
            return view;
        }
        if (random.nextBoolean()) {
            return ViewChanges.drain(view, id);
        }
        View without = ViewChanges.remove(view, id);
        return without == null ? view : without;
    }

    private static void checkPlacement(View view) {
        Placements placements = Placements.of(view);
        for (Arc arc : view.arcs()) {
            Placement wanted = placements.at(arc.start());
            assertFalse(arc.copies().isEmpty() && !view.members().isEmpty());
            for (Copy copy : arc.copies()) {
                assertEquals(wanted.tableOf(copy.member()), copy.table());
            }
        }
    }
}
