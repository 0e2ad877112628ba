package com.kvstore.sim.check;

import com.kvstore.common.Bytes;
import com.kvstore.common.Version;
import com.kvstore.sim.check.HistoryChecker.Violation;
import com.kvstore.sim.check.HistoryFile.Versioned;
import com.kvstore.sim.check.Operation.Kind;
import com.kvstore.sim.check.Operation.Outcome;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Judges a history of an eventual group, where a read may be stale: what is promised all the same.
 *
 * <ul>
 *   <li>Nothing is invented: what is read was written to that key, by something that began before the read ended and was
 *       not refused; a key that was there and is not found was deleted by somebody.
 *   <li>One version is one value, on every peer and for ever.
 *   <li>A client reads its own writes: nothing it reads is older than what it wrote itself before.
 * </ul>
 *
 * That all peers come to hold the same is not in a history; whoever recorded it has to compare them.
 *
 * <p>Thread-safe: holds nothing.
 */
public final class EventualChecker {
    private EventualChecker() {}

    /** The first violation of each key; empty for a correct history. */
    public static List<Violation> check(List<Versioned> history) {
        Map<Bytes, List<Versioned>> byKey = new TreeMap<>();
        for (Versioned each : history) {
            byKey.computeIfAbsent(each.operation().key(), any -> new ArrayList<>())
                    .add(each);
        }
        List<Violation> violations = new ArrayList<>();
        byKey.forEach((key, ofKey) -> {
            String wrong = new OneKey(ofKey).wrong();
            if (wrong != null) {
                violations.add(new Violation(key, wrong));
            }
        });
        return violations;
    }

    /** Everything that was done to one key. */
    private static final class OneKey {
        private final List<Versioned> operations;
        /** When the write of a value began. */
        private final Map<Bytes, Long> written = new HashMap<>();

        private final Map<Version, Bytes> values = new HashMap<>();
        private long firstDeleteNs = Operation.NEVER;

        OneKey(List<Versioned> operations) {
            this.operations = operations.stream()
                    .sorted((a, b) ->
                            Long.compare(a.operation().startNs(), b.operation().startNs()))
                    .toList();
            for (Versioned each : this.operations) {
                Operation operation = each.operation();
                boolean mayHold = operation.outcome() == Outcome.DONE || operation.outcome() == Outcome.UNKNOWN;
                Bytes value = operation.value();
                if (mayHold && operation.writesValue() && value != null) {
                    written.putIfAbsent(value, operation.startNs());
                } else if (mayHold && (operation.kind() == Kind.DELETE || operation.kind() == Kind.ERASE)) {
                    firstDeleteNs = Math.min(firstDeleteNs, operation.startNs());
                }
            }
        }

        /** Null: nothing. */
        @Nullable String wrong() {
            Map<String, Version> own = new HashMap<>();
            for (Versioned each : operations) {
                Operation operation = each.operation();
                // Several keys read together are not held to it.
                Version mine =
                        operation.transaction() != 0 ? Version.ZERO : own.getOrDefault(operation.who(), Version.ZERO);
                String wrong = operation.kind() == Kind.GET ? wrongRead(each, mine) : null;
                if (wrong == null) {
                    wrong = twoValues(each);
                }
                if (wrong != null) {
                    return wrong;
                }
                if (operation.kind() != Kind.GET
                        && operation.outcome() == Outcome.DONE
                        && each.version().isNewerThan(mine)) {
                    own.put(operation.who(), each.version());
                }
            }
            return null;
        }

        private @Nullable String wrongRead(Versioned read, Version mine) {
            Operation operation = read.operation();
            Bytes value = operation.value();
            if (operation.outcome() == Outcome.NOT_FOUND) {
                boolean deleted = firstDeleteNs <= operation.endNs();
                return mine.isNewerThan(Version.ZERO) && !deleted
                        ? "not found by who wrote it, and nobody has deleted it: " + operation
                        : null;
            }
            if (operation.outcome() != Outcome.DONE || value == null) {
                return null;
            }
            Long sinceNs = written.get(value);
            if (sinceNs == null) {
                return "a value that nobody wrote, or whose write was refused: " + operation;
            }
            if (sinceNs > operation.endNs()) {
                return "a value that was written only later: " + operation;
            }
            return mine.isNewerThan(read.version())
                    ? "version " + read.version() + ", though the reader had written " + mine + " before: " + operation
                    : null;
        }

        private @Nullable String twoValues(Versioned each) {
            Bytes value = each.operation().value();
            if (value == null || each.version().equals(Version.ZERO)) {
                return null;
            }
            Bytes before = values.putIfAbsent(each.version(), value);
            return before != null && !before.equals(value)
                    ? "version " + each.version() + " is both " + before + " and " + value + ": " + each.operation()
                    : null;
        }
    }
}
