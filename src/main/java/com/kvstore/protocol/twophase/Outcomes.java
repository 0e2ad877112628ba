package com.kvstore.protocol.twophase;

import com.kvstore.common.Version;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.Consumer;

/**
 * Transactions with one outcome, kept until the coordinator calls them settled.
 *
 * <p>They come nearly in the order of their versions, so forgetting from the front alone keeps the list short.
 */
final class Outcomes {
    private final Deque<Version> present = new ArrayDeque<>();
    /** Of transactions from before the present coordinator's life, whenever they were carried out. */
    private final Deque<Version> prior = new ArrayDeque<>();

    private long startEpoch;

    void add(Version transaction) {
        (transaction.epoch() < startEpoch ? prior : present).add(transaction);
    }

    boolean contains(Version transaction) {
        return present.contains(transaction) || prior.contains(transaction);
    }

    /** Another coordinator begins, at this epoch. */
    void freeze(long epoch) {
        startEpoch = epoch;
        prior.addAll(present);
        present.clear();
    }

    /** @param forgotten is told of each that goes */
    void settled(Version below, boolean priorToo, Consumer<Version> forgotten) {
        while (!present.isEmpty() && present.peek().compareTo(below) < 0) {
            forgotten.accept(present.remove());
        }
        if (priorToo && !prior.isEmpty()) {
            prior.forEach(forgotten);
            prior.clear();
        }
    }

    void clear() {
        present.clear();
        prior.clear();
    }

    List<Version> list() {
        List<Version> all = new ArrayList<>(prior);
        all.addAll(present);
        return all;
    }
}
