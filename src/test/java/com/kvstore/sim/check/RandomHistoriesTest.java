package com.kvstore.sim.check;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.kvstore.common.Bytes;
import com.kvstore.sim.SimRandom;
import com.kvstore.sim.check.HistoryChecker.Violation;
import com.kvstore.sim.check.Operation.Kind;
import com.kvstore.sim.check.Operation.Outcome;
import com.kvstore.sim.check.Operation.Span;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Histories made from a model by a known order of effects, so that they are linearizable for sure; then bent. */
class RandomHistoriesTest {
    private static final Bytes KEY = Bytes.of("k");

    /** Clients whose operations overlap, over one key; each takes effect somewhere between its start and its end. */
    private static List<Operation> linearizable(SimRandom random, int size) {
        return linearizable(random, size, KEY, 1 + random.below(60));
    }

    /** @param width how long before and after its effect an operation may start and end; the next effect is 1 to 20 away */
    private static List<Operation> linearizable(SimRandom random, int size, Bytes key, int width) {
        List<Operation> history = new ArrayList<>();
        Bytes state = null;
        long effectNs = 0;
        for (int i = 0; i < size; i++) {
            effectNs += 1 + random.below(20);
            Kind kind = List.of(Kind.values()).get(random.below(Kind.values().length));
            Bytes value = kind == Kind.PUT || kind == Kind.UPDATE ? Bytes.of("v" + i) : null;
            boolean needsKey = kind != Kind.PUT && kind != Kind.ERASE;
            boolean found = !needsKey || state != null;
            boolean refused = kind != Kind.GET && random.chance(0.05);
            boolean unheard = kind != Kind.GET && random.chance(0.1);
            boolean takesEffect = found && !refused && !(unheard && random.chance(0.3));
            if (kind == Kind.GET) {
                value = state;
            } else if (takesEffect) {
                state = value;
            }
            Outcome outcome = unheard
                    ? Outcome.UNKNOWN
                    : refused ? Outcome.NOT_APPLIED : found ? Outcome.DONE : Outcome.NOT_FOUND;
            Span span = new Span(
                    effectNs - random.below(width), unheard ? Operation.NEVER : effectNs + random.below(width));
            history.add(new Operation("c" + i, kind, key, value, outcome, span, 0));
        }
        return history;
    }

    @Test
    void linearizableHistoriesAreAccepted() {
        for (long seed = 0; seed < 400; seed++) {
            List<Operation> history = linearizable(new SimRandom(seed), 10 + (int) seed % 150);
            List<Violation> violations = HistoryChecker.check(history);
            assertEquals(List.of(), violations, "seed " + seed);
        }
    }

    @Test
    void aHundredThousandOperationsAreJudgedInSeconds() {
        SimRandom random = new SimRandom(1);
        List<Operation> history = new ArrayList<>();
        for (int i = 0; i < 19; i++) {
            history.addAll(linearizable(random, 5_000, Bytes.of("key " + i), 30));
        }
        history.addAll(linearizable(random, 5_000, KEY, 100));
        long startNs = System.nanoTime();
        assertEquals(List.of(), HistoryChecker.check(history));
        long elapsedMs = (System.nanoTime() - startNs) / 1_000_000;
        assertTrue(elapsedMs < 20_000, elapsedMs + " ms");
    }

    @Test
    void mostReadsOfAnOldValueAreNoticed() {
        int bent = 0;
        int noticed = 0;
        for (long seed = 0; seed < 400; seed++) {
            SimRandom random = new SimRandom(seed);
            List<Operation> history = linearizable(random, 80);
            int read = random.below(history.size());
            Operation original = history.get(read);
            Bytes old = oldValue(history, read);
            if (original.kind() != Kind.GET || old == null || old.equals(original.value())) {
                continue;
            }
            bent++;
            history.set(read, new Operation("bent", Kind.GET, KEY, old, Outcome.DONE, original.span(), 0));
            noticed += HistoryChecker.check(history).isEmpty() ? 0 : 1;
        }
        assertTrue(bent > 30 && noticed > bent * 8 / 10, noticed + " of " + bent);
    }

    private static @Nullable Bytes oldValue(List<Operation> history, int before) {
        for (int i = Math.max(0, before - 20); i >= 0; i--) {
            if (history.get(i).writesValue() && history.get(i).outcome() == Outcome.DONE) {
                return history.get(i).value();
            }
        }
        return null;
    }

    @Test
    void mostAcknowledgedWritesThatHadNoEffectAreNoticed() {
        int bent = 0;
        int noticed = 0;
        for (long seed = 0; seed < 400; seed++) {
            List<Operation> history = linearizable(new SimRandom(seed), 80);
            Operation read = firstReadOfAValue(history);
            if (read == null) {
                continue;
            }
            bent++;
            // What was read was, after all, refused.
            history.replaceAll(each ->
                    each.writesValue() && each.value() != null && each.value().equals(read.value())
                            ? new Operation("bent", each.kind(), KEY, each.value(), Outcome.NOT_APPLIED, each.span(), 0)
                            : each);
            noticed += HistoryChecker.check(history).isEmpty() ? 0 : 1;
        }
        assertTrue(bent > 100);
        assertEquals(bent, noticed);
    }

    private static @Nullable Operation firstReadOfAValue(List<Operation> history) {
        for (Operation each : history) {
            if (each.kind() == Kind.GET && each.outcome() == Outcome.DONE) {
                return each;
            }
        }
        return null;
    }
}
