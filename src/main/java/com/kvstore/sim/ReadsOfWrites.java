package com.kvstore.sim;

import com.kvstore.common.Bytes;
import com.kvstore.sim.check.HistoryChecker.Violation;
import com.kvstore.sim.check.Operation;
import com.kvstore.sim.check.Operation.Kind;
import com.kvstore.sim.check.Operation.Outcome;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The least that holds of any store: what is read was written, to that key, before the read ended, by a write that was not
 * refused. Every value is written once.
 */
final class ReadsOfWrites {
    private record Place(Bytes key, Bytes value) {}

    private ReadsOfWrites() {}

    static List<Violation> check(List<Operation> operations) {
        Map<Place, Operation> writes = new HashMap<>();
        for (Operation operation : operations) {
            if (operation.value() != null && operation.kind() != Kind.GET) {
                writes.put(new Place(operation.key(), operation.value()), operation);
            }
        }
        List<Violation> violations = new ArrayList<>();
        for (Operation read : operations) {
            if (read.kind() != Kind.GET || read.value() == null) {
                continue;
            }
            Operation write = writes.get(new Place(read.key(), read.value()));
            // A retry at another peer may find no key where the first attempt, unheard of, had found one.
            boolean refused = write != null && write.outcome() == Outcome.NOT_APPLIED;
            if (write == null || refused || write.startNs() > read.endNs()) {
                violations.add(new Violation(
                        read.key(), "this reads what was never written, or not yet, or not applied: " + read));
            }
        }
        return violations;
    }
}
