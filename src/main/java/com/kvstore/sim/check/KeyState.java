package com.kvstore.sim.check;

import java.util.BitSet;

/**
 * A state a key can be in while its history is walked through. Immutable: nobody changes the sets of one that exists.
 *
 * @param value what it holds, {@link KeyChecker#ABSENT} or the number of a written value
 * @param done of the operations under way, by slot, those that have taken effect
 * @param optional of the operations under way, those that may have taken effect just before another write, where nobody saw
 *     it: they may count as done, or take effect later. Apart from {@code done}
 * @param used of the writes of unknown outcome, by number, those that have taken effect
 */
record KeyState(int value, BitSet done, BitSet optional, BitSet used) {
    /** The same once the operation in {@code slot} has ended and its slot is free. */
    KeyState without(int slot) {
        return new KeyState(value, minus(done, slot), minus(optional, slot), used);
    }

    /**
     * Whether whatever can follow on {@code other} can follow on this as well.
     *
     * @param effectless of the operations under way, those that change nothing: it only helps to have them done
     */
    boolean coversAllOf(KeyState other, BitSet effectless) {
        return value == other.value
                && isSubset(used, other.used)
                && isSubset(other.optional, optional)
                && differOnlyWithin(other, effectless);
    }

    private boolean differOnlyWithin(KeyState other, BitSet effectless) {
        BitSet differ = (BitSet) done.clone();
        differ.xor(other.done);
        differ.andNot(optional);
        for (int slot = differ.nextSetBit(0); slot >= 0; slot = differ.nextSetBit(slot + 1)) {
            if (!done.get(slot) || !effectless.get(slot)) {
                return false;
            }
        }
        return true;
    }

    static boolean isSubset(BitSet small, BitSet large) {
        for (int bit = small.nextSetBit(0); bit >= 0; bit = small.nextSetBit(bit + 1)) {
            if (!large.get(bit)) {
                return false;
            }
        }
        return true;
    }

    static BitSet plus(BitSet set, int bit) {
        if (set.get(bit)) {
            return set;
        }
        BitSet more = (BitSet) set.clone();
        more.set(bit);
        return more;
    }

    static BitSet minus(BitSet set, int bit) {
        if (!set.get(bit)) {
            return set;
        }
        BitSet less = (BitSet) set.clone();
        less.clear(bit);
        return less;
    }
}
