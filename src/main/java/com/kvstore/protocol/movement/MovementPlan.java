package com.kvstore.protocol.movement;

import com.kvstore.protocol.membership.Arc;
import com.kvstore.protocol.membership.Copy;
import com.kvstore.protocol.membership.Copy.Sync;
import com.kvstore.protocol.membership.Range;
import com.kvstore.protocol.membership.View;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Which copies have to be filled from which, as a function of the view. Stand-in for the one being written. */
public final class MovementPlan {
    /**
     * @param target member whose copies are filled
     * @param source member that has them in sync; null: nobody has
     */
    public record Move(int target, @Nullable Integer source, List<Range> ranges) {
        public Move {
            ranges = List.copyOf(ranges);
        }
    }

    private MovementPlan() {}

    /** @param reachable members that can be asked */
    public static List<Move> of(View view, SortedSet<Integer> reachable) {
        SortedMap<Integer, SortedMap<Integer, List<Range>>> byTargetAndSource = new TreeMap<>();
        for (Arc arc : view.arcs()) {
            int source = 0;
            for (Copy copy : arc.copies()) {
                if (source == 0 && copy.inSync() && reachable.contains(copy.member())) {
                    source = copy.member();
                }
            }
            for (Copy copy : arc.copies()) {
                if (copy.sync() == Sync.SYNCING
                        && reachable.contains(copy.member())
                        && (source != 0 || arc.inSyncCopies() == 0)) {
                    byTargetAndSource
                            .computeIfAbsent(copy.member(), target -> new TreeMap<>())
                            .computeIfAbsent(source, from -> new ArrayList<>())
                            .add(new Range(arc.start(), arc.end()));
                }
            }
        }
        List<Move> moves = new ArrayList<>();
        byTargetAndSource.forEach((target, bySource) ->
                bySource.forEach((source, ranges) -> moves.add(new Move(target, source == 0 ? null : source, ranges))));
        return moves;
    }
}
