package com.kvstore.protocol.eventual;

import com.kvstore.common.Command;
import com.kvstore.common.ErrorCode;
import com.kvstore.common.Result;
import com.kvstore.protocol.kernel.Effects;
import com.kvstore.protocol.kernel.TimerId;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

/**
 * Up to where the other peers have said that they hold this peer's changes, and who waits for that.
 *
 * <p>Threading: one machine's. Bounded: {@code maxWaiting} requests wait, each for {@link #LONGEST_NS} at most.
 */
final class Confirmations {
    /** Whoever waits for ever asks again. */
    private static final long LONGEST_NS = 60_000_000_000L;

    private static final TimerId DUE = new TimerId("eventual-confirmed", 0);

    private record Waiting(long client, long clock, int copies, long untilNs) {}

    private final EventualConfig config;
    /** By index: this peer's changes up to this version clock are there. */
    private final long[] clocks;

    private final List<Waiting> waiting = new ArrayList<>();

    Confirmations(EventualConfig config) {
        this.config = config;
        this.clocks = new long[config.group().size()];
    }

    /** A peer holds all of this peer's changes up to this version clock. */
    void on(int index, long clock) {
        clocks[index] = Math.max(clocks[index], clock);
    }

    /** The peer's process was replaced by another, which holds nothing that it has not said. */
    void forget(int index) {
        clocks[index] = 0;
    }

    /** Answers once so many other peers hold the version, or the time is over, with how many do. */
    void await(long client, Command.AwaitCopies command, long nowNs, Effects effects) {
        if (Streams.streamOf(command.version()) != config.stream()) {
            effects.reply(
                    client,
                    Result.Failure.of(
                            ErrorCode.BAD_REQUEST,
                            "Who has that write is known at the peer that took it. Ask that one"));
        } else if (waiting.size() >= config.maxWaiting()) {
            effects.reply(
                    client,
                    Result.Failure.of(
                            ErrorCode.OVERLOADED, "Not done: too many requests wait at this peer. Try again later"));
        } else {
            long untilNs = nowNs + Math.min(LONGEST_NS, command.withinMs() * 1_000_000L);
            waiting.add(new Waiting(client, Streams.clockOf(command.version()), command.copies(), untilNs));
            plan(effects);
        }
    }

    void turnEnded(long nowNs, Effects effects) {
        boolean answered = false;
        for (Iterator<Waiting> each = waiting.iterator(); each.hasNext(); ) {
            Waiting one = each.next();
            int copies = holders(one.clock);
            if (copies >= one.copies || nowNs >= one.untilNs) {
                each.remove();
                effects.reply(one.client, new Result.Count(copies));
                answered = true;
            }
        }
        if (answered) {
            plan(effects);
        }
    }

    private int holders(long clock) {
        int holders = 0;
        for (int i = 0; i < clocks.length; i++) {
            holders += i != config.index() && clocks[i] >= clock ? 1 : 0;
        }
        return holders;
    }

    private void plan(Effects effects) {
        waiting.stream().mapToLong(Waiting::untilNs).min().ifPresent(atNs -> effects.setTimer(DUE, atNs));
    }
}
