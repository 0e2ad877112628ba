package com.kvstore.sim.check;

import com.kvstore.common.Bytes;
import com.kvstore.sim.check.HistoryChecker.Violation;
import com.kvstore.sim.check.Operation.Kind;
import com.kvstore.sim.check.Operation.Outcome;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Whether the operations on one key could have happened one after the other, each between its start and its end.
 *
 * <p>Just-in-time linearization (Wing, Gong: Testing and verifying concurrent objects, 1993; Lowe: Testing for
 * linearizability, 2017): walks through starts and ends in the order of time with the set of all states the key can be
 * in; at the end of an operation, each state is led through that operation, and through others under way before it where
 * that is possible.
 *
 * <p>Writes of unknown outcome stay under way for ever, and trying all their subsets would not end. Instead they are used
 * only where the next known operation needs them: to make the key exist, to make it absent, or to give it the value that
 * is read. Dropping an unknown write that nothing needs from a valid order leaves a valid order, so nothing is missed;
 * and of two equal states the one that has used fewer unknown writes can do all the other can, so only it is kept.
 */
final class KeyChecker {
    private static final int ABSENT = 0;
    private static final int LINES_SHOWN = 25;

    private record Step(long timeNs, boolean end, int operation) {}

    /**
     * A state the key can be in.
     *
     * @param value what it holds, {@link #ABSENT} or the number of a written value
     * @param done of the known operations under way, those that have taken effect, by slot
     * @param used of the unknown writes, those that have taken effect
     */
    private record State(int value, long done, BitSet used) {}

    private final Bytes key;
    private final List<Operation> operations = new ArrayList<>();
    private final List<Operation> refused = new ArrayList<>();
    private final Map<Bytes, Integer> values = new HashMap<>();
    private final int[] valueOf;
    private final boolean[] isRead;
    /** The known operations under way; -1 where a slot is free. */
    private final int[] slots = new int[Long.SIZE];
    /** The unknown writes that have started. */
    private final BitSet unknown = new BitSet();

    KeyChecker(Bytes key, List<Operation> ofKey) {
        this.key = key;
        for (Operation operation : ofKey) {
            if (operation.outcome() == Outcome.NOT_APPLIED) {
                refused.add(operation);
            } else if (operation.kind() != Kind.GET || operation.outcome() != Outcome.UNKNOWN) {
                operations.add(operation);
            }
        }
        valueOf = new int[operations.size()];
        for (int i = 0; i < valueOf.length; i++) {
            Bytes value = operations.get(i).value();
            valueOf[i] = value == null ? ABSENT : values.computeIfAbsent(value, any -> values.size() + 1);
        }
        isRead = new boolean[values.size() + 1];
        for (int i = 0; i < valueOf.length; i++) {
            if (operations.get(i).kind() == Kind.GET) {
                isRead[valueOf[i]] = true;
            }
        }
        Arrays.fill(slots, -1);
    }

    Optional<Violation> check() {
        States states = new States();
        states.add(new State(ABSENT, 0, new BitSet()));
        for (Step step : steps()) {
            if (!step.end) {
                start(step.operation);
                continue;
            }
            int slot = slotOf(step.operation);
            States after = new States();
            States seen = new States();
            for (State state : states.all()) {
                lead(state, slot, after, seen);
            }
            slots[slot] = -1;
            if (after.all().isEmpty()) {
                return Optional.of(new Violation(key, explain(operations.get(step.operation), states)));
            }
            states = after;
        }
        return Optional.empty();
    }

    private List<Step> steps() {
        List<Step> steps = new ArrayList<>();
        for (int i = 0; i < operations.size(); i++) {
            Operation operation = operations.get(i);
            steps.add(new Step(operation.startNs(), false, i));
            if (operation.outcome() != Outcome.UNKNOWN) {
                steps.add(new Step(operation.endNs(), true, i));
            }
        }
        // Starts before ends of the same time: what touches is concurrent.
        steps.sort(Comparator.comparingLong(Step::timeNs).thenComparing(Step::end));
        return steps;
    }

    private void start(int operation) {
        if (operations.get(operation).outcome() == Outcome.UNKNOWN) {
            unknown.set(operation);
        } else {
            slots[slotOf(-1)] = operation;
        }
    }

    private int slotOf(int operation) {
        for (int slot = 0; slot < slots.length; slot++) {
            if (slots[slot] == operation) {
                return slot;
            }
        }
        throw new IllegalArgumentException("more than " + slots.length + " operations at once on key " + key);
    }

    /** Adds to {@code after} every state to which {@code state} can come once the operation in {@code slot} has taken effect. */
    private void lead(State state, int slot, States after, States seen) {
        long bit = 1L << slot;
        if ((state.done & bit) != 0) {
            after.add(new State(state.value, state.done & ~bit, state.used));
            return;
        }
        if (!seen.add(state)) {
            return;
        }
        for (State next : apply(state, slots[slot])) {
            after.add(next);
        }
        for (int other = 0; other < slots.length; other++) {
            long otherBit = 1L << other;
            if (other != slot && slots[other] >= 0 && (state.done & otherBit) == 0) {
                for (State next : apply(state, slots[other])) {
                    lead(new State(next.value, next.done | otherBit, next.used), slot, after, seen);
                }
            }
        }
    }

