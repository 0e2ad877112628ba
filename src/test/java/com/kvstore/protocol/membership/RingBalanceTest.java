package com.kvstore.protocol.membership;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.kvstore.common.ServerNode;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** The production profile: 2^31 - 1 positions, 256 points a server. */
class RingBalanceTest {
    private static final int RING_SIZE = Integer.MAX_VALUE;
    private static final List<Range> EVERYTHING = List.of(new Range(0, RING_SIZE - 1));

    private static View joined(View view, int i) {
        return ViewChanges.join(view, new ServerNode("10.0.0." + (i + 1), 8081), i, true);
    }

    private static View filled(View view) {
        View next = ViewChanges.announce(view, view.members().keySet());
        for (int member : List.copyOf(next.members().keySet())) {
            next = ViewChanges.complete(next, member, EVERYTHING);
        }
        return next;
    }

    private static View tenServers() {
        View view = View.create(77, RING_SIZE, 256);
        for (int i = 0; i < 10; i++) {
            view = filled(joined(view, i));
            assertTrue(view.whole());
        }
        return view;
    }

    @Test
    void theMostLoadedOfTenServersOwnsAtMostAQuarterMoreThanTheMean() {
        View view = tenServers();
        Placements placements = Placements.of(view);
        Map<Integer, Long> owned = new TreeMap<>();
        for (Arc arc : view.arcs()) {
            owned.merge(placements.at(arc.end()).owner(), (long) arc.end() - arc.start() + 1, Long::sum);
        }
        long most = owned.values().stream().mapToLong(Long::longValue).max().orElseThrow();
        assertEquals(10, owned.size());
        assertTrue(most <= 1.25 * RING_SIZE / 10, () -> "most loaded: " + most + " of " + RING_SIZE);
    }

    @Test
    void theArcsOfTenServersAreTheGapsBetweenTheirPoints() {
        View view = tenServers();
        ViewInvariants.check(view);
        assertEquals(2_560, view.ring().size());
        assertEquals(2_561, view.arcs().size());
    }

    @Test
    void everyServerLeavesAgainAndLeavesNothingBehind() {
        View view = tenServers();
        for (int member = 1; member <= 9; member++) {
            if (member % 2 == 0) {
                view = ViewChanges.drain(view, member);
            } else {
                View without = ViewChanges.remove(view, member);
                assertTrue(without != null, "two copies of everything let one go");
                view = without;
            }
            view = filled(view);
            assertTrue(view.whole());
        }
        assertEquals(Set.of(10), view.members().keySet());
        assertEquals(257, view.arcs().size());
    }
}
