package com.kvstore.protocol.movement;

import com.kvstore.common.ServerNode;
import com.kvstore.common.Table;
import com.kvstore.protocol.membership.Arc;
import com.kvstore.protocol.membership.Copy;
import com.kvstore.protocol.membership.Copy.Sync;
import com.kvstore.protocol.membership.Member;
import com.kvstore.protocol.membership.Range;
import com.kvstore.protocol.membership.RangeSet;
import com.kvstore.protocol.membership.View;
import com.kvstore.protocol.membership.ViewChanges;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What must move, as a pure function of a view: every copy that is being filled, and from where. Failover, join, leave
 * and catch-up are all this one function, and so is the look ahead at what a change would move.
 *
 * <p>Thread-safe: no state. Takes O(arcs × log arcs).
 */
public final class MovementPlan {
    private MovementPlan() {}

    /**
     * What one member has to fetch from another.
     *
     * @param target member id
     * @param source member id of a holder in sync; null where every copy was lost: the target's starts out empty
     * @param ranges whole arcs, ascending, neighbours made one
     */
    public record Move(int target, @Nullable Integer source, List<Range> ranges) {
        public Move {
            ranges = List.copyOf(ranges);
        }
    }

    /**
     * A stretch that a planned change would copy.
     *
     * @param from null where every copy was lost
     * @param table which of {@code to}'s tables the copy would belong to
     */
    public record Step(Range range, @Nullable ServerNode from, ServerNode to, Table table) {}

    /** The moves of {@code view} with every member reachable. */
    public static List<Move> of(View view) {
        return of(view, view.members().keySet());
    }

    /**
     * One move for each pair of a target and a source, in the order of the stretches they begin with. An arc whose in-sync
     * copies are all out of reach is left out.
     *
     * @param reachable ids of members that can be a source; among those in sync an OWN copy is preferred
     */
    public static List<Move> of(View view, Set<Integer> reachable) {
        record Pair(int target, @Nullable Integer source) {}
        Map<Pair, List<Range>> stretches = new LinkedHashMap<>();
        for (Arc arc : view.arcs()) {
            Copy source = source(arc, reachable);
            if (source == null && !startsEmpty(arc)) {
                continue;
            }
            for (Copy copy : arc.copies()) {
                if (copy.sync() == Sync.SYNCING) {
                    Pair pair = new Pair(copy.member(), source == null ? null : source.member());
                    stretches.computeIfAbsent(pair, p -> new ArrayList<>()).add(new Range(arc.start(), arc.end()));
                }
            }
        }
        List<Move> moves = new ArrayList<>();
        stretches.forEach((pair, ranges) -> moves.add(
                new Move(pair.target(), pair.source(), RangeSet.of(ranges).ranges())));
        return moves;
    }

    /**
     * What would be copied if a server joined or were drained now, beyond what is under way already; changes nothing.
     *
     * @throws IllegalArgumentException with a message for people, when it could not join or be drained
     */
    public static List<Step> preview(View view, boolean add, ServerNode server) {
        View before = announceAll(view);
        View after = announceAll(add ? ViewChanges.join(before, server, 0, false) : drained(before, server));
        record Flow(@Nullable ServerNode from, ServerNode to, Table table) {}
        Map<Flow, List<Range>> stretches = new LinkedHashMap<>();
        for (Arc arc : after.arcs()) {
            Copy source = source(arc, after.members().keySet());
            ServerNode from = source == null ? null : address(after, source);
            for (Copy copy : arc.copies()) {
                if (copy.sync() == Sync.SYNCING) {
                    Flow flow = new Flow(from, address(after, copy), copy.table());
                    addNew(stretches.computeIfAbsent(flow, f -> new ArrayList<>()), arc, copy.member(), before);
                }
            }
        }
        List<Step> steps = new ArrayList<>();
        stretches.forEach((flow, ranges) -> RangeSet.of(ranges)
                .ranges()
                .forEach(range -> steps.add(new Step(range, flow.from(), flow.to(), flow.table()))));
        steps.sort(Comparator.comparingInt(step -> step.range().start()));
        return steps;
    }

    /** The parts of an arc that the member had no copy of before. */
    private static void addNew(List<Range> ranges, Arc arc, int member, View before) {
        int start = arc.start();
        while (start <= arc.end()) {
            Arc old = before.arcAt(start);
            int end = Math.min(old.end(), arc.end());
            if (old.copyOf(member) == null) {
                ranges.add(new Range(start, end));
            }
            start = end + 1;
        }
    }

    private static @Nullable Copy source(Arc arc, Set<Integer> reachable) {
        Copy best = null;
        for (Copy copy : arc.copies()) {
            boolean eligible = copy.inSync() && reachable.contains(copy.member());
            if (eligible && (best == null || (best.table() == Table.PREV && copy.table() == Table.OWN))) {
                best = copy;
            }
        }
        return best;
    }

    private static boolean startsEmpty(Arc arc) {
        return arc.lost() && arc.inSyncCopies() == 0;
    }

    private static View announceAll(View view) {
        return ViewChanges.announce(view, view.members().keySet());
    }

    private static View drained(View view, ServerNode server) {
        Member member = view.memberAt(server);
        if (member == null) {
            throw new IllegalArgumentException(server + " is not a member; 'status' lists those that are");
        }
        return ViewChanges.drain(view, member.id());
    }

    private static ServerNode address(View view, Copy copy) {
        Member member = view.members().get(copy.member());
        if (member == null) {
            throw new IllegalStateException("a copy's holder " + copy.member() + " is not a member");
        }
        return member.address();
    }
}
