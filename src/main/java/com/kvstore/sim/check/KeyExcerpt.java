package com.kvstore.sim.check;

import com.kvstore.common.Bytes;
import com.kvstore.sim.check.KeyChecker.Impossible;
import com.kvstore.sim.check.KeyChecker.Undecided;
import com.kvstore.sim.check.Operation.Kind;
import com.kvstore.sim.check.Operation.Outcome;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The part of a key's history that shows what is wrong with it, small enough to read.
 *
 * <p>What came after the impossible answer goes, then every read the history is wrong without: leaving out what changes
 * nothing cannot make a right history wrong (delta debugging: Zeller, Hildebrandt, 2002). Of the writes that are left, those
 * are shown that the reads saw and the last ones before the end.
 */
final class KeyExcerpt {
    private static final int LINES_SHOWN = 24;

    private final List<Operation> refused = new ArrayList<>();
    private List<Operation> left = new ArrayList<>();
    private Impossible impossible;

    /** @param found what {@link KeyChecker} says of {@code ofKey} */
    KeyExcerpt(List<Operation> ofKey, Impossible found) {
        impossible = found;
        for (Operation operation : ofKey) {
            if (operation.startNs() > found.operation().endNs()) {
                continue;
            }
            if (operation.outcome() == Outcome.NOT_APPLIED) {
                refused.add(operation);
            } else {
                left.add(operation);
            }
        }
        left.sort(Comparator.comparingLong(Operation::startNs));
        for (int size = left.size() / 2; size > 0; size /= 2) {
            leaveOutReads(size);
        }
    }

    /** Leaves out {@code size} reads at a time, where the history stays wrong. */
    private void leaveOutReads(int size) {
        for (int from = 0; from < left.size(); ) {
            List<Operation> less = new ArrayList<>(left.subList(0, from));
            int dropped = 0;
            int next = from;
            for (; next < left.size() && dropped < size; next++) {
                if (changesNothing(left.get(next))) {
                    dropped++;
                } else {
                    less.add(left.get(next));
                }
            }
            int kept = less.size();
            less.addAll(left.subList(next, left.size()));
            Impossible still = dropped == 0 ? null : check(less);
            if (still == null) {
                from = next;
            } else {
                left = less;
                impossible = still;
                from = kept;
            }
        }
    }

    private static boolean changesNothing(Operation operation) {
        return operation.kind() == Kind.GET || operation.outcome() == Outcome.NOT_FOUND;
    }

    private static @Nullable Impossible check(List<Operation> operations) {
        try {
            return new KeyChecker(operations).check();
        } catch (Undecided tooMany) {
            return null;
        }
    }

    /** For people: the answer that cannot be, what the key could hold, and what led there. */
    String text() {
        Operation wrong = impossible.operation();
        StringBuilder text = new StringBuilder("not linearizable: this cannot be\n    ").append(wrong);
        for (Operation other : refused) {
            if (wrong.kind() == Kind.GET
                    && other.value() != null
                    && other.value().equals(wrong.value())) {
                text.append("\n  it shows a write that was answered \"not applied\":\n    ")
                        .append(other);
            }
        }
        text.append("\n  the key could hold only:");
        for (Bytes value : impossible.possible()) {
            text.append(' ').append(value == null ? "(nothing)" : value);
        }
        text.append("\n  what matters of what was asked for before it ended:");
        Set<Bytes> read = new HashSet<>();
        for (Operation each : left) {
            Bytes value = each.value();
            if (each.kind() == Kind.GET && value != null) {
                read.add(value);
            }
        }
        int omitted = 0;
        for (int i = 0; i < left.size(); i++) {
            Operation each = left.get(i);
            boolean matters = changesNothing(each) || (each.value() != null && read.contains(each.value()));
            if (!matters && i < left.size() - LINES_SHOWN) {
                omitted++;
                continue;
            }
            omitted = skipped(text, omitted);
            text.append("\n    ").append(each);
        }
        return text.toString();
    }

    private static int skipped(StringBuilder text, int omitted) {
        if (omitted > 0) {
            text.append("\n    (")
                    .append(omitted)
                    .append(omitted == 1 ? " write" : " writes")
                    .append(" nobody read)");
        }
        return 0;
    }
}
