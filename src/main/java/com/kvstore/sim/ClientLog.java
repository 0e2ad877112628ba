package com.kvstore.sim;

import com.kvstore.common.Bytes;
import com.kvstore.common.Command;
import com.kvstore.common.Condition;
import com.kvstore.common.ErrorCode;
import com.kvstore.common.Result;
import com.kvstore.common.Version;
import com.kvstore.common.Write;
import com.kvstore.sim.check.History;
import com.kvstore.sim.check.Operation.Kind;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
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
    /** Of those, the ones that no side log judges. */
    private final Set<Bytes> registers = new TreeSet<>();

    private final Map<Bytes, Long> writtenFromNs = new HashMap<>();
    private final List<SideLog> sides = new ArrayList<>();
    /** Of writes under the condition that a key holds what one transaction wrote, those that were carried out. */
    private final Map<String, Integer> winners = new TreeMap<>();

    private final List<String> wrong = new ArrayList<>();
    /** The newest version of each key under which a client was told that its write stands, and whether it is a value. */
    private final SortedMap<Bytes, Stands> acknowledged = new TreeMap<>();

    private int lostAnswers;
    private long transactions;

    private record Stands(Version version, boolean isValue) {}

    private void acknowledged(Command command, Result.Ack ack) {
        if (command instanceof Command.Transact transact) {
            for (Write write : transact.writes()) {
                acknowledged.merge(
                        write.key(),
                        new Stands(ack.version(), write.value() != null),
                        (one, other) -> one.version.isNewerThan(other.version) ? one : other);
            }
        }
    }

    /** Keys whose newest acknowledged write is a value, with its version, where answers tell versions. */
    SortedMap<Bytes, Version> acknowledgedValues() {
        SortedMap<Bytes, Version> values = new TreeMap<>();
        acknowledged.forEach((key, stands) -> {
            if (stands.isValue) {
                values.put(key, stands.version);
            }
        });
        return values;
    }

    /** A command on its way. */
    public interface Entry {
        /**
         * An answer came.
         *
         * @param inDoubt an earlier attempt may have taken effect
         * @return whether it settles the matter; if not, ask again or {@link #giveUp}
         */
        boolean conclude(long nowNs, Result result, boolean inDoubt);

        /** No answer that settles it will be waited for. */
        void giveUp(long nowNs, boolean inDoubt);
    }

    /** Counts what is answered. */
    private final class Counted implements Entry {
        private final Command command;
        private final Entry entry;

        private Counted(Command command, Entry entry) {
            this.command = command;
            this.entry = entry;
        }

        @Override
        public boolean conclude(long nowNs, Result result, boolean inDoubt) {
            String name = result.getClass().getSimpleName();
            if (result instanceof Result.Failure failure) {
                name = failure.code().name();
                if (failure.code() == ErrorCode.LOST) {
                    keysOf(command).forEach(lost::add);
                    lostAnswers++;
                }
            } else if (result instanceof Result.Ack ack) {
                name = ack.degraded() ? "Ack (1 copy)" : name;
                acknowledged(command, ack);
            }
            answers.merge(name, 1, Integer::sum);
            return entry.conclude(nowNs, result, inDoubt);
        }

        @Override
        public void giveUp(long nowNs, boolean inDoubt) {
            entry.giveUp(nowNs, inDoubt);
        }
    }

    /** Reads and writes of single keys and transactions: one history entry for each key. */
    private final class Registers implements Entry {
        private final Command command;
        private final List<History.Pending> parts;

        private Registers(Command command, List<History.Pending> parts) {
            this.command = command;
            this.parts = parts;
        }

        @Override
        public boolean conclude(long nowNs, Result result, boolean inDoubt) {
            if (result instanceof Result.Ack) {
                parts.forEach(part -> part.done(nowNs));
                won(command);
                return true;
            } else if (result instanceof Result.Value value) {
                parts.get(0).found(nowNs, value.value());
                return true;
            } else if (result instanceof Result.Values values) {
                found(nowNs, values.values());
                return true;
            } else if (result instanceof Result.Failure failure) {
                return concludeFailure(nowNs, failure, inDoubt);
            }
            throw new SimulationFailure(command + " was answered with " + result);
        }

        private void found(long nowNs, List<Optional<Result.Value>> values) {
            for (int i = 0; i < values.size(); i++) {
                Optional<Result.Value> value = values.get(i);
                if (value.isPresent()) {
                    parts.get(i).found(nowNs, value.get().value());
                } else {
                    parts.get(i).notFound(nowNs);
                }
            }
            // Keys that one transaction alone ever writes: all of them are there, or none.
            boolean torn = values.stream().map(Optional::isPresent).distinct().count() > 1;
            if (torn
                    && !keysOf(command).isEmpty()
                    && keysOf(command).stream().allMatch(key -> key.text().contains("-t"))) {
                wrong.add("half of a transaction was seen at once: " + command + " found " + values);
            }
        }

        private boolean concludeFailure(long nowNs, Result.Failure failure, boolean inDoubt) {
            switch (failure.code()) {
                case NOT_FOUND -> {
                    // Of several keys the answer does not say which was absent.
                    parts.forEach(parts.size() == 1 ? part -> part.notFound(nowNs) : part -> part.notApplied(nowNs));
                    return true;
                }
                case LOST -> {
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

        @Override
        public void giveUp(long nowNs, boolean inDoubt) {
            if (!inDoubt) {
                parts.forEach(part -> part.notApplied(nowNs));
            }
        }
    }

    /** @throws IllegalArgumentException for commands that are about no key */
    public Entry begin(String who, long nowNs, Command command) {
        for (Bytes key : keysOf(command)) {
            keys.add(key);
            if (!(command instanceof Command.Get) && !(command instanceof Command.GetAll)) {
                writtenFromNs.putIfAbsent(key, nowNs);
            }
        }
        for (SideLog side : sides) {
            Entry entry = side.begin(who, nowNs, command);
            if (entry != null) {
                return new Counted(command, entry);
            }
        }
        registers.addAll(keysOf(command));
        return new Counted(command, registers(who, nowNs, command));
    }

    /** Keys that the history is about, of those that were asked for so far. */
    List<Bytes> registers() {
        return List.copyOf(registers);
    }

    /** As {@link Command.GetAll}, and judged as a read of all these keys at one moment. */
    Entry beginReadAtOnce(String who, long nowNs, List<Bytes> registers) {
        long group = ++transactions;
        List<History.Pending> parts = new ArrayList<>();
        for (Bytes key : registers) {
            parts.add(history.begin(who, nowNs, Kind.GET, key, null, group));
        }
        // Not as a command: nobody asked for these keys one by one.
        return new Registers(new Command.GetAll(List.of()), parts);
    }

    private Entry registers(String who, long nowNs, Command command) {
        List<History.Pending> parts = new ArrayList<>();
        if (command instanceof Command.Get get) {
            parts.add(history.begin(who, nowNs, Kind.GET, get.key(), null, 0));
        } else if (command instanceof Command.GetAll get) {
            for (Bytes key : get.keys()) {
                parts.add(history.begin(who, nowNs, Kind.GET, key, null, 0));
            }
        } else if (command instanceof Command.Transact transact) {
            long transaction = transact.writes().size() > 1 ? ++transactions : 0;
            for (Write write : transact.writes()) {
                parts.add(history.begin(who, nowNs, kindOf(write), write.key(), write.value(), transaction));
            }
        } else {
            throw new IllegalArgumentException("not about a key: " + command);
        }
        return new Registers(command, parts);
    }

    /** @param more what judges the keys that it says are its */
    void add(SideLog more) {
        sides.add(more);
    }

    /** One that judges scans and counts. */
    SideLog scans() {
        return new ScanLog(history, writtenFromNs);
    }

    private void won(Command command) {
        if (command instanceof Command.Transact transact) {
            for (Write write : transact.writes()) {
                Condition condition = write.condition();
                boolean names = condition.kind() == Condition.Kind.VERSION || condition.kind() == Condition.Kind.VALUE;
                if (names && winners.merge(write.key() + " " + condition, 1, Integer::sum) > 1) {
                    wrong.add(write.key() + " was overwritten twice under the condition that it is " + condition);
                }
            }
        }
    }

    /** What is wrong beyond the history, where nothing may be lost; empty if all is well. */
    List<String> violations() {
        List<String> all = new ArrayList<>(wrong);
        sides.forEach(side -> all.addAll(side.violations()));
        return all;
    }

    /** How often {@link ErrorCode#LOST} was answered. */
    int lostAnswers() {
        return lostAnswers;
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

    private static List<Bytes> keysOf(Command command) {
        if (command instanceof Command.Get get) {
            return List.of(get.key());
        }
        if (command instanceof Command.GetAll get) {
            return get.keys();
        }
        if (command instanceof Command.Compute compute) {
            return compute.keys();
        }
        List<Bytes> keys = new ArrayList<>();
        if (command instanceof Command.Transact transact) {
            transact.writes().forEach(write -> keys.add(write.key()));
        }
        return keys;
    }

    private static Kind kindOf(Write write) {
        // Whatever the condition is, it asks for a value that is there; a key only the first may write is another
        // log's.
        boolean mustExist = !write.condition().isNone();
        if (write.value() == null) {
            return mustExist ? Kind.DELETE : Kind.ERASE;
        }
        return mustExist ? Kind.UPDATE : Kind.PUT;
    }
}
