package com.kvstore.protocol.movement;

import com.kvstore.common.ServerNode;
import com.kvstore.common.Version;
import com.kvstore.protocol.kernel.Effects;
import com.kvstore.protocol.kernel.TimerId;
import com.kvstore.protocol.membership.Range;
import com.kvstore.protocol.movement.MoveMessage.CancelMove;
import com.kvstore.protocol.movement.MoveMessage.Chunk;
import com.kvstore.protocol.movement.MoveMessage.MoveDone;
import com.kvstore.protocol.movement.MoveMessage.MoveFailed;
import com.kvstore.protocol.movement.MoveMessage.OpenMove;
import com.kvstore.protocol.movement.MoveMessage.RefuseMove;
import com.kvstore.protocol.movement.MoveMessage.StartMove;
import com.kvstore.protocol.parts.RecordTable;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The slave that is being filled: pulls what differs from each move's source, one question at a time, on one link a move.
 *
 * <p>Threading: belongs to one machine, which hands over links, messages and timers; every {@code on…} method answers
 * whether the event was this part's, and then nobody else need look at it.
 *
 * <p>A move goes: connecting, then asking and answered by turns (with rests, see {@link Pace}; without one, the
 * next question is on its way while an answer is taken in), then done or failed;
 * or, without a source, erasing step by step. A failed move is forgotten: the coordinator starts another one, which is
 * cheap where this one has already been.
 *
 * <p>Bounded: each call looks at a few thousand records; each move has one question under way, and asks no more while much
 * of what it has taken in waits for the disk.
 *
 * <p>Failure behaviour: a source that refuses, goes away, says nothing for 15 s or answers nonsense fails its move, and
 * the coordinator is told why.
 */
public final class MoveTarget {
    static final String THROTTLE_TIMER = "move-throttle";
    static final String ERASE_TIMER = "move-erase";
    static final String ANSWER_TIMER = "move-answer";
    static final String APPLY_TIMER = "move-apply";

    static final long PROGRESS_INTERVAL_NS = 200_000_000L;
    static final long ANSWER_TIMEOUT_NS = 15_000_000_000L;
    /** A throttled move says so often that it is alive. */
    static final long MAX_PAUSE_NS = 5_000_000_000L;
    /** So often a move looks whether the disk has caught up. */
    static final long BEHIND_PAUSE_NS = 10_000_000L;

    /** Whoever sees to it that what was filled becomes durable. */
    public interface Durability {
        /** Tells the coordinator how a move goes, as soon as that may be said. */
        void report(long coordinatorLink, MoveMessage message, Effects effects);

        /** Whether so much waits to become durable that no more should be taken in. */
        boolean isBehind();
    }

    private final RecordTable table;
    private final LongSupplier requests;
    private final Consumer<List<Version>> learned;
    private final Durability durability;
    /** By number of the move; in the order they were started. */
    private final Map<Long, RunningMove> runs = new LinkedHashMap<>();
    /** Moves whose link is open. */
    private final Map<Long, RunningMove> byLink = new HashMap<>();
    /** Connections asked for and not heard of yet: links to one peer are alike, so any waiting move takes the next. */
    private final Map<ServerNode, Integer> connecting = new HashMap<>();
    /** Links this part has closed and whose end it has not heard of yet. */
    private final Set<Long> closing = new HashSet<>();

    /**
     * @param table what is filled
     * @param requests how many requests of clients this node has served so far: moves step back while it serves many
     * @param learned told, when a move ends, what its source knew to be committed
     * @param durability lets {@link MoveDone} leave once what was filled is durable
     */
    public MoveTarget(
            RecordTable table, LongSupplier requests, Consumer<List<Version>> learned, Durability durability) {
        this.table = table;
        this.requests = requests;
        this.learned = learned;
        this.durability = durability;
    }

    /**
     * Begins a move, beside those under way; one of the same number begins again.
     *
     * @param coordinatorLink where to report
     */
    public void start(StartMove start, long coordinatorLink, long nowNs, Effects effects) {
        RunningMove before = runs.get(start.move());
        if (before != null) {
            forget(before, effects);
        }
        Pace pace = new Pace(start.bytesPerSecond(), requests.getAsLong(), nowNs);
        RunningMove run =
                new RunningMove(start, coordinatorLink, new Filling(table, start), pace, nowNs + PROGRESS_INTERVAL_NS);
        runs.put(start.move(), run);
        ServerNode source = start.source();
        if (source == null) {
            effects.setTimer(new TimerId(ERASE_TIMER, start.move()), nowNs);
        } else {
            connecting.merge(source, 1, Integer::sum);
            effects.connect(source);
        }
    }

