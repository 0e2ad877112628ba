package com.kvstore.protocol.movement;

import com.kvstore.common.ServerNode;
import com.kvstore.protocol.kernel.Effects;
import com.kvstore.protocol.movement.MoveMessage.MoveDone;
import java.util.Collection;
import java.util.Iterator;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What people read of moves: when one begins and ends, and once a second how far each target is. */
final class MoveNotes {
    static final long INTERVAL_NS = 1_000_000_000L;

    private static final String TAG = "REBALANCE";

    private final MoveScheduler.Host host;
    /** By target, as long as something is planned for it. */
    private final Map<Integer, Pace> paces = new TreeMap<>();

    private static final class Pace {
        final long sinceNs;
        long nextNoteNs;

        Pace(long sinceNs) {
            this.sinceNs = sinceNs;
            this.nextNoteNs = sinceNs + INTERVAL_NS;
        }
    }

    MoveNotes(MoveScheduler.Host host) {
        this.host = host;
    }

    /** A move begins, for the first time if {@code first}: trying again is not told again. */
    void started(MovementPlan.Move plan, boolean first, long nowNs, Effects effects) {
        paces.computeIfAbsent(plan.target(), target -> new Pace(nowNs));
        if (!first) {
            return;
        }
        int n = plan.ranges().size();
        String arcs = n == 1 ? "1 arc" : n + " arcs";
        ServerNode target = host.address(plan.target());
        Integer source = plan.source();
        effects.note(
                TAG,
                source == null
                        ? "Clearing " + arcs + " at " + target + ": no copy of them is left"
                        : "Copying " + arcs + " to " + target + " from " + host.address(source));
    }

    /** Says how far {@code target} is, if it was not said within the last second. */
    void progressed(int target, Collection<ScheduledMove> moves, long nowNs, Effects effects) {
        Pace pace = paces.get(target);
        if (pace == null || nowNs < pace.nextNoteNs) {
            return;
        }
        pace.nextNoteNs = nowNs + INTERVAL_NS;
        long bytes = 0;
        for (ScheduledMove move : moves) {
            if (move.plan.target() == target) {
                bytes += move.bytes;
            }
        }
        String line = ProgressText.line(fractionOf(moves, target), bytes, nowNs - pace.sinceNs);
        effects.note(TAG, host.address(target) + ": " + line);
    }

    void done(ScheduledMove move, MoveDone done, long nowNs, Effects effects) {
        Integer source = move.plan.source();
        ServerNode target = host.address(move.plan.target());
        if (source == null) {
            effects.note(TAG, target + ": cleared, " + ProgressText.count(done.keys(), "old key") + " dropped");
            return;
        }
        String time = String.format(Locale.ROOT, "%.1f s", (nowNs - move.startedNs) / 1e9);
        effects.note(
                TAG,
                target + ": copied " + ProgressText.count(done.keys(), "key") + ", " + ProgressText.size(done.bytes())
                        + ", from " + host.address(source) + " in " + time);
    }

    void failed(MovementPlan.Move plan, String reason, Effects effects) {
        effects.note(TAG, host.address(plan.target()) + ": cannot copy yet, trying again: " + reason);
    }

    /** What is planned now: targets without a move are forgotten. */
    void planned(Collection<ScheduledMove> moves) {
        for (Iterator<Integer> targets = paces.keySet().iterator(); targets.hasNext(); ) {
            int target = targets.next();
            if (moves.stream().noneMatch(move -> move.plan.target() == target)) {
                targets.remove();
            }
        }
    }

    /** @param target whose moves are meant; null: all */
    static double fractionOf(Collection<ScheduledMove> moves, @Nullable Integer target) {
        double done = 0;
        double all = 0;
        for (ScheduledMove move : moves) {
            if (target == null || move.plan.target() == target) {
                done += move.fraction * move.weight;
                all += move.weight;
            }
        }
        return all == 0 ? 1 : done / all;
    }
}