    /** The states after one known operation, with the fewest unknown writes before it that make it possible. */
    private List<State> apply(State state, int index) {
        Operation operation = operations.get(index);
        boolean found = operation.outcome() == Outcome.DONE;
        if (!found) {
            return afterAbsent(state, ABSENT);
        }
        return switch (operation.kind()) {
            case GET -> afterValue(state, valueOf[index]);
            case PUT, ERASE -> List.of(new State(valueOf[index], state.done, state.used));
            case UPDATE, DELETE -> afterPresent(state, valueOf[index]);
        };
    }

    private List<State> afterAbsent(State state, int result) {
        if (state.value == ABSENT) {
            return List.of(new State(result, state.done, state.used));
        }
        for (int i = unknown.nextSetBit(0); i >= 0; i = unknown.nextSetBit(i + 1)) {
            if (!state.used.get(i) && !operations.get(i).writesValue()) {
                return List.of(new State(result, state.done, with(state.used, i))); // one delete is as good as another
            }
        }
        return List.of();
    }

    private List<State> afterPresent(State state, int result) {
        if (state.value != ABSENT) {
            return List.of(new State(result, state.done, state.used));
        }
        List<State> found = new ArrayList<>();
        for (BitSet used : madePresent(state.used)) {
            found.add(new State(result, state.done, used));
        }
        return found;
    }

    private List<State> afterValue(State state, int value) {
        if (state.value == value) {
            return List.of(state);
        }
        List<State> found = new ArrayList<>();
        for (int i = unknown.nextSetBit(0); i >= 0; i = unknown.nextSetBit(i + 1)) {
            if (state.used.get(i) || !operations.get(i).writesValue() || valueOf[i] != value) {
                continue;
            }
            BitSet used = with(state.used, i);
            if (operations.get(i).kind() == Kind.PUT || state.value != ABSENT) {
                found.add(new State(value, state.done, used));
            } else {
                madePresent(used).forEach(more -> found.add(new State(value, state.done, more)));
            }
        }
        return found;
    }

    /** Ways to make an absent key exist: any unknown put that is read somewhere, or one of those that never are. */
    private List<BitSet> madePresent(BitSet used) {
        List<BitSet> ways = new ArrayList<>();
        boolean unread = false;
        for (int i = unknown.nextSetBit(0); i >= 0; i = unknown.nextSetBit(i + 1)) {
            if (used.get(i) || operations.get(i).kind() != Kind.PUT || (unread && !isRead[valueOf[i]])) {
                continue;
            }
            unread |= !isRead[valueOf[i]];
            ways.add(with(used, i));
        }
        return ways;
    }

    private static BitSet with(BitSet used, int one) {
        BitSet more = (BitSet) used.clone();
        more.set(one);
        return more;
    }

    private String explain(Operation impossible, States before) {
        StringBuilder text = new StringBuilder("not linearizable: this cannot be\n    ").append(impossible);
        for (Operation other : refused) {
            if (impossible.kind() == Kind.GET
                    && other.value() != null
                    && other.value().equals(impossible.value())) {
                text.append("\n  it shows a write that was answered \"not applied\":\n    ")
                        .append(other);
            }
        }
        text.append("\n  the key could hold only:");
        before.all().stream().map(state -> name(state.value)).distinct().forEach(name -> text.append(' ')
                .append(name));
        text.append("\n  what was asked for before it ended:");
        List<Operation> earlier = new ArrayList<>(operations);
        earlier.addAll(refused);
        earlier.removeIf(each -> each.startNs() > impossible.endNs());
        earlier.sort(Comparator.comparingLong(Operation::startNs));
        for (Operation each : earlier.subList(Math.max(0, earlier.size() - LINES_SHOWN), earlier.size())) {
            text.append("\n    ").append(each);
        }
        return text.toString();
    }

    private String name(int value) {
        for (Map.Entry<Bytes, Integer> entry : values.entrySet()) {
            if (entry.getValue() == value) {
                return entry.getKey().toString();
            }
        }
        return "(nothing)";
    }

    /** A set of states without those that another one makes superfluous. */
    private static final class States {
        private record Place(int value, long done) {}

        private final Map<Place, List<BitSet>> used = new HashMap<>();

        /** @return false if a state that is as good is there */
        boolean add(State state) {
            List<BitSet> sets = used.computeIfAbsent(new Place(state.value, state.done), any -> new ArrayList<>(1));
            for (BitSet set : sets) {
                if (isSubset(set, state.used)) {
                    return false;
                }
            }
            sets.removeIf(set -> isSubset(state.used, set));
            sets.add(state.used);
            return true;
        }

        List<State> all() {
            List<State> all = new ArrayList<>();
            used.forEach((place, sets) -> sets.forEach(set -> all.add(new State(place.value, place.done, set))));
            return all;
        }

        private static boolean isSubset(BitSet small, BitSet large) {
            if (small.cardinality() > large.cardinality()) {
                return false;
            }
            BitSet both = (BitSet) small.clone();
            both.andNot(large);
            return both.isEmpty();
        }
    }
}
