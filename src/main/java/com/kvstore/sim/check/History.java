package com.kvstore.sim.check;

import com.kvstore.common.Bytes;
import com.kvstore.sim.check.Operation.Kind;
import com.kvstore.sim.check.Operation.Outcome;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Everything the clients of one run did: what {@link HistoryChecker} judges.
 *
 * <p>Threading: belongs to one simulation.
 */
public final class History {
    /** An operation that was asked for and is not answered; one that never is has an unknown outcome. */
    public static final class Pending {
        private final Operation asked;
        private @Nullable Operation answered;

        private Pending(Operation asked) {
            this.asked = asked;
        }

        /** A write is done. */
        public void done(long nowNs) {
            end(nowNs, Outcome.DONE, asked.value());
        }

        /** A read has found {@code value}. */
        public void found(long nowNs, Bytes value) {
            end(nowNs, Outcome.DONE, value);
        }

        /** The key was not there. */
        public void notFound(long nowNs) {
            end(nowNs, Outcome.NOT_FOUND, asked.value());
        }

        /** It was refused and will not take effect. */
        public void notApplied(long nowNs) {
            end(nowNs, Outcome.NOT_APPLIED, asked.value());
        }

        private void end(long nowNs, Outcome outcome, @Nullable Bytes value) {
            answered = new Operation(
                    asked.who(),
                    asked.kind(),
                    asked.key(),
                    value,
                    outcome,
                    new Operation.Span(asked.startNs(), nowNs),
                    asked.transaction());
        }
    }

    private final List<Pending> entries = new ArrayList<>();

    /**
     * @param value what is to be written; null for reads and deletes
     * @param transaction 0, or what all keys of a transaction have in common
     */
    public Pending begin(String who, long nowNs, Kind kind, Bytes key, @Nullable Bytes value, long transaction) {
        Operation.Span open = new Operation.Span(nowNs, Operation.NEVER);
        Pending pending = new Pending(new Operation(who, kind, key, value, Outcome.UNKNOWN, open, transaction));
        entries.add(pending);
        return pending;
    }

    /** In the order they were asked for. */
    public List<Operation> operations() {
        List<Operation> all = new ArrayList<>(entries.size());
        for (Pending entry : entries) {
            all.add(entry.answered == null ? entry.asked : entry.answered);
        }
        return all;
    }
}
