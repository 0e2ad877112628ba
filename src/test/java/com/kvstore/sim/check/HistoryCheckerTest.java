package com.kvstore.sim.check;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.kvstore.common.Bytes;
import com.kvstore.sim.check.Operation.Kind;
import com.kvstore.sim.check.Operation.Outcome;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class HistoryCheckerTest {
    private final List<Operation> history = new ArrayList<>();

    private void op(Kind kind, @Nullable String value, Outcome outcome, long start, long end) {
        on("k", kind, value, outcome, new Operation.Span(start, end), 0);
    }

    private void on(
            String key, Kind kind, @Nullable String value, Outcome outcome, Operation.Span span, long transaction) {
        Bytes bytes = value == null ? null : Bytes.of(value);
        history.add(new Operation("test", kind, Bytes.of(key), bytes, outcome, span, transaction));
    }

    private void put(String value, long start, long end) {
        op(Kind.PUT, value, Outcome.DONE, start, end);
    }

    private void get(@Nullable String value, long start, long end) {
        op(Kind.GET, value, value == null ? Outcome.NOT_FOUND : Outcome.DONE, start, end);
    }

    private void unknown(Kind kind, @Nullable String value, long start) {
        op(kind, value, Outcome.UNKNOWN, start, Operation.NEVER);
    }

    private void accepted() {
        assertEquals(List.of(), HistoryChecker.check(history));
    }

    private String rejected() {
        List<HistoryChecker.Violation> violations = HistoryChecker.check(history);
        assertEquals(1, violations.size(), "not noticed");
        return violations.get(0).toString();
    }

    @Test
    void oneAfterTheOtherIsAccepted() {
        get(null, 0, 1);
        op(Kind.UPDATE, "x", Outcome.NOT_FOUND, 2, 3);
        op(Kind.DELETE, null, Outcome.NOT_FOUND, 4, 5);
        put("a", 6, 7);
        get("a", 8, 9);
        op(Kind.UPDATE, "b", Outcome.DONE, 10, 11);
        get("b", 12, 13);
        op(Kind.DELETE, null, Outcome.DONE, 14, 15);
        get(null, 16, 17);
        op(Kind.ERASE, null, Outcome.DONE, 18, 19);
        get(null, 20, 21);
        accepted();
    }

    @Test
    void aStaleReadIsRejected() {
        put("a", 0, 1);
        put("b", 2, 3);
        get("a", 4, 5);
        assertTrue(rejected().contains("could hold only: b"));
    }

    @Test
    void aLostWriteIsRejected() {
        put("a", 0, 1);
        get(null, 2, 3);
        assertTrue(rejected().contains("NOT_FOUND"));
    }

    @Test
    void aResurrectedDeleteIsRejected() {
        put("a", 0, 1);
        op(Kind.DELETE, null, Outcome.DONE, 2, 3);
        get("a", 4, 5);
        rejected();
    }

    @Test
    void theEffectOfARefusedWriteIsRejectedAndNamed() {
        op(Kind.PUT, "a", Outcome.NOT_APPLIED, 0, 1);
        get("a", 2, 3);
        assertTrue(rejected().contains("not applied"));
    }

    @Test
    void aRefusedWriteWithoutEffectIsAccepted() {
        put("a", 0, 1);
        op(Kind.PUT, "b", Outcome.NOT_APPLIED, 2, 3);
        get("a", 4, 5);
        accepted();
    }

    @Test
    void aValueFromNowhereIsRejected() {
        put("a", 0, 1);
        get("b", 2, 3);
        rejected();
    }

    @Test
    void aValueReadBeforeItWasWrittenIsRejected() {
        get("a", 0, 1);
        put("a", 2, 3);
        rejected();
    }

    @Test
    void concurrentOperationsMayTakeEffectInEitherOrder() {
        put("a", 0, 10);
        put("b", 0, 10);
        get("b", 11, 12);
        accepted();
        history.clear();
        put("a", 0, 10);
        put("b", 0, 10);
        get("a", 11, 12);
        accepted();
    }

    @Test
    void readsThatSeeConcurrentWritesInOppositeOrdersAreRejected() {
        put("a", 0, 10);
        put("b", 0, 10);
        get("a", 1, 2);
        get("b", 3, 4);
        get("a", 5, 6);
        rejected();
    }

    @Test
    void aReadDuringAWriteMaySeeEitherValueButNotGoBack() {
        put("a", 0, 1);
        put("b", 2, 20);
        get("a", 3, 4);
        get("b", 5, 6);
        accepted();
        get("a", 7, 8);
        rejected();
    }

    @Test
    void anUnknownWriteMayTakeEffectLateOrNever() {
        put("a", 0, 1);
        unknown(Kind.PUT, "b", 2);
        get("a", 3, 4);
        accepted();
        get("b", 100, 101);
        accepted();
    }

    @Test
    void anUnknownWriteTakesEffectOnceOnly() {
        put("a", 0, 1);
        unknown(Kind.PUT, "b", 2);
        get("b", 3, 4);
        put("c", 5, 6);
        get("b", 7, 8);
        rejected();
    }

    @Test
    void anUnknownWriteDoesNotTakeEffectBeforeItsStart() {
        get("b", 0, 1);
        unknown(Kind.PUT, "b", 2);
        rejected();
    }

    @Test
    void anUnknownDeleteExplainsAnAbsentKeyOnce() {
        put("a", 0, 1);
        unknown(Kind.DELETE, null, 2);
        get(null, 3, 4);
        accepted();
        put("b", 5, 6);
        get(null, 7, 8);
        rejected();
    }

    @Test
    void anUnknownPutExplainsWhyAnUpdateFoundTheKey() {
        unknown(Kind.PUT, "a", 0);
        op(Kind.UPDATE, "b", Outcome.DONE, 1, 2);
        get("b", 3, 4);
        accepted();
        op(Kind.DELETE, null, Outcome.DONE, 5, 6);
        op(Kind.UPDATE, "c", Outcome.DONE, 7, 8);
        rejected();
    }

    @Test
    void anUnknownUpdateNeedsTheKeyToBeThere() {
        unknown(Kind.UPDATE, "a", 0);
        get("a", 1, 2);
        rejected();
        history.clear();
        unknown(Kind.PUT, "x", 0);
        unknown(Kind.UPDATE, "a", 0);
        get("a", 1, 2);
        accepted();
    }

    @Test
    void aConditionalWriteThatFoundNothingNeedsAnAbsentKey() {
        put("a", 0, 1);
        op(Kind.UPDATE, "b", Outcome.NOT_FOUND, 2, 3);
        rejected();
    }

    @Test
    void keysAreJudgedApart() {
        on("x", Kind.PUT, "a", Outcome.DONE, new Operation.Span(0, 1), 0);
        on("y", Kind.GET, null, Outcome.NOT_FOUND, new Operation.Span(2, 3), 0);
        accepted();
        on("x", Kind.GET, null, Outcome.NOT_FOUND, new Operation.Span(2, 3), 0);
        assertTrue(rejected().startsWith("key x"));
    }

    @Test
    void halfATransactionIsRejected() {
        on("x", Kind.PUT, "a", Outcome.UNKNOWN, new Operation.Span(0, Operation.NEVER), 1);
        on("y", Kind.PUT, "b", Outcome.UNKNOWN, new Operation.Span(0, Operation.NEVER), 1);
        on("x", Kind.GET, "a", Outcome.DONE, new Operation.Span(10, 11), 0);
        on("y", Kind.GET, "b", Outcome.DONE, new Operation.Span(12, 13), 0);
        accepted();
        history.remove(3);
        on("y", Kind.GET, null, Outcome.NOT_FOUND, new Operation.Span(12, 13), 0);
        assertTrue(rejected().contains("half of a transaction"));
    }

    @Test
    void aTransactionThatTakesEffectBetweenTwoReadsIsAccepted() {
        on("x", Kind.PUT, "a", Outcome.DONE, new Operation.Span(0, 20), 1);
        on("y", Kind.PUT, "b", Outcome.DONE, new Operation.Span(0, 20), 1);
        on("y", Kind.GET, null, Outcome.NOT_FOUND, new Operation.Span(5, 6), 0);
        on("x", Kind.GET, "a", Outcome.DONE, new Operation.Span(7, 8), 0);
        accepted();
    }

    @Test
    void hundredsOfUnknownWritesAreJudgedQuickly() {
        for (int i = 0; i < 300; i++) {
            unknown(i % 3 == 0 ? Kind.DELETE : i % 3 == 1 ? Kind.PUT : Kind.UPDATE, i % 3 == 0 ? null : "u" + i, i);
            put("p" + i, 1_000 + 10L * i, 1_015 + 10L * i);
            get(i % 7 == 0 && i % 3 != 0 ? "u" + i : "p" + i, 1_016 + 10L * i, 1_017 + 10L * i);
        }
        long start = System.nanoTime();
        HistoryChecker.check(history);
        assertTrue(System.nanoTime() - start < 5_000_000_000L);
    }
}
