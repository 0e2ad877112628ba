package com.kvstore.sim.check;

import com.kvstore.common.Bytes;
import com.kvstore.sim.check.HistoryChecker.Violation;
import com.kvstore.sim.check.Operation.Kind;
import com.kvstore.sim.check.Operation.Outcome;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Whether transactions were seen whole or not at all.
 *
 * <p>Once a read has seen a value that only this transaction wrote, no read that began later, and none of the same
 * multi-get, may find on another of its keys what was there before: a value whose write had ended before the transaction
 * began, or nothing, unless it may have been deleted since. That finds no wrong verdict, though it need not find every half
 * transaction: the more unique the values and the fewer other writes, the more it finds.
 *
 * <p>Used from one thread, once.
 */
final class TransactionChecker {
    private final Map<Bytes, List<Operation>> byKey;
    private final Map<Long, List<Operation>> groups;
    /** Who wrote a value of a key, where that was one alone. */
    private final Map<Bytes, Map<Bytes, Optional<Operation>>> writers = new HashMap<>();

    private final Map<Bytes, Map<Bytes, List<Operation>>> readers = new HashMap<>();
    private final Map<Bytes, TreeMap<Long, List<Operation>>> readsByStart = new HashMap<>();

    /**
     * @param byKey everything, by key
     * @param groups what stands in a transaction or a multi-get, by its number
     */
    TransactionChecker(Map<Bytes, List<Operation>> byKey, Map<Long, List<Operation>> groups) {
        this.byKey = byKey;
        this.groups = groups;
        byKey.forEach((key, ofKey) -> {
            Map<Bytes, Optional<Operation>> writerOf = new HashMap<>();
            Map<Bytes, List<Operation>> readersOf = new HashMap<>();
            TreeMap<Long, List<Operation>> byStart = new TreeMap<>();
            for (Operation operation : ofKey) {
                if (operation.kind() == Kind.GET) {
                    byStart.computeIfAbsent(operation.startNs(), any -> new ArrayList<>(1))
                            .add(operation);
                }
                Bytes value = operation.value();
                if (value == null) {
                    continue;
                }
                if (operation.kind() == Kind.GET) {
                    readersOf.computeIfAbsent(value, any -> new ArrayList<>()).add(operation);
                } else if (operation.outcome() != Outcome.NOT_FOUND) {
                    writerOf.merge(value, Optional.of(operation), (one, other) -> Optional.empty());
                }
            }
            writers.put(key, writerOf);
            readers.put(key, readersOf);
            readsByStart.put(key, byStart);
        });
    }

    /** The first half of each transaction that was seen. */
    List<Violation> check() {
        List<Violation> violations = new ArrayList<>();
        for (List<Operation> parts : groups.values()) {
            if (parts.get(0).kind() != Kind.GET) {
                Violation half = check(parts);
                if (half != null) {
                    violations.add(half);
                }
            }
        }
        return violations;
    }

    private @Nullable Violation check(List<Operation> parts) {
        Operation first = null;
        for (Operation part : parts) {
            for (Operation seeing : seenBy(part)) {
                for (Operation sibling : seeing.transaction() == 0
                        ? List.<Operation>of()
                        : groups.getOrDefault(seeing.transaction(), List.of())) {
                    Operation lacking = partOf(parts, sibling.key());
                    if (lacking != null && showsWhatWasBefore(sibling, lacking)) {
                        return half(seeing, sibling, lacking);
                    }
                }
                if (first == null || seeing.endNs() < first.endNs()) {
                    first = seeing;
                }
            }
        }
        if (first == null) {
            return null;
        }
        for (Operation part : parts) {
            // After the answer to the write, an old value is wrong by itself: KeyChecker says so.
            long untilNs = part.outcome() == Outcome.DONE ? part.endNs() : Operation.NEVER;
            for (List<Operation> from : readsByStart
                    .getOrDefault(part.key(), new TreeMap<>())
                    .subMap(first.endNs(), false, Math.max(first.endNs(), untilNs), true)
                    .values()) {
                for (Operation read : from) {
                    if (showsWhatWasBefore(read, part)) {
                        return half(first, read, part);
                    }
                }
            }
        }
        return null;
    }

    private List<Operation> seenBy(Operation part) {
        Bytes value = part.value();
        if (value == null || !part.equals(writer(part.key(), value))) {
            return List.of();
        }
        return readers.getOrDefault(part.key(), Map.of()).getOrDefault(value, List.of());
    }

    private @Nullable Operation writer(Bytes key, Bytes value) {
        return writers.getOrDefault(key, Map.of())
                .getOrDefault(value, Optional.empty())
                .orElse(null);
    }

    private static @Nullable Operation partOf(List<Operation> parts, Bytes key) {
        for (Operation part : parts) {
            if (part.key().equals(key)) {
                return part;
            }
        }
        return null;
    }

    /** Whether {@code read} is from a time before {@code part} took effect, for sure. */
    private boolean showsWhatWasBefore(Operation read, Operation part) {
        Bytes value = read.value();
        if (read.outcome() == Outcome.DONE && value != null) {
            Operation writer = writer(read.key(), value);
            return writer != null
                    && writer.outcome() == Outcome.DONE
                    && writer.transaction() != part.transaction()
                    && writer.endNs() < part.startNs();
        }
        return read.outcome() == Outcome.NOT_FOUND && part.writesValue() && !mayBeDeletedSince(read, part);
    }

    private boolean mayBeDeletedSince(Operation read, Operation part) {
        for (Operation other : byKey.getOrDefault(part.key(), List.of())) {
            boolean deletes = other.kind() == Kind.DELETE || other.kind() == Kind.ERASE;
            boolean effective = other.outcome() == Outcome.DONE || other.outcome() == Outcome.UNKNOWN;
            if (deletes && effective && other.endNs() >= part.startNs() && other.startNs() <= read.endNs()) {
                return true;
            }
        }
        return false;
    }

    private static Violation half(Operation seeing, Operation lacking, Operation part) {
        return new Violation(
                part.key(),
                "half of a transaction was seen\n  one key has it:     " + seeing + "\n  another has it not: " + lacking
                        + "\n  written by          " + part);
    }
}