    /** Handles {@link Chunk} and {@link RefuseMove} from sources and {@link CancelMove} from the coordinator. */
    public boolean on(long link, MoveMessage message, long nowNs, Effects effects) {
        if (message instanceof CancelMove cancel) {
            RunningMove run = runs.get(cancel.move());
            if (run != null) {
                forget(run, effects);
            }
            return true;
        }
        RunningMove run = byLink.get(link);
        if (message instanceof Chunk chunk) {
            if (run != null && run.start.move() == chunk.move()) {
                take(run, chunk, nowNs, effects);
            }
            return true;
        }
        if (message instanceof RefuseMove refusal) {
            if (run != null && run.start.move() == refusal.move()) {
                fail(run, run.start.source() + " refused: " + refusal.reason(), effects);
            }
            return true;
        }
        return false;
    }

    /** @return whether this part asked for the link */
    public boolean onLinkOpened(long link, ServerNode peer, long nowNs, Effects effects) {
        if (!heardOfConnect(peer)) {
            return false;
        }
        RunningMove run = firstWaitingFor(peer);
        if (run == null) {
            // Its move was cancelled while the link was being opened.
            closing.add(link);
            effects.close(link);
            return true;
        }
        run.connected = true;
        run.link = link;
        byLink.put(link, run);
        effects.send(link, new OpenMove(run.start.move(), run.start.epoch(), run.start.ranges()));
        ask(run, nowNs, effects);
        return true;
    }

    /** @return whether this part asked for the connection */
    public boolean onConnectFailed(ServerNode peer, boolean refused, Effects effects) {
        if (!heardOfConnect(peer)) {
            return false;
        }
        RunningMove run = firstWaitingFor(peer);
        if (run != null && waitingFor(peer) > connecting.getOrDefault(peer, 0)) {
            String how = refused ? " refuses connections" : " does not answer";
            fail(run, peer + how, effects);
        }
        return true;
    }

    /** @return whether the link was one of this part's */
    public boolean onLinkClosed(long link, Effects effects) {
        if (closing.remove(link)) {
            return true;
        }
        RunningMove run = byLink.remove(link);
        if (run == null) {
            return false;
        }
        run.connected = false;
        fail(run, "the connection to " + run.start.source() + " was lost", effects);
        return true;
    }

    /** @return whether the timer was one of this part's */
    public boolean onTimer(TimerId timer, long nowNs, Effects effects) {
        RunningMove run = runs.get(timer.subject());
        switch (timer.kind()) {
            case THROTTLE_TIMER -> {
                if (run != null && run.connected && !run.asking) {
                    askInTime(run, nowNs, effects);
                }
            }
            case APPLY_TIMER -> {
                if (run != null && run.unapplied != null) {
                    run.applyRest();
                    finishedOrReported(run, nowNs, effects);
                }
            }
            case ERASE_TIMER -> {
                if (run != null) {
                    eraseStep(run, nowNs, effects);
                }
            }
            case ANSWER_TIMER -> {
                if (run != null && run.asking) {
                    fail(run, run.start.source() + " has not answered for 15 s", effects);
                }
            }
            default -> {
                return false;
            }
        }
        return true;
    }

    /** Whether a move is under way. */
    public boolean active() {
        return !runs.isEmpty();
    }

    /** Drops every move without a word, and its link: another coordinator, or a new link to the same, starts anew. */
    public void reset(Effects effects) {
        for (RunningMove run : runs.values().toArray(new RunningMove[0])) {
            forget(run, effects);
        }
    }

    /**
     * Another view: what is not being filled in it must not be changed by what an older move's source still sends.
     *
     * @param filling whether this node's copies of all of these ranges are being filled
     */
    public void viewChanged(Predicate<List<Range>> filling, Effects effects) {
        for (RunningMove run : runs.values().toArray(new RunningMove[0])) {
            if (!filling.test(run.start.ranges())) {
                fail(run, "the membership has changed on the way", effects);
            }
        }
    }

    /** Nothing can be stored for now: every move has failed. */
    public void failAll(String reason, Effects effects) {
        for (RunningMove run : runs.values().toArray(new RunningMove[0])) {
            fail(run, reason, effects);
        }
    }

