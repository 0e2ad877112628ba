package com.kvstore.sim;

import com.kvstore.common.Bytes;
import com.kvstore.common.Command;
import com.kvstore.common.Condition;
import com.kvstore.common.ErrorCode;
import com.kvstore.common.Result;
import com.kvstore.common.Write;
import com.kvstore.sim.check.History;
import com.kvstore.sim.check.Operation.Kind;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Turns commands and their answers into a {@link History}, and counts the answers.
 *
 * <p>Threading: belongs to one simulation.
 */
public final class ClientLog {
    private final History history = new History();
    private final Map<String, Integer> answers = new TreeMap<>();
    private final Set<Bytes> lost = new TreeSet<>();
    private final Set<Bytes> keys = new TreeSet<>();
    private long transactions;

    /** A command on its way: one history entry for each key. */
    public final class Entry {
        private final Command command;
        private final List<History.Pending> parts;

        private Entry(Command command, List<History.Pending> parts) {
            this.command = command;
            this.parts = parts;
        }

        /**
         * An answer came.
         *
         * @param inDoubt an earlier attempt may have taken effect
         * @return whether it settles the matter; if not, ask again or {@link #giveUp}
         */
        boolean conclude(long nowNs, Result result, boolean inDoubt) {
            String name = result.getClass().getSimpleName();
            if (result instanceof Result.Ack ack) {
                count(ack.degraded() ? "Ack (1 copy)" : name);
                parts.forEach(part -> part.done(nowNs));
                return true;
            } else if (result instanceof Result.Value value) {
                count(name);
                parts.get(0).found(nowNs, value.value());
                return true;
            } else if (result instanceof Result.Failure failure) {
                count(failure.code().name());
                return concludeFailure(nowNs, failure, inDoubt);
            }
            throw new SimulationFailure(command + " was answered with " + result);
        }

        private boolean concludeFailure(long nowNs, Result.Failure failure, boolean inDoubt) {
            switch (failure.code()) {
                case NOT_FOUND -> {
                    // Of several keys the answer does not say which was absent.
                    parts.forEach(parts.size() == 1 ? part -> part.notFound(nowNs) : part -> part.notApplied(nowNs));
                    return true;
                }
                case LOST -> {
                    keysOf(command).forEach(lost::add);
                    if (!inDoubt) {
                        parts.forEach(part -> part.notApplied(nowNs));
                    }
                    return true;
                }
                case OUTCOME_UNKNOWN, UNAVAILABLE, OVERLOADED, NO_NODES, NO_SPACE, CONFLICT -> {
                    return false;
                }
                default -> throw new SimulationFailure(command + " was answered with " + failure);
            }
        }

        /** No answer that settles it will be waited for. */
        void giveUp(long nowNs, boolean inDoubt) {
            if (!inDoubt) {
                parts.forEach(part -> part.notApplied(nowNs));
            }
        }
    }

    /** @throws IllegalArgumentException for commands that are about no key */
    public Entry begin(String who, long nowNs, Command command) {
        List<History.Pending> parts = new ArrayList<>();
        if (command instanceof Command.Get get) {
            parts.add(history.begin(who, nowNs, Kind.GET, get.key(), null, 0));
        } else if (command instanceof Command.Transact transact) {
            long transaction = transact.writes().size() > 1 ? ++transactions : 0;
            for (Write write : transact.writes()) {
                parts.add(history.begin(who, nowNs, kindOf(write), write.key(), write.value(), transaction));
            }
        } else {
            throw new IllegalArgumentException("not about a key: " + command);
        }
        keys.addAll(keysOf(command));
        return new Entry(command, parts);
    }

    /** From now on, these keys may be found to have been erased: an event outside the clients' doing. */
    void mayBeErased(long nowNs, Collection<Bytes> erased) {
        for (Bytes key : erased) {
            history.begin("(loss)", nowNs, Kind.ERASE, key, null, 0);
        }
    }

    public History history() {
        return history;
    }

    /** How often each kind of answer came. */
    public Map<String, Integer> answers() {
        return answers;
    }

    /** Keys for which {@link ErrorCode#LOST} was answered. */
    public Set<Bytes> lost() {
        return lost;
    }

    /** Every key that was asked for. */
    public Set<Bytes> keys() {
        return keys;
    }

    private void count(String answer) {
        answers.merge(answer, 1, Integer::sum);
    }

    private static List<Bytes> keysOf(Command command) {
        if (command instanceof Command.Get get) {
            return List.of(get.key());
        }
        List<Bytes> keys = new ArrayList<>();
        if (command instanceof Command.Transact transact) {
            transact.writes().forEach(write -> keys.add(write.key()));
        }
        return keys;
    }

    private static Kind kindOf(Write write) {
        boolean mustExist = write.condition().kind() == Condition.Kind.EXISTS;
        if (write.value() == null) {
            return mustExist ? Kind.DELETE : Kind.ERASE;
        }
        return mustExist ? Kind.UPDATE : Kind.PUT;
    }
}
