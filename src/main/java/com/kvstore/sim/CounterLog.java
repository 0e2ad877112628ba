package com.kvstore.sim;

import com.kvstore.common.Bytes;
import com.kvstore.common.Command;
import com.kvstore.common.Computation;
import com.kvstore.common.ErrorCode;
import com.kvstore.common.Result;
import com.kvstore.common.Result.Value;
import com.kvstore.common.Write;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Counters that come in pairs: a transaction adds one to both, so they are equal at every moment, and none is lost or
 * counted twice.
 *
 * <p>Threading: belongs to one simulation.
 */
final class CounterLog extends SideLog {
    private static final String PREFIX = "pair";
    /** What a computation answers that was shown two different numbers. */
    private static final long TORN = -1;

    /** The two keys of pair {@code number}. */
    static List<Bytes> pair(int number) {
        return List.of(Bytes.of(PREFIX + number + "a"), Bytes.of(PREFIX + number + "b"));
    }

    /** Adds one to both; answers what they hold then. */
    static Command increment(int number) {
        List<Bytes> keys = pair(number);
        return new Command.Compute(keys, (present, nowMs) -> {
            long first = number(present.get(keys.get(0)));
            if (first != number(present.get(keys.get(1)))) {
                return new Computation.Outcome(List.of(), TORN);
            }
            Bytes next = Bytes.of(Long.toString(first + 1));
            return new Computation.Outcome(
                    List.of(Write.put(keys.get(0), next), Write.put(keys.get(1), next)), first + 1);
        });
    }

    private static long number(@Nullable Value value) {
        return value == null ? 0 : Long.parseLong(value.value().text());
    }

    /** An increment, or a read. */
    private final class Count extends Entry {
        final boolean increments;
        /** Seen, or reached; negative: not known. */
        long count = -1;

        boolean notApplied;

        Count(boolean increments, long startNs) {
            super(startNs);
            this.increments = increments;
        }

        @Override
        void done(Result result) {
            if (result instanceof Result.Computed computed) {
                reached((Long) computed.answer());
            } else if (result instanceof Result.Values values) {
                long first = number(values.values().get(0));
                reached(first == number(values.values().get(1)) ? first : TORN);
            } else {
                count = CounterLog.number((Value) result);
            }
        }

        private long number(Optional<Value> value) {
            return CounterLog.number(value.orElse(null));
        }

        private void reached(long number) {
            count = number;
            if (number == TORN) {
                violated("half of an increment was seen " + when());
            }
        }

        @Override
        void refused(ErrorCode code, boolean inDoubt) {
            notApplied = !inDoubt;
            count = code == ErrorCode.NOT_FOUND && !increments ? 0 : -1;
        }

        @Override
        public String toString() {
            return (increments ? "an increment " : "a read ") + when() + (count < 0 ? "" : ", which has " + count);
        }
    }

    private final Map<String, List<Count>> byPair = new TreeMap<>();

    @Override
    ClientLog.@Nullable Entry begin(String who, long nowNs, Command command) {
        Bytes key = command instanceof Command.Compute compute
                ? compute.keys().get(0)
                : command instanceof Command.GetAll get
                        ? get.keys().get(0)
                        : command instanceof Command.Get get ? get.key() : Bytes.EMPTY;
        String name = key.text();
        if (!name.startsWith(PREFIX)) {
            return null;
        }
        Count count = new Count(command instanceof Command.Compute, nowNs);
        byPair.computeIfAbsent(name.substring(0, name.length() - 1), any -> new ArrayList<>())
                .add(count);
        return count;
    }

    @Override
    void judge() {
        byPair.forEach(this::judge);
    }

    private void judge(String pair, List<Count> counts) {
        Map<Long, Count> reached = new TreeMap<>();
        for (Count count : counts) {
            if (count.count < 0) {
                continue;
            }
            Count same = count.increments ? reached.put(count.count, count) : null;
            if (same != null) {
                violated(pair + ": two increments reached the same: " + same + ", " + count);
            }
            judge(pair, counts, count);
        }
    }

    private void judge(String pair, List<Count> counts, Count seen) {
        long atLeast = 0;
        long atMost = 0;
        for (Count other : counts) {
            boolean earlier = other.endedBefore(seen) && other.count >= 0;
            if (earlier && (seen.increments ? other.count >= seen.count : other.count > seen.count)) {
                violated(pair + ": went back: " + other + ", then " + seen);
                return;
            }
            if (other.increments && !other.notApplied && other.startNs <= seen.endNs) {
                atMost++;
                atLeast += other == seen || earlier ? 1 : 0;
            }
        }
        if (seen.count < atLeast || seen.count > atMost) {
            violated(pair + ": " + seen + ", but at least " + atLeast + " and at most " + atMost
                    + " increments had been carried out");
        }
    }
}
