package com.kvstore.sim.check;

import com.kvstore.common.Bytes;
import com.kvstore.sim.check.Operation.Kind;
import com.kvstore.sim.check.Operation.Outcome;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * Judges a history: whether every key behaved as one register would ({@link KeyChecker}), and whether transactions were
 * seen whole or not at all.
 *
 * <p>Each key is judged by itself, which is enough because linearizability is local (Herlihy, Wing: Linearizability,
 * 1990; Horn, Kroening: Faster linearizability checking via P-compositionality, 2015).
 *
 * <p>Transactions: where each key of one was written by it alone, a read that began after another read had seen any of its
 * values must see its value too.
 *
 * <p>Thread-safe: holds nothing.
 */
public final class HistoryChecker {
    /**
     * Something that no correct store could have answered.
     *
     * @param explanation for people: the answer that cannot be, and what came before it
     */
    public record Violation(Bytes key, String explanation) {
        @Override
        public String toString() {
            return "key " + key + ": " + explanation;
        }
    }

    private HistoryChecker() {}

    /** The first violation of each key and transaction; empty for a correct history. */
    public static List<Violation> check(List<Operation> operations) {
        Map<Bytes, List<Operation>> byKey = new TreeMap<>();
        Map<Long, List<Operation>> byTransaction = new LinkedHashMap<>();
        for (Operation operation : operations) {
            byKey.computeIfAbsent(operation.key(), any -> new ArrayList<>()).add(operation);
            if (operation.transaction() != 0) {
                byTransaction
                        .computeIfAbsent(operation.transaction(), any -> new ArrayList<>())
                        .add(operation);
            }
        }
        List<Violation> violations = new ArrayList<>();
        byKey.forEach((key, ofKey) -> new KeyChecker(key, ofKey).check().ifPresent(violations::add));
        byTransaction.values().forEach(parts -> checkWhole(parts, byKey).ifPresent(violations::add));
        return violations;
    }

    private static Optional<Violation> checkWhole(List<Operation> parts, Map<Bytes, List<Operation>> byKey) {
        Set<Bytes> keys = new HashSet<>();
        for (Operation part : parts) {
            keys.add(part.key());
            if (part.kind() != Kind.PUT || !isOnlyWrite(part, byKey.getOrDefault(part.key(), List.of()))) {
                return Optional.empty();
            }
        }
        Operation seen = null;
        for (Bytes key : keys) {
            for (Operation read : byKey.getOrDefault(key, List.of())) {
                if (read.kind() == Kind.GET
                        && read.outcome() == Outcome.DONE
                        && (seen == null || read.endNs() < seen.endNs())) {
                    seen = read;
                }
            }
        }
        if (seen == null) {
            return Optional.empty();
        }
        for (Operation part : parts) {
            for (Operation read : byKey.getOrDefault(part.key(), List.of())) {
                if (read.kind() == Kind.GET && read.outcome() == Outcome.NOT_FOUND && read.startNs() > seen.endNs()) {
                    return Optional.of(new Violation(
                            part.key(),
                            "half of a transaction was seen\n  one key has it:     " + seen + "\n  another has it not: "
                                    + read + "\n  written by          " + part));
                }
            }
        }
        return Optional.empty();
    }

    private static boolean isOnlyWrite(Operation write, List<Operation> ofKey) {
        for (Operation other : ofKey) {
            if (other.kind() != Kind.GET && other.transaction() != write.transaction()) {
                return false;
            }
        }
        return true;
    }
}
