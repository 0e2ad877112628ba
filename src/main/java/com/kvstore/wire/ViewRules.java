package com.kvstore.wire;

import com.kvstore.common.HashRing;
import com.kvstore.common.ServerNode;
import com.kvstore.protocol.membership.Arc;
import com.kvstore.protocol.membership.Copy;
import com.kvstore.protocol.membership.Member;
import com.kvstore.protocol.membership.View;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The invariants of a {@link View}, asked of every view that comes from outside: a node that took in a broken one would
 * misplace keys.
 *
 * <p>Thread-safe: no state. Failure: {@link IllegalArgumentException} with a message for people.
 */
final class ViewRules {
    private ViewRules() {}

    /** By id. */
    static SortedMap<Integer, Member> members(List<Member> list, int nextMemberId) {
        SortedMap<Integer, Member> members = new TreeMap<>();
        Set<ServerNode> addresses = new HashSet<>();
        for (Member member : list) {
            require(member.id() >= 0 && member.id() < nextMemberId, "a member's id is out of range: " + member.id());
            require(members.put(member.id(), member) == null, "two members have the id " + member.id());
            require(addresses.add(member.address()), "two members have the address " + member.address());
        }
        return members;
    }

    /** @param points in order of position */
    static HashRing ring(int ringSize, List<HashRing.Point> points, SortedMap<Integer, Member> members) {
        require(ringSize >= 1, "a ring has one position or more, not " + ringSize);
        Set<ServerNode> wanted = new HashSet<>();
        for (Member member : members.values()) {
            if (!member.leaving()) {
                wanted.add(member.address());
            }
        }
        HashRing ring = HashRing.empty(ringSize);
        Set<ServerNode> placed = new HashSet<>();
        int previous = -1;
        for (HashRing.Point point : points) {
            require(point.position() > previous, "the points of a ring rise, and no position is taken twice");
            require(point.position() < ringSize, "position " + point.position() + " is not on a ring of " + ringSize);
            require(wanted.contains(point.server()), point.server() + " is on the ring but is no staying member");
            ring = ring.insert(point.position(), point.server());
            placed.add(point.server());
            previous = point.position();
        }
        require(placed.size() == wanted.size(), "a staying member has no place on the ring");
        return ring;
    }

    /** Refuses arcs that do not cover the circle exactly once, or whose copies nobody known holds. */
    static void checkArcs(List<Arc> arcs, int ringSize, SortedMap<Integer, Member> members) {
        long next = 0;
        for (Arc arc : arcs) {
            require(arc.start() == next && arc.end() >= next, "the arcs have a gap or overlap at position " + next);
            next = arc.end() + 1L;
            int previous = -1;
            for (Copy copy : arc.copies()) {
                require(copy.member() > previous, "the copies of an arc are not in order of their members");
                require(members.containsKey(copy.member()), "an arc has a copy on an unknown member " + copy.member());
                previous = copy.member();
            }
        }
        require(next == ringSize, "the arcs end at position " + (next - 1) + " of a ring of " + ringSize);
    }

    static void checkDrained(List<Long> incarnations) {
        require(
                incarnations.size() <= View.MAX_DRAINED,
                "a view remembers at most " + View.MAX_DRAINED + " drained servers, not " + incarnations.size());
        require(new HashSet<>(incarnations).size() == incarnations.size(), "a view remembers a drained server twice");
    }

    /** The scalars, apart from the ring's. */
    static void checkNumbers(long cluster, long epoch, int pointsPerServer) {
        require(cluster != 0, "a view belongs to a cluster, and this one's is 0");
        require(epoch >= 1, "a view's epoch is 1 or more, not " + epoch);
        require(pointsPerServer >= 1, "a server has one point or more on the ring, not " + pointsPerServer);
    }

    private static void require(boolean condition, String message) {
        if (!condition) {
            throw new IllegalArgumentException(message);
        }
    }
}
