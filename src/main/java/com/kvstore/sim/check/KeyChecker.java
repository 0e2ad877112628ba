package com.kvstore.sim.check;

import com.kvstore.common.Bytes;
import com.kvstore.sim.check.Operation.Kind;
import com.kvstore.sim.check.Operation.Outcome;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Whether the operations on one key could have happened one after the other, each between its start and its end.
 *
 * <p>Just-in-time linearization (Wing, Gong: Testing and verifying concurrent objects, 1993; Lowe: Testing for
 * linearizability, 2017): walks through starts and ends in the order of time with the set of all states the key can be
 * in; at the end of an operation, each state is led through that operation, and through others under way before it where
 * that is possible.
 *
 * <p>Many operations at once on one key would make too many orders to try, so only those are tried that matter:
 *
 * <ul>
 *   <li>What changes nothing takes effect as soon as the key's state allows it.
 *   <li>A write under way takes effect before its end only where another operation needs it: a read of its value, or one
 *       that must find the key there. Otherwise it may also have taken effect just before some other write, where nobody
 *       could see it: that is remembered ({@link KeyState#optional}) and not tried.
 *   <li>Writes of unknown outcome stay under way for ever. They are used only where the next known operation needs them: to
 *       make the key exist, to make it absent, or to give it the value that is read. Dropping one that nothing needs from a
 *       valid order leaves a valid order, so nothing is missed.
 *   <li>Of two states the one from which all can follow that can follow from the other makes that one superfluous.
 * </ul>
 *
 * <p>What that leaves out changes no verdict: {@code ExhaustiveCheckTest} compares it with trying every order.
 *
 * <p>Used from one thread, once.
 */
final class KeyChecker {
    /** The key looked for is not there: the number of no value. */
    static final int ABSENT = 0;
    /** After so many states the matter is left undecided; some 15 s. */
    private static final int MOST_STATES = 300_000;

    private static final int FREE = -1;

    private record Step(long timeNs, boolean end, int operation) {}

    /** Too many operations overlap on one key to find out in reasonable time. */
    static final class Undecided extends Exception {
        private static final long serialVersionUID = 1;
    }

    /**
     * An answer that no order explains.
     *
     * @param possible what the key could hold when it came, null for nothing
     */
    record Impossible(Operation operation, List<@Nullable Bytes> possible) {}

    private final List<Operation> operations = new ArrayList<>();
    private final List<@Nullable Bytes> valueNames = new ArrayList<>();
    private final int[] valueOf;
    /** By number of value: whether some read found it; whether some unknown UPDATE writes it. */
    private final BitSet isRead = new BitSet();

    private final BitSet byUnknownUpdate = new BitSet();
    /** The known operations under way by slot; {@link #FREE} where there is none. */
    private int[] slots = new int[8];

    private final int[] slotOf;
    private final BitSet underWay = new BitSet();
    private final BitSet effectless = new BitSet();
    /** The unknown writes that have started. */
    private final BitSet unknown = new BitSet();

    private int explored;

    KeyChecker(List<Operation> ofKey) {
        for (Operation operation : ofKey) {
            boolean refused = operation.outcome() == Outcome.NOT_APPLIED;
            if (!refused && (operation.kind() != Kind.GET || operation.outcome() != Outcome.UNKNOWN)) {
                operations.add(operation);
            }
        }
        valueOf = new int[operations.size()];
        slotOf = new int[operations.size()];
        Map<Bytes, Integer> numbers = new HashMap<>();
        valueNames.add(null);
        for (int i = 0; i < valueOf.length; i++) {
            Operation operation = operations.get(i);
            Bytes value = operation.value();
            if (value != null) {
                valueOf[i] = numbers.computeIfAbsent(value, any -> numbers.size() + 1);
                if (valueOf[i] == valueNames.size()) {
                    valueNames.add(value);
                }
            }
            if (operation.kind() == Kind.GET) {
                isRead.set(valueOf[i]);
            } else if (operation.kind() == Kind.UPDATE && operation.outcome() == Outcome.UNKNOWN) {
                byUnknownUpdate.set(valueOf[i]);
            }
        }
        Arrays.fill(slots, FREE);
    }

    /** The first answer that cannot be; null if all can. */
    @Nullable Impossible check() throws Undecided {
        KeyStates states = new KeyStates(effectless);
        states.add(new KeyState(ABSENT, new BitSet(), new BitSet(), new BitSet()));
        for (Step step : steps()) {
            if (!step.end) {
                states = start(step.operation, states);
                continue;
            }
            int slot = slotOf[step.operation];
            KeyStates after = new KeyStates(effectless);
            KeyStates seen = new KeyStates(effectless);
            for (KeyState state : states.all()) {
                lead(state, slot, after, seen);
            }
            slots[slot] = FREE;
            underWay.clear(slot);
            effectless.clear(slot);
            if (after.isEmpty()) {
                List<@Nullable Bytes> possible = new ArrayList<>();
                states.values().forEach(value -> possible.add(valueNames.get(value)));
                return new Impossible(operations.get(step.operation), possible);
            }
            states = after;
        }
        return null;
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

    private KeyStates start(int operation, KeyStates states) {
        if (operations.get(operation).outcome() == Outcome.UNKNOWN) {
            unknown.set(operation);
            return states;
        }
        int slot = underWay.nextClearBit(0);
        if (slot == slots.length) {
            slots = Arrays.copyOf(slots, slot * 2);
            Arrays.fill(slots, slot, slots.length, FREE);
        }
        slots[slot] = operation;
        slotOf[operation] = slot;
        underWay.set(slot);
        if (!changesNothing(operations.get(operation))) {
            return states;
        }
        effectless.set(slot);
        KeyStates settled = new KeyStates(effectless);
        for (KeyState state : states.all()) {
            settled.add(settle(state.value(), state.done(), state.optional(), state.used()));
        }
        return settled;
    }

    private static boolean changesNothing(Operation operation) {
        return operation.kind() == Kind.GET || operation.outcome() == Outcome.NOT_FOUND;
    }

    /** A state in which everything that changes nothing and can have taken effect has. */
    private KeyState settle(int value, BitSet done, BitSet optional, BitSet used) {
        BitSet settled = done;
        for (int slot = effectless.nextSetBit(0); slot >= 0; slot = effectless.nextSetBit(slot + 1)) {
            int expected = operations.get(slots[slot]).outcome() == Outcome.NOT_FOUND ? ABSENT : valueOf[slots[slot]];
            if (expected == value) {
                settled = KeyState.plus(settled, slot);
            }
        }
        return new KeyState(value, settled, optional, used);
    }

    /** Adds to {@code after} every state to which {@code state} can come once the operation in {@code slot} has taken effect. */
    private void lead(KeyState state, int slot, KeyStates after, KeyStates seen) throws Undecided {
        if (state.done().get(slot)) {
            after.add(state.without(slot));
            return;
        }
        if (!seen.add(state)) {
            return;
        }
        if (++explored > MOST_STATES) {
            throw new Undecided();
        }
        if (state.optional().get(slot)) {
            after.add(state.without(slot));
        }
        for (KeyState next : apply(state, slot)) {
            after.add(next.without(slot));
        }
        for (int other : worthTrying(state, slot)) {
            for (KeyState next : apply(state, other)) {
                lead(next, slot, after, seen);
            }
        }
    }

    /** The slots of operations whose effect now may help {@code slot}'s operation, or another one, before its end. */
    private List<Integer> worthTrying(KeyState state, int slot) {
        BitSet wanted = new BitSet();
        boolean presenceWanted = false;
        for (int each = underWay.nextSetBit(0); each >= 0; each = underWay.nextSetBit(each + 1)) {
            Operation operation = operations.get(slots[each]);
            if (state.done().get(each) || operation.outcome() != Outcome.DONE) {
                continue;
            }
            if (operation.kind() == Kind.GET) {
                wanted.set(valueOf[slots[each]]);
                presenceWanted |= byUnknownUpdate.get(valueOf[slots[each]]);
            } else {
                presenceWanted |= operation.kind() == Kind.UPDATE || operation.kind() == Kind.DELETE;
            }
        }
        presenceWanted &= state.value() == ABSENT;
        int[] unread = {FREE, FREE};
        List<Integer> worth = new ArrayList<>();
        for (int each = underWay.nextSetBit(0); each >= 0; each = underWay.nextSetBit(each + 1)) {
            Operation operation = operations.get(slots[each]);
            if (each == slot || state.done().get(each)) {
                continue;
            }
            // An absent key's update may be unseen too, but only after an unknown put, which nothing else would try.
            boolean needsUnknownPut = operation.kind() == Kind.UPDATE && state.value() == ABSENT;
            if (!operation.writesValue()
                    || changesNothing(operation)
                    || needsUnknownPut
                    || wanted.get(valueOf[slots[each]])) {
                worth.add(each);
            } else if (presenceWanted && operation.kind() == Kind.PUT) {
                if (isRead.get(valueOf[slots[each]])) {
                    worth.add(each);
                } else {
                    // One that is never read is as good as another; the one that ends first leaves more for later.
                    int which = state.optional().get(each) ? 1 : 0;
                    if (unread[which] == FREE || endNs(each) < endNs(unread[which])) {
                        unread[which] = each;
                    }
                }
            }
        }
        Arrays.stream(unread).filter(each -> each != FREE).forEach(worth::add);
        return worth;
    }

    private long endNs(int slot) {
        return operations.get(slots[slot]).endNs();
    }

    /** The states after one known operation, with the fewest unknown writes before it that make it possible. */
    private List<KeyState> apply(KeyState state, int slot) {
        Operation operation = operations.get(slots[slot]);
        if (operation.outcome() == Outcome.NOT_FOUND) {
            return madeAbsent(state);
        }
        switch (operation.kind()) {
            case GET -> {
                return given(state, valueOf[slots[slot]]);
            }
            case PUT, ERASE -> {
                return List.of(write(state, operation.kind(), valueOf[slots[slot]], slot, state.used()));
            }
            case UPDATE, DELETE -> {
                List<KeyState> after = new ArrayList<>();
                for (KeyState present : state.value() == ABSENT ? madePresent(state, FREE) : List.of(state)) {
                    after.add(write(present, operation.kind(), valueOf[slots[slot]], slot, present.used()));
                }
                return after;
            }
        }
        throw new IllegalStateException("no such kind: " + operation.kind());
    }

    /**
     * The state after a write that takes effect now.
     *
     * @param slot the write's; {@link #FREE} for one of unknown outcome
     */
    private KeyState write(KeyState state, Kind kind, int value, int slot, BitSet used) {
        BitSet done = slot == FREE ? state.done() : KeyState.plus(state.done(), slot);
        BitSet optional = (BitSet) state.optional().clone();
        for (int each = underWay.nextSetBit(0); each >= 0; each = underWay.nextSetBit(each + 1)) {
            Operation other = operations.get(slots[each]);
            if (done.get(each) || other.outcome() != Outcome.DONE) {
                continue;
            }
            boolean unseen =
                    switch (other.kind()) {
                        case PUT -> true;
                        case UPDATE -> state.value() != ABSENT;
                        case ERASE -> kind == Kind.PUT || kind == Kind.ERASE;
                        case GET, DELETE -> false;
                    };
            if (unseen) {
                optional.set(each);
            }
        }
        if (slot != FREE) {
            optional.clear(slot);
        }
        return settle(value, done, optional, used);
    }

    private KeyState writeUnknown(KeyState state, int index) {
        return write(state, operations.get(index).kind(), valueOf[index], FREE, KeyState.plus(state.used(), index));
    }

    private List<KeyState> madeAbsent(KeyState state) {
        for (int i = unknown.nextSetBit(0); i >= 0; i = unknown.nextSetBit(i + 1)) {
            if (!state.used().get(i) && !operations.get(i).writesValue()) {
                return List.of(writeUnknown(state, i)); // one delete is as good as another
            }
        }
        return List.of();
    }

    private List<KeyState> given(KeyState state, int value) {
        List<KeyState> found = new ArrayList<>();
        for (int i = unknown.nextSetBit(0); i >= 0; i = unknown.nextSetBit(i + 1)) {
            if (state.used().get(i) || !operations.get(i).writesValue() || valueOf[i] != value) {
                continue;
            }
            if (operations.get(i).kind() == Kind.PUT || state.value() != ABSENT) {
                found.add(writeUnknown(state, i));
            } else {
                for (KeyState present : madePresent(state, i)) {
                    found.add(writeUnknown(present, i));
                }
            }
        }
        return found;
    }

    /**
     * Ways to make an absent key exist: any unknown put that is read somewhere, or one of those that never are.
     *
     * @param except the unknown write that is needed for something else
     */
    private List<KeyState> madePresent(KeyState state, int except) {
        List<KeyState> ways = new ArrayList<>();
        boolean unread = false;
        for (int i = unknown.nextSetBit(0); i >= 0; i = unknown.nextSetBit(i + 1)) {
            boolean usable =
                    i != except && !state.used().get(i) && operations.get(i).kind() == Kind.PUT;
            if (!usable || (unread && !isRead.get(valueOf[i]))) {
                continue;
            }
            unread |= !isRead.get(valueOf[i]);
            ways.add(writeUnknown(state, i));
        }
        return ways;
    }
}
