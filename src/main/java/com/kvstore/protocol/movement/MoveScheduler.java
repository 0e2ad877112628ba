package com.kvstore.protocol.movement;

import com.kvstore.common.ServerNode;
import com.kvstore.protocol.kernel.Effects;
import com.kvstore.protocol.kernel.TimerId;
import com.kvstore.protocol.membership.Range;
import com.kvstore.protocol.membership.View;
import com.kvstore.protocol.movement.MoveMessage.CancelMove;
import com.kvstore.protocol.movement.MoveMessage.MoveDone;
import com.kvstore.protocol.movement.MoveMessage.MoveFailed;
import com.kvstore.protocol.movement.MoveMessage.MoveProgress;
import com.kvstore.protocol.movement.MoveMessage.StartMove;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The coordinator's part of moving data: turns a view's plan into moves under way, a few at a time, and tries again what
 * fails.
 *
 * <p>Threading: belongs to one machine. {@link #tick} is called at each turn's end and when {@link #TIMER} fires, which
 * this class sets while something is planned.
 *
 * <p>Invariants: at most {@link #MAX_PER_MEMBER} running moves share a source or a target; a move runs only once every
 * transaction older than its epoch is applied at its source, and what an earlier coordinator left prepared at its target is
 * decided; a move's number is never used twice, so that a late word
 * from an earlier attempt is not taken for the present one's.
 *
 * <p>Failure behaviour: a failed move is tried again after 200 ms, then twice that each time, up to 5 s. One whose target
 * says nothing for 40 s has failed. {@link #memberDown} must be called whenever the link to a member is lost, also if a
 * new one opens at once: what was on its way may not have arrived.
 */
public final class MoveScheduler {
    /** Fires while moves are planned. */
    public static final TimerId TIMER = new TimerId("move-tick", 0);

    static final int MAX_PER_MEMBER = 2;
    static final long WAITING_TICK_NS = 50_000_000L;
    static final long RUNNING_TICK_NS = 1_000_000_000L;
    static final long SILENCE_NS = 40_000_000_000L;

    /** What the scheduler needs of the coordinator around it. */
    public interface Host {
        /** Sends to a member that is up. */
        void send(int member, MoveMessage message, Effects effects);

        boolean isUp(int member);

        ServerNode address(int member);

        /** Whether every transaction of an epoch before {@code epoch} is applied or aborted at {@code member}. */
        boolean settledBefore(int member, long epoch);

        /** Whether the member's copies of these ranges hold nothing prepared of an earlier coordinator's that is undecided. */
        boolean mayBeFilled(int member, List<Range> ranges);

        /** The member's copies of these ranges hold all that their source held. May call the scheduler back. */
        void completed(int member, List<Range> ranges, Effects effects);
    }

    private final Host host;
    private final long bytesPerSecond;
    private final MoveNotes notes;

    private @Nullable View view;
    /** Members that were up when the plan was made. */
    private SortedSet<Integer> reachable = new TreeSet<>();

    private boolean replan;
    /** The present plan. */
    private Map<MovementPlan.Move, ScheduledMove> moves = new LinkedHashMap<>();
    /** Targets still at work on moves that were dropped, by number of the move. */
    private final Map<Long, Integer> toCancel = new LinkedHashMap<>();

    private long lastNumber;
    private boolean timerSet;
    private long timerAtNs;

    /** @param bytesPerSecond for all moves together; 0 is as fast as it goes */
    public MoveScheduler(Host host, long bytesPerSecond) {
        this.host = host;
        this.bytesPerSecond = bytesPerSecond;
        this.notes = new MoveNotes(host);
    }

    /** A new view is in force: what it plans as the one before did goes on, the rest stops, what is new begins. */
    public void onView(View newView, long nowNs, Effects effects) {
        view = newView;
        replan = true;
        tick(nowNs, effects);
    }

    /** Drops the moves from and to a member that is down; those that remain planned begin again when it is up. */
    public void memberDown(int member) {
        for (ScheduledMove move : List.copyOf(moves.values())) {
            if (move.involves(member)) {
                drop(move);
                replan = true;
            }
        }
    }

    /** Starts what may start, plans anew if members came or went, gives up moves that say nothing. */
    public void tick(long nowNs, Effects effects) {
        if (timerSet && nowNs >= timerAtNs) {
            timerSet = false;
        }
        if (view != null && (replan || reachableChanged(view))) {
            plan(view);
        }
        toCancel.forEach((number, target) -> send(target, new CancelMove(number), effects));
        toCancel.clear();
        for (ScheduledMove move : moves.values()) {
            if (move.isRunning() && nowNs - move.heardNs >= SILENCE_NS) {
                send(move.plan.target(), new CancelMove(move.attempt), effects);
                failed(move, "the target has said nothing for 40 s", nowNs, effects);
            }
        }
        start(nowNs, effects);
        setTimer(nowNs, effects);
    }

    /**
     * Handles what a target reports.
     *
     * @return whether the message was for the scheduler
     */
    public boolean on(int member, MoveMessage message, long nowNs, Effects effects) {
        if (message instanceof MoveProgress progress) {
            ScheduledMove move = running(member, progress.move());
            if (move != null) {
                move.progressed(progress.fraction(), progress.bytes(), nowNs);
                notes.progressed(member, moves.values(), nowNs, effects);
            }
            return true;
        }
        if (message instanceof MoveDone done) {
            ScheduledMove move = running(member, done.move());
            if (move != null) {
                move.done(done.bytes());
                notes.done(move, done, nowNs, effects);
                host.completed(member, move.plan.ranges(), effects);
                tick(nowNs, effects);
            }
            return true;
        }
        if (message instanceof MoveFailed failure) {
            ScheduledMove move = running(member, failure.move());
            if (move != null) {
                failed(move, failure.reason(), nowNs, effects);
                tick(nowNs, effects);
            }
            return true;
        }
        return false;
    }

    /** Moved so far by the moves of the present plan. */
    public long movingBytes() {
        long sum = 0;
        for (ScheduledMove move : moves.values()) {
            sum += move.bytes;
        }
        return sum;
    }

    /** How much of the present plan is done, 0 to 1, by the share of the ring; 1 if nothing is planned. */
    public double fraction() {
        return MoveNotes.fractionOf(moves.values(), null);
    }

    /** Whether nothing is running or waiting. */
    public boolean idle() {
        for (ScheduledMove move : moves.values()) {
            if (!move.isDone()) {
                return false;
            }
        }
        return true;
    }

    private boolean reachableChanged(View present) {
        for (Integer member : present.members().keySet()) {
            if (host.isUp(member) != reachable.contains(member)) {
                return true;
            }
        }
        return false;
    }

    private void plan(View present) {
        replan = false;
        reachable = new TreeSet<>();
        for (Integer member : present.members().keySet()) {
            if (host.isUp(member)) {
                reachable.add(member);
            }
        }
        Map<MovementPlan.Move, ScheduledMove> planned = new LinkedHashMap<>();
        for (MovementPlan.Move move : MovementPlan.of(present, reachable)) {
            ScheduledMove known = moves.remove(move);
            planned.put(move, known != null ? known : new ScheduledMove(move, present.epoch()));
        }
        for (ScheduledMove gone : List.copyOf(moves.values())) {
            drop(gone);
        }
        moves = planned;
        notes.planned(moves.values());
    }

    private void drop(ScheduledMove move) {
        moves.remove(move.plan);
        if (move.isRunning()) {
            toCancel.put(move.attempt, move.plan.target());
        }
    }

    private void start(long nowNs, Effects effects) {
        Map<Integer, Integer> bySource = new TreeMap<>();
        Map<Integer, Integer> byTarget = new TreeMap<>();
        int running = 0;
        for (ScheduledMove move : moves.values()) {
            if (move.isRunning()) {
                countIn(move, bySource, byTarget);
                running++;
            }
        }
        List<ScheduledMove> starting = new ArrayList<>();
        for (ScheduledMove move : moves.values()) {
            if (move.mayBeTried(nowNs) && hasRoom(move, bySource, byTarget) && isReady(move)) {
                countIn(move, bySource, byTarget);
                starting.add(move);
            }
        }
        for (ScheduledMove move : starting) {
            start(move, running + starting.size(), nowNs, effects);
        }
    }

    private static void countIn(ScheduledMove move, Map<Integer, Integer> bySource, Map<Integer, Integer> byTarget) {
        byTarget.merge(move.plan.target(), 1, Integer::sum);
        Integer source = move.plan.source();
        if (source != null) {
            bySource.merge(source, 1, Integer::sum);
        }
    }

    private static boolean hasRoom(ScheduledMove move, Map<Integer, Integer> bySource, Map<Integer, Integer> byTarget) {
        Integer source = move.plan.source();
        return byTarget.getOrDefault(move.plan.target(), 0) < MAX_PER_MEMBER
                && (source == null || bySource.getOrDefault(source, 0) < MAX_PER_MEMBER);
    }

    private boolean isReady(ScheduledMove move) {
        Integer source = move.plan.source();
        return host.isUp(move.plan.target())
                && host.mayBeFilled(move.plan.target(), move.plan.ranges())
                && (source == null || (host.isUp(source) && host.settledBefore(source, move.epoch)));
    }

    private void start(ScheduledMove move, int sharers, long nowNs, Effects effects) {
        boolean first = move.attempt == 0;
        lastNumber++;
        move.started(lastNumber, nowNs);
        MovementPlan.Move plan = move.plan;
        Integer source = plan.source();
        ServerNode from = source == null ? null : host.address(source);
        long share = bytesPerSecond == 0 ? 0 : Math.max(1, bytesPerSecond / sharers);
        send(plan.target(), new StartMove(lastNumber, move.epoch, from, plan.ranges(), share), effects);
        notes.started(plan, first, nowNs, effects);
    }

    private void send(int member, MoveMessage message, Effects effects) {
        if (host.isUp(member)) {
            host.send(member, message, effects);
        }
    }

    private void failed(ScheduledMove move, String reason, long nowNs, Effects effects) {
        String news = move.failed(reason, nowNs);
        if (news != null) {
            notes.failed(move.plan, news, effects);
        }
    }

    private @Nullable ScheduledMove running(int target, long number) {
        for (ScheduledMove move : moves.values()) {
            if (move.isRunning() && move.attempt == number && move.plan.target() == target) {
                return move;
            }
        }
        return null;
    }

    private void setTimer(long nowNs, Effects effects) {
        if (idle()) {
            return;
        }
        boolean waiting = false;
        for (ScheduledMove move : moves.values()) {
            waiting |= move.state == ScheduledMove.State.WAITING;
        }
        long wantedNs = nowNs + (waiting ? WAITING_TICK_NS : RUNNING_TICK_NS);
        if (!timerSet || wantedNs < timerAtNs) {
            timerSet = true;
            timerAtNs = wantedNs;
            effects.setTimer(TIMER, timerAtNs);
        }
    }
}