    private void take(RunningMove run, Chunk chunk, long nowNs, Effects effects) {
        if (!run.asking) {
            fail(run, run.start.source() + " answered without being asked", effects);
            return;
        }
        run.asking = false;
        effects.cancelTimer(new TimerId(ANSWER_TIMER, run.start.move()));
        run.applyRest();
        long before = run.filling.bytes();
        String problem = run.filling.check(chunk);
        if (problem != null) {
            fail(run, problem, effects);
            return;
        }
        run.pace.took(run.filling.bytes() - before, requests.getAsLong(), chunk.requests(), nowNs);
        learned.accept(chunk.committed());
        run.unapplied = chunk;
        if (!run.filling.complete() && pauseNs(run, nowNs) <= 0) {
            // The source looks for more while this is taken in.
            ask(run, nowNs, effects);
            effects.setTimer(new TimerId(APPLY_TIMER, run.start.move()), nowNs);
        } else {
            run.applyRest();
            if (!finishedOrReported(run, nowNs, effects)) {
                askInTime(run, nowNs, effects);
            }
        }
    }

    private void eraseStep(RunningMove run, long nowNs, Effects effects) {
        run.filling.erase();
        if (!finishedOrReported(run, nowNs, effects)) {
            // At once, but not within this call: other inputs come in between.
            long pauseNs = durability.isBehind() ? BEHIND_PAUSE_NS : 0;
            effects.setTimer(new TimerId(ERASE_TIMER, run.start.move()), nowNs + pauseNs);
        }
    }

    /**
     * Reports what there is to report.
     *
     * @return whether the move is finished and forgotten
     */
    private boolean finishedOrReported(RunningMove run, long nowNs, Effects effects) {
        Filling filling = run.filling;
        if (filling.complete()) {
            forget(run, effects);
            MoveDone done = new MoveDone(run.start.move(), filling.keys(), filling.bytes());
            durability.report(run.coordinatorLink, done, effects);
            return true;
        }
        if (nowNs - run.nextProgressNs >= 0) {
            run.nextProgressNs = nowNs + PROGRESS_INTERVAL_NS;
            effects.send(run.coordinatorLink, filling.progress());
        }
        return false;
    }

    private void askInTime(RunningMove run, long nowNs, Effects effects) {
        long pauseNs = pauseNs(run, nowNs);
        if (pauseNs <= 0) {
            ask(run, nowNs, effects);
            return;
        }
        finishedOrReported(run, nowNs, effects);
        effects.setTimer(new TimerId(THROTTLE_TIMER, run.start.move()), nowNs + Math.min(pauseNs, MAX_PAUSE_NS));
    }

    private long pauseNs(RunningMove run, long nowNs) {
        long paceNs = run.pace.nextNs() - nowNs;
        return durability.isBehind() ? Math.max(paceNs, BEHIND_PAUSE_NS) : paceNs;
    }

    private void ask(RunningMove run, long nowNs, Effects effects) {
        run.asking = true;
        effects.setTimer(new TimerId(ANSWER_TIMER, run.start.move()), nowNs + ANSWER_TIMEOUT_NS);
        run.pace.asked(nowNs);
        effects.send(run.link, run.filling.fetch(run.pace.fetchBytes()));
    }

    private void fail(RunningMove run, String reason, Effects effects) {
        forget(run, effects);
        effects.send(run.coordinatorLink, new MoveFailed(run.start.move(), reason));
    }

    private void forget(RunningMove run, Effects effects) {
        long move = run.start.move();
        runs.remove(move);
        if (run.connected) {
            byLink.remove(run.link);
            closing.add(run.link);
            effects.close(run.link);
        }
        effects.cancelTimer(new TimerId(THROTTLE_TIMER, move));
        effects.cancelTimer(new TimerId(APPLY_TIMER, move));
        effects.cancelTimer(new TimerId(ERASE_TIMER, move));
        effects.cancelTimer(new TimerId(ANSWER_TIMER, move));
    }

    /**
     * Counts one connection to {@code peer} as heard of.
     *
     * @return false if none was asked for
     */
    private boolean heardOfConnect(ServerNode peer) {
        Integer asked = connecting.get(peer);
        if (asked == null) {
            return false;
        }
        if (asked == 1) {
            connecting.remove(peer);
        } else {
            connecting.put(peer, asked - 1);
        }
        return true;
    }

    private @Nullable RunningMove firstWaitingFor(ServerNode peer) {
        for (RunningMove run : runs.values()) {
            if (!run.connected && peer.equals(run.start.source())) {
                return run;
            }
        }
        return null;
    }

    private int waitingFor(ServerNode peer) {
        int waiting = 0;
        for (RunningMove run : runs.values()) {
            if (!run.connected && peer.equals(run.start.source())) {
                waiting++;
            }
        }
        return waiting;
    }
}
