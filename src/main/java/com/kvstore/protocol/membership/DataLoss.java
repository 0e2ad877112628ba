package com.kvstore.protocol.membership;

import java.util.List;
import java.util.SortedMap;

/**
 * What becomes of the data from one view to the next: whether anything can be lost at all, and whether copies hold what
 * others handed on to them.
 *
 * <p>Invariant: what is in doubt is a loss. A store begins again as a new one only where nobody can hold anything any more:
 * every member kept its data in memory and came back empty.
 *
 * <p>Thread-safe: no state, pure functions. Each takes O(arcs).
 */
public final class DataLoss {
    private DataLoss() {}

    /**
     * Whether a {@link ViewChanges#reincarnate} made the store a new one: every member kept its data in memory only and has
     * come back empty since the last of the data was lost, so nothing is lost any more: there is nothing.
     */
    public static boolean isNewStore(View before, View after) {
        int newcomer = before.nextMemberId();
        boolean startsInSync = false;
        for (Arc arc : after.arcs()) {
            Copy copy = arc.copyOf(newcomer);
            startsInSync |= copy != null && copy.inSync();
        }
        return (startsInSync || hasLostArc(before)) && !hasLostArc(after);
    }

    /**
     * Whether anywhere the copies in sync are others than before, with none in common: what they hold was not handed on
     * from those, and what was read from those is no longer so.
     */
    public static boolean beganAnew(View before, View after) {
        int i = 0;
        for (Arc now : after.arcs()) {
            while (before.arcs().get(i).end() < now.start()) {
                i++;
            }
            for (int j = i; j < before.arcs().size() && before.arcs().get(j).start() <= now.end(); j++) {
                if (now.inSyncCopies() > 0 && !shareInSyncMember(before.arcs().get(j), now)) {
                    return true;
                }
            }
        }
        return false;
    }

    private static boolean shareInSyncMember(Arc one, Arc other) {
        for (Copy copy : one.copies()) {
            Copy there = other.copyOf(copy.member());
            if (copy.inSync() && there != null && there.inSync()) {
                return true;
            }
        }
        return false;
    }

    /** Whether there never was a copy of anything. */
    static boolean neverUsed(View view) {
        for (Arc arc : view.arcs()) {
            if (arc.lost() || !arc.copies().isEmpty()) {
                return false;
            }
        }
        return true;
    }

    /**
     * Whether nobody is left who may hold anything written before the loss, and nobody could have: no data survived a
     * process, everything is lost, every member present has come back (or joined) since some member last held data, and
     * the arcs lost just now leave no half-filled copy behind.
     *
     * <p>Ids rise: if the members are just the last ones that were taken in, each came after everyone who is gone. A
     * member that was only cut off keeps its old id, or has a new one with a gap behind it, and then a loss is a loss.
     */
    static boolean allDataGone(View before, SortedMap<Integer, Member> members, List<Arc> arcs) {
        for (Member member : before.members().values()) {
            if (member.durable()) {
                return false;
            }
        }
        if (members.firstKey() <= before.nextMemberId() - members.size()) {
            return false;
        }
        for (int i = 0; i < arcs.size(); i++) {
            boolean lostNow =
                    before.arcs().get(i).inSyncCopies() > 0 && arcs.get(i).inSyncCopies() == 0;
            if (!arcs.get(i).lost() || (lostNow && !arcs.get(i).copies().isEmpty())) {
                return false;
            }
        }
        return true;
    }

    private static boolean hasLostArc(View view) {
        for (Arc arc : view.arcs()) {
            if (arc.lost()) {
                return true;
            }
        }
        return false;
    }
}
