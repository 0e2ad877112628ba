package com.kvstore.client;

import com.kvstore.client.PromptCommand.Ask;
import com.kvstore.common.Bytes;
import com.kvstore.common.Command;
import com.kvstore.common.Write;
import java.util.HashMap;
import java.util.Map;

/**
 * Lets many commands be under way at once and still gives the results they would have one after the other: a command waits
 * while an earlier one for its key is under way, unless both only read.
 *
 * <p>Bounded: the commands under way together cost at most {@link #BUDGET_BYTES}, where a read is taken to answer a large
 * value.
 *
 * <p>Threading: safe; {@link #enter} and {@link #awaitIdle} block.
 */
final class Pipeline {
    private static final int BUDGET_BYTES = 32 * 1024 * 1024;
    private static final int READ_COST_BYTES = 1024 * 1024;
    private static final int WRITE_COST_BYTES = 32 * 1024;
    /** What stands in a lane for a command that writes; a positive number counts reads. */
    private static final int WRITING = -1;

    private final Map<Bytes, Integer> lanes = new HashMap<>();
    private long used;

    /** What a command takes of the budget. */
    static int cost(Ask ask) {
        int cost = READ_COST_BYTES;
        if (ask.command() instanceof Command.Transact transact) {
            cost = WRITE_COST_BYTES;
            for (Write write : transact.writes()) {
                Bytes value = write.value();
                cost += write.key().length() + (value == null ? 0 : value.length());
            }
        }
        return cost;
    }

    /** Waits until the command may begin; {@link #answered} and {@link #consumed} must follow, once each. */
    synchronized void enter(Ask ask, int cost) throws InterruptedException {
        while (blocked(ask) || (used > 0 && used + cost > BUDGET_BYTES)) {
            wait();
        }
        used += cost;
        lanes.merge(ask.subject(), ask.writes() ? WRITING : 1, Integer::sum);
    }

    private boolean blocked(Ask ask) {
        Integer lane = lanes.get(ask.subject());
        return lane != null && (lane == WRITING || ask.writes());
    }

    /** The command has its answer: the next one for its key may begin. */
    synchronized void answered(Ask ask) {
        Integer lane = lanes.get(ask.subject());
        if (lane == null || lane == WRITING || lane == 1) {
            lanes.remove(ask.subject());
        } else {
            lanes.put(ask.subject(), lane - 1);
        }
        notifyAll();
    }

    /** The answer is dealt with and forgotten. */
    synchronized void consumed(int cost) {
        used -= cost;
        notifyAll();
    }

    /** Waits until every command that entered is answered and dealt with. */
    synchronized void awaitIdle() throws InterruptedException {
        while (used > 0) {
            wait();
        }
    }
}
