package com.kvstore.protocol.membership;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.kvstore.common.HashRing.Point;
import com.kvstore.common.ServerNode;
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

    /** Worked out from the points one by one, without the ring's searches. */
    private static Placement placement(View view, int position, List<Point> points) {
        Point owner = null;
        Point replica = null;
        for (Point point : points) {
            if (owner == null && point.position() >= position) {
                owner = point;
            }
        }
        if (owner == null && !points.isEmpty()) {
            owner = points.get(0);
        }
        if (owner == null) {
            return Placement.NOWHERE;
        }
        for (int pass = 0; pass < 2 && replica == null; pass++) {
            for (Point point : points) {
                boolean before = pass == 1 || point.position() < position;
                if (before && !point.server().equals(owner.server())) {
                    replica = point;
                }
            }
        }
        assertTrue(replica != null || view.ring().servers() == 1, "two servers make a replica");
        return new Placement(idAt(view, owner), replica == null ? Placement.NOBODY : idAt(view, replica));
    }

    private static int idAt(View view, Point point) {
        Member member = view.memberAt(point.server());
        assertNotNull(member);
        return member.id();
    }
}
