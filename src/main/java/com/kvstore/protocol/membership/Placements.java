package com.kvstore.protocol.membership;

import com.kvstore.common.HashRing;
import com.kvstore.common.HashRing.Point;
import com.kvstore.common.ServerNode;
import java.util.HashMap;
import java.util.Map;
import java.util.SortedMap;

/**
 * Looks up who should hold what on one ring.
 *
 * <p>Thread-safe: immutable.
 *
 * <p>All positions between two points of the ring (the first excluded, the last included) have the same placement.
 *
 * <p>Failure: a server on the ring that is no member breaks a view's invariant and throws {@link IllegalStateException}.
 */
public final class Placements {
    private final HashRing ring;
    private final Map<ServerNode, Integer> idOf = new HashMap<>();

    private Placements(HashRing ring, SortedMap<Integer, Member> members) {
        this.ring = ring;
        for (Member member : members.values()) {
            idOf.put(member.address(), member.id());
        }
    }

    public static Placements of(View view) {
        return of(view.ring(), view.members());
    }

    /** @param members all servers on the ring among them */
    public static Placements of(HashRing ring, SortedMap<Integer, Member> members) {
        return new Placements(ring, members);
    }

    /** @param position 0 to ring size - 1 */
    public Placement at(int position) {
        Point owner = ring.successor(position);
        if (owner == null) {
            return Placement.NOWHERE;
        }
        Point replica = ring.predecessorOther(position, owner.server());
        return new Placement(id(owner), replica == null ? Placement.NOBODY : id(replica));
    }

    private int id(Point point) {
        Integer id = idOf.get(point.server());
        if (id == null) {
            throw new IllegalStateException(point.server() + " is on the ring but not a member");
        }
        return id;
    }
}
