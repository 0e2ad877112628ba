package com.kvstore.sim.check;

import com.kvstore.common.Bytes;
import com.kvstore.sim.check.KeyChecker.Impossible;
import com.kvstore.sim.check.KeyChecker.Undecided;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Judges a history: whether every key behaved as one register would ({@link KeyChecker}), and whether transactions were
 * seen whole or not at all ({@link TransactionChecker}).
 *
 * <p>Each key is judged by itself, which is enough because linearizability is local (Herlihy, Wing: Linearizability,
 * 1990; Horn, Kroening: Faster linearizability checking via P-compositionality, 2015). Acknowledged writes that are lost,
 * deletes that come undone and refused writes that take effect are all answers that no order explains.
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

    /**
     * What became of judging a history.
     *
     * @param violations the first one of each key and transaction
     * @param undecided keys on which too many operations overlap to find out in reasonable time
     */
    public record Verdict(List<Violation> violations, List<Bytes> undecided) {
        public Verdict {
            violations = List.copyOf(violations);
            undecided = List.copyOf(undecided);
        }

        public boolean isCorrect() {
            return violations.isEmpty() && undecided.isEmpty();
        }
    }

    private HistoryChecker() {}

    /**
     * The first violation of each key and transaction; empty for a correct history.
     *
     * @throws IllegalArgumentException if too many operations overlap on one key to find out in reasonable time
     */
    public static List<Violation> check(List<Operation> operations) {
        Verdict verdict = judge(operations);
        if (verdict.violations().isEmpty() && !verdict.undecided().isEmpty()) {
            throw new IllegalArgumentException("too many operations at once on " + verdict.undecided());
        }
        return verdict.violations();
    }

    /** Judges every key and every transaction. */
    public static Verdict judge(List<Operation> operations) {
        Map<Bytes, List<Operation>> byKey = new TreeMap<>();
        Map<Long, List<Operation>> groups = new LinkedHashMap<>();
        for (Operation operation : operations) {
            byKey.computeIfAbsent(operation.key(), any -> new ArrayList<>()).add(operation);
            if (operation.transaction() != 0) {
                groups.computeIfAbsent(operation.transaction(), any -> new ArrayList<>())
                        .add(operation);
            }
        }
        List<Violation> violations = new ArrayList<>();
        List<Bytes> undecided = new ArrayList<>();
        byKey.forEach((key, ofKey) -> {
            try {
                Impossible impossible = new KeyChecker(ofKey).check();
                if (impossible != null) {
                    violations.add(new Violation(key, new KeyExcerpt(ofKey, impossible).text()));
                }
            } catch (Undecided tooMany) {
                undecided.add(key);
            }
        });
        violations.addAll(new TransactionChecker(byKey, groups).check());
        return new Verdict(violations, undecided);
    }
}
