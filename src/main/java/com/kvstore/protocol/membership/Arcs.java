package com.kvstore.protocol.membership;

import com.kvstore.common.HashRing;
import com.kvstore.common.HashRing.Point;
import com.kvstore.common.Table;
import com.kvstore.protocol.membership.Copy.Sync;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;

/**
 * What can happen to arcs: pure functions that {@link ViewChanges} is made of.
 *
 * <p>Beyond what {@link Arc} demands, no arc reaches across a point of the ring: an arc ends at each point's position, so
 * that all its positions have one {@link Placement}. Between two points, neighbours with the same copies are one arc.
 */
final class Arcs {
    private static final Comparator<Copy> BY_MEMBER = Comparator.comparingInt(Copy::member);

    private Arcs() {}

    /** The same copies under another ring: cut at its points, labelled with the tables it wants. */
    static List<Arc> placed(List<Arc> arcs, HashRing ring, Placements placements) {
        List<Arc> pieces = new ArrayList<>(arcs.size() + ring.size());
        for (Arc arc : arcs) {
            int start = arc.start();
            while (start <= arc.end()) {
                Point next = ring.successor(start);
                int end = arc.end();
                if (next != null && next.position() >= start && next.position() < end) {
                    end = next.position();
                }
                pieces.add(new Arc(start, end, labelled(arc.copies(), placements.at(end)), arc.lost()));
                start = end + 1;
            }
        }
        return merged(pieces, ring);
    }

    /** Neighbours with the same copies made one, except across the ring's points. */
    static List<Arc> merged(List<Arc> arcs, HashRing ring) {
        List<Arc> merged = new ArrayList<>(arcs.size());
        Arc last = null;
        for (Arc arc : arcs) {
            if (last != null
                    && last.lost() == arc.lost()
                    && last.copies().equals(arc.copies())
                    && !ring.isTaken(last.end())) {
                last = new Arc(last.start(), arc.end(), arc.copies(), arc.lost());
                merged.set(merged.size() - 1, last);
            } else {
                last = arc;
                merged.add(last);
            }
        }
        return merged;
    }

    /** The arc without a member's copy; lost, and what remains stale, if that was the only one in sync. */
    static Arc without(Arc arc, int member) {
        if (arc.copyOf(member) == null) {
            return arc;
        }
        boolean loses = isOnlyInSync(arc, member);
        List<Copy> others = new ArrayList<>();
        for (Copy copy : arc.copies()) {
            if (copy.member() != member) {
                others.add(loses ? copy.with(Sync.STALE) : copy);
            }
        }
        return new Arc(arc.start(), arc.end(), others, arc.lost() || loses);
    }

    static boolean isOnlyInSync(Arc arc, int member) {
        Copy copy = arc.copyOf(member);
        return copy != null && copy.inSync() && arc.inSyncCopies() == 1;
    }

    /** Members that cannot be reached fall behind, unless none of {@code witnesses} is there whom they fall behind. */
    static Arc withStale(Arc arc, Set<Integer> members, Set<Integer> witnesses) {
        boolean othersInSync = false;
        for (Copy copy : arc.copies()) {
            othersInSync |= copy.inSync() && witnesses.contains(copy.member());
        }
        List<Copy> copies = new ArrayList<>();
        for (Copy copy : arc.copies()) {
            boolean falls = members.contains(copy.member()) && (othersInSync || !copy.inSync());
            copies.add(falls ? copy.with(Sync.STALE) : copy);
        }
        return arc.with(copies);
    }

    /**
     * Wanted copies that are missing or stale begin to be filled, if there is something to fill them from; unwanted ones
     * that nobody can be filled from go.
     */
    static Arc announced(Arc arc, Placement wanted, Set<Integer> reachable) {
        boolean fillable = canBeFilled(arc, reachable);
        List<Copy> copies = new ArrayList<>();
        for (Copy copy : arc.copies()) {
            if (!wanted.wants(copy.member())) {
                if (copy.inSync()) {
                    copies.add(copy);
                }
            } else if (copy.sync() == Sync.STALE && fillable && reachable.contains(copy.member())) {
                copies.add(copy.with(Sync.SYNCING));
            } else {
                copies.add(copy);
            }
        }
        if (fillable) {
            addMissing(copies, arc, wanted.owner(), Table.OWN, reachable);
            addMissing(copies, arc, wanted.replica(), Table.PREV, reachable);
            copies.sort(BY_MEMBER);
        }
        return arc.with(copies);
    }

    /** A member's copy holds everything now. */
    static Arc completed(Arc arc, int member) {
        List<Copy> copies = new ArrayList<>();
        for (Copy copy : arc.copies()) {
            boolean done = copy.member() == member && copy.sync() == Sync.SYNCING;
            copies.add(done ? copy.with(Sync.IN_SYNC) : copy);
        }
        return arc.with(copies);
    }

    /** Copies on their way out go once all wanted ones are in sync. */
    static Arc settled(Arc arc, Placement wanted) {
        // A ring without servers wants nothing, which is no reason to drop what there is.
        if (!inSync(arc, wanted.owner()) || (wanted.replica() != Placement.NOBODY && !inSync(arc, wanted.replica()))) {
            return arc;
        }
        List<Copy> copies = new ArrayList<>();
        for (Copy copy : arc.copies()) {
            if (wanted.wants(copy.member())) {
                copies.add(copy);
            }
        }
        return arc.with(copies);
    }

    private static List<Copy> labelled(List<Copy> copies, Placement wanted) {
        List<Copy> labelled = new ArrayList<>(copies.size());
        for (Copy copy : copies) {
            Table table = wanted.tableOf(copy.member());
            labelled.add(table == null || table == copy.table() ? copy : copy.with(table));
        }
        return labelled;
    }

    /** A copy in sync is at hand, or there will never be one and a copy can start out empty. */
    private static boolean canBeFilled(Arc arc, Set<Integer> reachable) {
        for (Copy copy : arc.copies()) {
            if (copy.inSync() && reachable.contains(copy.member())) {
                return true;
            }
        }
        return arc.lost() && arc.inSyncCopies() == 0;
    }

    private static void addMissing(List<Copy> copies, Arc arc, int member, Table table, Set<Integer> reachable) {
        if (member != Placement.NOBODY && arc.copyOf(member) == null) {
            copies.add(new Copy(member, table, reachable.contains(member) ? Sync.SYNCING : Sync.STALE));
        }
    }

    private static boolean inSync(Arc arc, int member) {
        Copy copy = arc.copyOf(member);
        return copy != null && copy.inSync();
    }
}
