package com.kvstore.protocol.totalorder;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.kvstore.protocol.totalorder.TotalOrderMessage.Entry;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class LaneTest {
    private static List<Entry> entries(int from, int to) {
        List<Entry> entries = new ArrayList<>();
        for (int counter = from; counter <= to; counter++) {
            entries.add(new Entry(counter, 0, List.of()));
        }
        return entries;
    }

    private static Lane laneWith(int entries) {
        Lane lane = new Lane(Lane.name(0, 1), 1, 0);
        lane.take(1, entries(1, entries));
        return lane;
    }

    @Test
    void entriesBehindAGapAreNotTaken() {
        Lane lane = laneWith(2);
        lane.take(4, entries(4, 5));
        assertEquals(2, lane.known());

        lane.take(2, entries(2, 5));
        assertEquals(5, lane.known());
    }

    @Test
    void aPromiseFreezesTheVoteButNotWhatIsKnown() {
        Lane lane = laneWith(2);
        lane.promise(33);
        lane.take(3, entries(3, 4));

        assertEquals(4, lane.known());
        assertEquals(2, lane.vote());
        assertEquals(2, lane.voteForBallot());
    }

    @Test
    void aVoteRecoveredUnderAPromiseCountsForBallotsOnly() {
        Lane lane = laneWith(3);
        lane.recoverVote(33, 3);

        assertEquals(0, lane.vote());
        assertEquals(3, lane.voteForBallot());
    }

    @Test
    void anEndCutsOffWhatIsBehindItAndKeepsOutWhatComesLater() {
        Lane lane = laneWith(4);
        lane.seal(2);
        lane.take(3, entries(3, 4));

        assertEquals(2, lane.known());
        assertFalse(lane.isDone());
        lane.delivered = 2;
        assertTrue(lane.isDone());
    }

    @Test
    void anEndBeforeWhatWasDeliveredCannotBe() {
        Lane lane = laneWith(4);
        lane.delivered = 3;

        assertThrows(IllegalStateException.class, () -> lane.seal(2));
    }

    @Test
    void forgettingKeepsTheNumbers() {
        Lane lane = laneWith(1_000);
        lane.delivered = 900;
        lane.forgetUpTo(950);

        assertEquals(900, lane.base());
        assertEquals(1_000, lane.known());
        assertEquals(901, lane.get(901).counter());
        lane.take(1_001, entries(1_001, 1_001));
        assertEquals(1_001, lane.get(1_001).counter());
    }

    @Test
    void aJumpDropsWhatIsBeforeIt() {
        Lane lane = laneWith(5);
        lane.jumpTo(3);
        assertEquals(5, lane.known());
        assertEquals(4, lane.next().counter());

        lane.jumpTo(9);
        assertEquals(9, lane.known());
        assertFalse(lane.hasNext());
    }
}
