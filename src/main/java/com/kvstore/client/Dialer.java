package com.kvstore.client;

import com.kvstore.common.ServerNode;
import java.util.List;
import java.util.Random;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Decides where to connect next, and when: the addresses in turn, waiting longer after each failed attempt, with jitter so
 * that the clients of a restarted node do not all come back in the same moment.
 *
 * <p>Time is an argument. Used from one thread.
 */
final class Dialer {
    private static final long FIRST_DELAY_NS = 20_000_000;
    private static final long LONGEST_DELAY_NS = 1_000_000_000;

    private final Supplier<List<ServerNode>> addresses;
    private final Random random;

    private List<ServerNode> round = List.of();
    private int next;
    private @Nullable ServerNode redirect;
    private int failures;
    private long nextAttemptNs;
    private boolean delayed;

    /** @param addresses asked anew at the beginning of each round through them */
    Dialer(Supplier<List<ServerNode>> addresses, Random random) {
        this.addresses = addresses;
        this.random = random;
    }

    /** How long until the next attempt is due; 0: now. */
    long waitNs(long nowNs) {
        return delayed ? Math.max(0, nextAttemptNs - nowNs) : 0;
    }

    /** The address of the next attempt. */
    ServerNode next() {
        ServerNode elsewhere = redirect;
        if (elsewhere != null) {
            redirect = null;
            return elsewhere;
        }
        if (next >= round.size()) {
            round = addresses.get();
            next = 0;
        }
        return round.get(next++);
    }

    /** Whether every address of this round has been tried. */
    boolean roundOver() {
        return redirect == null && next >= round.size();
    }

    /** A node said that this one is the right one: it is tried next, at once. */
    void redirect(ServerNode node) {
        redirect = node;
        delayed = false;
    }

    void failed(long nowNs) {
        if (!roundOver()) {
            delayed = false;
            return;
        }
        long delay = Math.min(LONGEST_DELAY_NS, FIRST_DELAY_NS << Math.min(failures, 10));
        failures++;
        delayed = true;
        nextAttemptNs = nowNs + delay / 2 + (long) (random.nextDouble() * delay / 2);
    }

    /** Connected: a later loss begins with a new round and the shortest delay. */
    void succeeded() {
        failures = 0;
        next = round.size();
        delayed = false;
    }
}
