package com.kvstore.sim.check;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A set of states without those that another one makes superfluous. Used from one thread. */
final class KeyStates {
    private final BitSet effectless;
    private final Map<Integer, List<KeyState>> byValue = new LinkedHashMap<>();

    /** @param effectless of the operations under way, those that change nothing */
    KeyStates(BitSet effectless) {
        this.effectless = effectless;
    }

    /** @return false if a state that is as good is there */
    boolean add(KeyState state) {
        List<KeyState> same = byValue.computeIfAbsent(state.value(), any -> new ArrayList<>(2));
        for (KeyState other : same) {
            if (other.coversAllOf(state, effectless)) {
                return false;
            }
        }
        same.removeIf(other -> state.coversAllOf(other, effectless));
        same.add(state);
        return true;
    }

    boolean isEmpty() {
        return byValue.isEmpty();
    }

    List<KeyState> all() {
        List<KeyState> all = new ArrayList<>();
        byValue.values().forEach(all::addAll);
        return all;
    }

    /** The numbers of the values the key can hold. */
    List<Integer> values() {
        return List.copyOf(byValue.keySet());
    }
}
