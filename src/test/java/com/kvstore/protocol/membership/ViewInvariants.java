package com.kvstore.protocol.membership;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.kvstore.common.HashRing.Point;
import com.kvstore.common.ServerNode;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.TreeSet;

/** What must hold of every view. */
public final class ViewInvariants {
    private ViewInvariants() {}

    public static void check(View view) {
        members(view);
        List<Point> points = view.ring().points();
        int next = 0;
        for (Arc arc : view.arcs()) {
            assertEquals(next, arc.start(), "arcs cover the circle");
            assertTrue(arc.end() >= arc.start(), "an arc has positions");
            next = arc.end() + 1;
            arc(view, arc, points);
        }
        assertEquals(view.ringSize(), next, "arcs cover the circle");
        if (view.members().isEmpty()) {
            assertEquals(1, view.arcs().size(), "one arc without members");
        }
    }

    private static void members(View view) {
        TreeSet<ServerNode> onRing = new TreeSet<>();
        for (Point point : view.ring().points()) {
            onRing.add(point.server());
        }
        TreeSet<ServerNode> staying = new TreeSet<>();
        TreeSet<ServerNode> addresses = new TreeSet<>();
        view.members().forEach((id, member) -> {
            assertEquals(id, member.id());
            assertTrue(id >= 1 && id < view.nextMemberId());
            assertTrue(addresses.add(member.address()), "one member an address");
            if (!member.leaving()) {
                staying.add(member.address());
            }
        });
        assertEquals(staying, onRing, "the ring's servers are the members that stay");
    }

    private static void arc(View view, Arc arc, List<Point> points) {
        Point point = view.ring().successor(arc.start());
        boolean crosses = point != null && point.position() >= arc.start() && point.position() < arc.end();
        assertTrue(!crosses, () -> "no arc reaches across a point: " + arc);
        Placement wanted = placement(view, arc.start(), points);
        int last = 0;
        for (Copy copy : arc.copies()) {
            assertTrue(copy.member() > last, () -> "copies are sorted, one a member: " + arc);
            last = copy.member();
            assertNotNull(view.members().get(copy.member()), () -> "holders are members: " + arc);
            if (wanted.wants(copy.member())) {
                assertEquals(
                        wanted.tableOf(copy.member()), copy.table(), () -> "wanted copies have their table: " + arc);
            }
        }
        boolean neverUsed = view.nextMemberId() == 1;
        assertTrue(neverUsed || arc.lost() || arc.inSyncCopies() > 0, () -> "in sync somewhere or lost: " + arc);
    }

    /** Worked out from the sorted list of points, without the ring's searches. */
    private static Placement placement(View view, int position, List<Point> points) {
        if (points.isEmpty()) {
            return Placement.NOWHERE;
        }
        int at = Collections.binarySearch(
                points, new Point(position, points.get(0).server()), Comparator.comparingInt(Point::position));
        int next = at >= 0 ? at : -at - 1;
        Point owner = points.get(next % points.size());
        for (int back = 1; back <= points.size(); back++) {
            Point point = points.get(Math.floorMod(next - back, points.size()));
            if (!point.server().equals(owner.server())) {
                return new Placement(idAt(view, owner), idAt(view, point));
            }
        }
        assertEquals(1, view.ring().servers(), "two servers make a replica");
        return new Placement(idAt(view, owner), Placement.NOBODY);
    }

    private static int idAt(View view, Point point) {
        Member member = view.memberAt(point.server());
        assertNotNull(member);
        return member.id();
    }
}
