package com.kvstore.sim.check;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.kvstore.common.Bytes;
import com.kvstore.sim.SimRandom;
import com.kvstore.sim.check.Operation.Kind;
import com.kvstore.sim.check.Operation.Outcome;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The checker leaves out orders that cannot matter; here it is compared with trying all of them. */
class ExhaustiveCheckTest {
    private static final Bytes KEY = Bytes.of("k");

    /** Any answers at all, right or wrong, to a few operations that overlap much. */
    private static List<Operation> anything(SimRandom random) {
        int size = 2 + random.below(6);
        int length = 4 + random.below(24);
        int values = 1 + random.below(3);
        List<Operation> history = new ArrayList<>();
        for (int i = 0; i < size; i++) {
            Kind kind = random.pick(List.of(Kind.values()));
            Outcome outcome = random.pick(
                    kind == Kind.PUT || kind == Kind.ERASE
                            ? List.of(Outcome.DONE, Outcome.DONE, Outcome.DONE, Outcome.UNKNOWN)
                            : kind == Kind.GET
                                    ? List.of(Outcome.DONE, Outcome.DONE, Outcome.NOT_FOUND)
                                    : List.of(Outcome.DONE, Outcome.DONE, Outcome.NOT_FOUND, Outcome.UNKNOWN));
            boolean hasValue = kind == Kind.PUT || kind == Kind.UPDATE || (kind == Kind.GET && outcome == Outcome.DONE);
            long start = random.below(length);
            long end = outcome == Outcome.UNKNOWN ? Operation.NEVER : start + random.below(length);
            Bytes value = hasValue ? Bytes.of("v" + random.below(values)) : null;
            history.add(new Operation("c", kind, KEY, value, outcome, new Operation.Span(start, end), 0));
        }
        return history;
    }

    /** Tries every order of what is left in which nothing comes before what had ended when it began. */
    private static boolean explained(List<Operation> left, @Nullable Bytes state) {
        boolean settled = true;
        for (Operation each : left) {
            settled &= each.outcome() == Outcome.UNKNOWN;
        }
        if (settled) {
            return true;
        }
        for (Operation next : left) {
            boolean tooEarly = false;
            for (Operation other : left) {
                tooEarly |= other.endNs() < next.startNs();
            }
            if (tooEarly || !possible(next, state)) {
                continue;
            }
            List<Operation> rest = new ArrayList<>(left);
            rest.remove(next);
            Bytes after = next.kind() == Kind.GET || next.outcome() == Outcome.NOT_FOUND ? state : next.value();
            if (explained(rest, after)) {
                return true;
            }
        }
        return false;
    }

    private static boolean possible(Operation next, @Nullable Bytes state) {
        if (next.outcome() == Outcome.NOT_FOUND) {
            return state == null;
        }
        return switch (next.kind()) {
            case GET -> Objects.equals(next.value(), state);
            case PUT, ERASE -> true;
            case UPDATE, DELETE -> state != null;
        };
    }

    @Test
    void everyVerdictOnSmallHistoriesIsThatOfTryingAllOrders() {
        int wrong = 0;
        for (long seed = 0; seed < 30_000; seed++) {
            List<Operation> history = anything(new SimRandom(seed));
            boolean explained = explained(history, null);
            wrong += explained ? 0 : 1;
            assertEquals(explained, HistoryChecker.check(history).isEmpty(), "seed " + seed + ": " + history);
        }
        assertTrue(wrong > 10_000 && wrong < 20_000, "both verdicts should be frequent: " + wrong);
    }
}
