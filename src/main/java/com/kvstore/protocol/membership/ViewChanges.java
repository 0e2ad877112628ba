package com.kvstore.protocol.membership;

import com.kvstore.common.ConsistentHash;
import com.kvstore.common.HashRing;
import com.kvstore.common.HashRing.Point;
import com.kvstore.common.ServerNode;
import com.kvstore.common.Table;
import com.kvstore.protocol.membership.Copy.Sync;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Every way a view becomes the next one: pure functions. Each returns a new view whose epoch is one higher; those that
 * say so return the very same view when there is nothing to change.
 *
 * <p>The ring says where keys should be, the arcs where they are. A change of the ring ({@link #join}, {@link #remove},
 * {@link #forget}, {@link #drain}) only cuts the arcs anew and gives copies that stay the table of their new role;
 * {@link #announce} then adds what is missing, and {@link #complete} tells that it is there. So: after every change, and
 * whenever a member becomes reachable, call {@link #announce}. What a change has done to the data tells {@link DataLoss}.
 *
 * <p>Invariants, on top of {@link View}'s and {@link Arc}'s: an arc that is not lost has a copy in sync, unless the store
 * never had a member; a copy becomes in sync only by {@link #complete}, or as the first copy of an empty store.
 *
 * <p>Thread-safe: no state. Each takes O(arcs × log points).
 *
 * <p>Failure: a member id or an address that does not fit the view throws {@link IllegalArgumentException} with a message
 * for people.
 */
public final class ViewChanges {
    private ViewChanges() {}

    /** Only the epoch rises: a coordinator took over. */
    public static View newEpoch(View view) {
        return next(view, view.ring(), view.members(), view.arcs());
    }

    /** Whether the address is new and the ring has room for at least one point of it. */
    public static boolean canJoin(View view, ServerNode address) {
        return view.memberAt(address) == null && view.ring().size() < view.ringSize();
    }

    /**
     * A server of a new address, on the ring with as many of its points as fit. It holds nothing yet, except in a store
     * that never had a member: there it is in sync at once, as nothing was ever written.
     */
    public static View join(View view, ServerNode address, long incarnation, boolean durable) {
        return join(view, address, incarnation, durable, /* returns= */ false);
    }

    /**
     * The same for a process that has been a member before and was only out of reach for so long that it was taken off the
     * ring. The id after its own is never given to anybody, so that a loss while it is there is not mistaken for the end of
     * everybody who held data: see {@link DataLoss#allDataGone}.
     */
    public static View join(View view, ServerNode address, long incarnation, boolean durable, boolean returns) {
        if (!canJoin(view, address)) {
            throw new IllegalArgumentException(
                    view.memberAt(address) != null
                            ? address + " is a member already"
                            : "the ring is full: all of its " + view.ringSize() + " positions are taken");
        }
        int id = view.nextMemberId();
        SortedMap<Integer, Member> members = new TreeMap<>(view.members());
        members.put(id, new Member(id, address, incarnation, durable, false));
        HashRing ring = withPointsOf(address, view);
        List<Arc> arcs = Arcs.placed(view.arcs(), ring, Placements.of(ring, members));
        if (DataLoss.neverUsed(view)) {
            List<Copy> everything = List.of(new Copy(id, Table.OWN, Sync.IN_SYNC));
            arcs.replaceAll(arc -> arc.with(everything));
        }
        return next(view, ring, members, arcs, returns ? id + 2 : id + 1);
    }

    /**
     * A member's address came back with other, empty data: at its old positions, as a new member that holds nothing.
     * Arcs that only the old one held in sync are lost, unless that makes the store a new one: {@link DataLoss#isNewStore} tells.
     *
     * @param memberId the old member
     */
    public static View reincarnate(View view, int memberId, long newIncarnation, boolean durable) {
        return reincarnate(view, memberId, newIncarnation, durable, Set.of());
    }

    /**
     * The same, where some members are known to hold keys, or not known to hold none: they may be what is left of the data,
     * and while one of them stays the store is not a new one.
     */
    public static View reincarnate(
            View view, int memberId, long newIncarnation, boolean durable, Set<Integer> mayHoldKeys) {
        Member old = member(view, memberId);
        int id = view.nextMemberId();
        SortedMap<Integer, Member> members = new TreeMap<>(view.members());
        members.remove(memberId);
        members.put(id, new Member(id, old.address(), newIncarnation, durable, old.leaving()));
        List<Arc> arcs = map(view.arcs(), arc -> Arcs.without(arc, memberId));
        if (Collections.disjoint(members.keySet(), mayHoldKeys) && DataLoss.allDataGone(view, members, arcs)) {
            Placements placements = Placements.of(view.ring(), members);
            arcs.replaceAll(arc -> anew(arc, id, placements.at(arc.end())));
        }
        return next(view, view.ring(), members, Arcs.merged(arcs, view.ring()));
    }

    /**
     * Members that writes must no longer wait for: their copies are stale. Where only such members are in sync they stay
     * so, as no write can pass them by: the arc is unavailable until one returns. The same view if nothing changes.
     */
    public static View markStale(View view, Set<Integer> members) {
        Set<Integer> others = new TreeSet<>(view.members().keySet());
        others.removeAll(members);
        return markStale(view, members, others);
    }

    /**
     * The same, but only where a copy in sync is at one of {@code witnesses}: where nobody else is in sync than members
     * that may be gone as well, everybody stays so.
     */
    public static View markStale(View view, Set<Integer> members, Set<Integer> witnesses) {
        return withArcs(view, map(view.arcs(), arc -> Arcs.withStale(arc, members, witnesses)));
    }

    /**
     * Adds what is missing: a wanted copy that is not there, or stale, is being filled from now on if its member is
     * reachable and so is a copy in sync (or the arc is lost, and a copy can start out empty); a missing one of a member
     * that is not reachable is stale. Unwanted copies go if they are not in sync, or if all wanted ones are.
     *
     * @param reachable ids of members that take part in writes
     * @return the same view if nothing changes
     */
    public static View announce(View view, Set<Integer> reachable) {
        Placements placements = Placements.of(view);
        return withArcs(view, map(view.arcs(), arc -> {
            Placement wanted = placements.at(arc.end());
            return Arcs.settled(Arcs.announced(arc, wanted, reachable), wanted);
        }));
    }

    /**
     * A member's copies that were being filled are in sync, in every arc that lies in {@code ranges} as a whole. Where
     * that makes all wanted copies in sync the unwanted ones go; a leaving member without any copy is a member no more.
     * A lost arc stays lost.
     *
     * @return the same view if nothing changes
     */
    public static View complete(View view, int member, List<Range> ranges) {
        Placements placements = Placements.of(view);
        RangeSet filled = RangeSet.of(ranges);
        return withArcs(
                view,
                map(
                        view.arcs(),
                        arc -> filled.covers(arc.start(), arc.end())
                                ? Arcs.settled(Arcs.completed(arc, member), placements.at(arc.end()))
                                : arc));
    }

    /** A member has failed: off the ring, and its copies with it; null if it holds the only in-sync copy of an arc. */
    public static @Nullable View remove(View view, int member) {
        return onlyCopies(view, member) > 0 ? null : forget(view, member);
    }

    /** How many arcs only this member holds in sync. */
    public static int onlyCopies(View view, int member) {
        int only = 0;
        for (Arc arc : view.arcs()) {
            if (Arcs.isOnlyInSync(arc, member)) {
                only++;
            }
        }
        return only;
    }

    /** As {@link #remove}, whatever it holds: arcs that only it held in sync are lost. */
    public static View forget(View view, int member) {
        ServerNode address = member(view, member).address();
        SortedMap<Integer, Member> members = new TreeMap<>(view.members());
        members.remove(member);
        HashRing ring = withoutPointsOf(address, view.ring());
        List<Arc> arcs = map(view.arcs(), arc -> Arcs.without(arc, member));
        return next(view, ring, members, Arcs.placed(arcs, ring, Placements.of(ring, members)));
    }

    /** An operator sends a member away: off the ring at once, but its copies stay until the wanted ones are in sync. */
    public static View drain(View view, int member) {
        Member leaver = member(view, member);
        if (leaver.leaving()) {
            throw new IllegalArgumentException(leaver.address() + " is leaving already");
        }
        if (view.ring().servers() == 1) {
            throw new IllegalArgumentException(
                    leaver.address() + " is the last server: nobody could take over its keys. Start another one first");
        }
        SortedMap<Integer, Member> members = new TreeMap<>(view.members());
        members.put(
                member,
                new Member(member, leaver.address(), leaver.incarnation(), leaver.durable(), /* leaving= */ true));
        HashRing ring = withoutPointsOf(leaver.address(), view.ring());
        return next(view, ring, members, Arcs.placed(view.arcs(), ring, Placements.of(ring, members)));
    }

    /**
     * The operator accepts what is lost: a key that is not there is then simply not found. An arc without any copy in
     * sync stays lost, as there is nobody to answer for it.
     *
     * @return the same view if nothing changes
     */
    public static View acceptLoss(View view) {
        return withArcs(
                view,
                map(
                        view.arcs(),
                        arc -> arc.inSyncCopies() > 0 ? new Arc(arc.start(), arc.end(), arc.copies(), false) : arc));
    }

    /**
     * A member's copies were found to differ from the others in sync, in these arcs: there they lose sync, so that they are
     * filled anew. Where it alone is in sync nothing changes.
     */
    public static View distrust(View view, int member, List<Range> ranges) {
        RangeSet found = RangeSet.of(ranges);
        return withArcs(view, map(view.arcs(), arc -> {
            Copy copy = arc.copyOf(member);
            boolean changes = copy != null && found.covers(arc.start(), arc.end()) && !Arcs.isOnlyInSync(arc, member);
            return changes ? Arcs.withStale(arc, Set.of(member), otherMembers(arc, member)) : arc;
        }));
    }

    private static Set<Integer> otherMembers(Arc arc, int member) {
        Set<Integer> others = new TreeSet<>();
        arc.copies().forEach(copy -> others.add(copy.member()));
        others.remove(member);
        return others;
    }

    /** The arc in a store that begins again: nothing is lost, and a copy of nothing is in sync. */
    private static Arc anew(Arc arc, int member, Placement wanted) {
        Table table = wanted.tableOf(member);
        List<Copy> copies = arc.inSyncCopies() > 0
                ? arc.copies()
                : List.of(new Copy(member, table == null ? Table.OWN : table, Sync.IN_SYNC));
        return new Arc(arc.start(), arc.end(), copies, false);
    }

    private static HashRing withPointsOf(ServerNode address, View view) {
        HashRing ring = view.ring();
        for (int i = 0; i < view.pointsPerServer(); i++) {
            String name = i == 0 ? address.toString() : address + "#" + i;
            int free = ring.freePosition(ConsistentHash.position(name, ring.ringSize()));
            if (free < 0) {
                break;
            }
            ring = ring.insert(free, address);
        }
        return ring;
    }

    private static HashRing withoutPointsOf(ServerNode address, HashRing ring) {
        HashRing rest = ring;
        for (Point point : ring.points()) {
            if (point.server().equals(address)) {
                rest = rest.remove(point.position());
            }
        }
        return rest;
    }

    private static Member member(View view, int id) {
        Member member = view.members().get(id);
        if (member == null) {
            throw new IllegalArgumentException("no member has the id " + id);
        }
        return member;
    }

    private static List<Arc> map(List<Arc> arcs, UnaryOperator<Arc> change) {
        List<Arc> changed = new ArrayList<>(arcs);
        changed.replaceAll(change);
        return changed;
    }

    /** The view with other copies and without leaving members that hold none; the same view if nothing changes. */
    private static View withArcs(View view, List<Arc> changed) {
        List<Arc> arcs = Arcs.merged(changed, view.ring());
        Set<Integer> holders = new TreeSet<>();
        for (Arc arc : arcs) {
            for (Copy copy : arc.copies()) {
                holders.add(copy.member());
            }
        }
        SortedMap<Integer, Member> members = new TreeMap<>(view.members());
        members.values().removeIf(member -> member.leaving() && !holders.contains(member.id()));
        if (members.size() == view.members().size() && arcs.equals(view.arcs())) {
            return view;
        }
        return next(view, view.ring(), members, arcs);
    }

    /** @param members a new one among them has the id that was next */
    private static View next(View view, HashRing ring, SortedMap<Integer, Member> members, List<Arc> arcs) {
        boolean isNew = members.containsKey(view.nextMemberId());
        return next(view, ring, members, arcs, isNew ? view.nextMemberId() + 1 : view.nextMemberId());
    }

    private static View next(
            View view, HashRing ring, SortedMap<Integer, Member> members, List<Arc> arcs, int nextMemberId) {
        View next =
                new View(view.cluster(), view.epoch() + 1, view.pointsPerServer(), ring, members, arcs, nextMemberId);
        List<Long> drained = new ArrayList<>(view.drained());
        for (Member member : view.members().values()) {
            if (member.leaving() && !members.containsKey(member.id())) {
                drained.remove(member.incarnation());
                drained.add(member.incarnation());
            }
        }
        return next.withDrained(drained);
    }
}
