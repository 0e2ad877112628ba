package com.kvstore.protocol.twophase;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.kvstore.common.Bytes;
import com.kvstore.common.Computation;
import com.kvstore.common.Write;
import com.kvstore.protocol.membership.View;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class KeyLocksTest {
    private static final Bytes A = Bytes.of("a");
    private static final Bytes B = Bytes.of("b");
    private static final View VIEW = new ClusterFixture(2).view;

    private final KeyLocks locks = new KeyLocks();
    private long lastClient;

    @Test
    void aKeyPassesFromOneTransactionToTheNextInTheOrderTheyCame() {
        Transaction first = update(A);
        Transaction second = update(A);
        Transaction third = update(A);
        assertTrue(locks.acquire(first));
        assertFalse(locks.acquire(second));
        assertFalse(locks.acquire(third));

        assertEquals(List.of(second), released(first));
        assertEquals(List.of(third), released(second));
        assertEquals(List.of(), released(third));
        assertFalse(locks.isHeld(A));
    }

    @Test
    void aTransactionIsReadyOnlyOnceItHoldsAllItsKeys() {
        Transaction onA = update(A);
        Transaction onB = update(B);
        Transaction both = update(A, B);
        locks.acquire(onA);
        locks.acquire(onB);
        locks.acquire(both);

        assertEquals(List.of(), released(onA), "the other key is still missing");
        assertTrue(locks.isHeld(A), "but nobody gets ahead of it");
        assertEquals(List.of(both), released(onB));
    }

    @Test
    void plainWritesThatWaitForOneKeyAreWrittenOnceWithTheLastValueAndAllAreAnswered() {
        Transaction holder = put(A, "0");
        locks.acquire(holder);
        Transaction first = put(A, "1");
        Transaction last = put(A, "2");
        locks.acquire(first);
        locks.acquire(last);
        List<Waiter> waiting = List.of(first.waiters.get(0), last.waiters.get(0));

        assertEquals(List.of(last), released(holder));

        assertEquals(waiting, last.waiters);
        assertEquals(List.of(), released(last));
    }

    @Test
    void aWriteWithAConditionEndsWhatIsWrittenTogether() {
        Transaction holder = put(A, "0");
        Transaction plain = put(A, "1");
        Transaction conditional = update(A);
        Transaction behind = put(A, "2");
        for (Transaction each : List.of(holder, plain, conditional, behind)) {
            locks.acquire(each);
        }

        assertEquals(List.of(plain), released(holder));
        assertEquals(List.of(conditional), released(plain));
        assertEquals(List.of(behind), released(conditional));
    }

    @Test
    void computationsWithTheSameOneKeyRunTogetherInTheirOrder() {
        Transaction holder = put(A, "0");
        Transaction first = compute(A);
        Transaction second = compute(A);
        Transaction ofTwoKeys = compute(A, B);
        for (Transaction each : List.of(holder, first, second, ofTwoKeys)) {
            locks.acquire(each);
        }
        List<Computation> inOrder = List.of(first.computations.get(0), second.computations.get(0));

        assertEquals(List.of(first), released(holder));

        assertEquals(inOrder, first.computations);
        assertEquals(2, first.waiters.size());
        assertEquals(List.of(ofTwoKeys), released(first));
    }

    @Test
    void soManyComputationsRunTogetherAndNoMore() {
        Transaction holder = put(A, "0");
        locks.acquire(holder);
        for (int i = 0; i < 1_500; i++) {
            locks.acquire(compute(A));
        }

        Transaction first = released(holder).get(0);
        Transaction second = released(first).get(0);

        assertEquals(1_000, first.computations.size());
        assertEquals(500, second.computations.size());
    }

    @Test
    void onlyTheHolderCanReleaseAKey() {
        Transaction holder = update(A);
        Transaction waiting = update(A);
        locks.acquire(holder);
        locks.acquire(waiting);

        assertThrows(IllegalStateException.class, () -> locks.release(waiting, new ArrayList<>()));
    }

    private List<Transaction> released(Transaction transaction) {
        List<Transaction> ready = new ArrayList<>();
        locks.release(transaction, ready);
        return ready;
    }

    private Transaction put(Bytes key, String value) {
        return waitedFor(new Transaction(List.of(Write.put(key, Bytes.of(value))), VIEW));
    }

    private Transaction update(Bytes... keys) {
        List<Write> writes = new ArrayList<>();
        for (Bytes key : keys) {
            writes.add(Write.update(key, Bytes.of("new")));
        }
        return waitedFor(new Transaction(writes, VIEW));
    }

    private Transaction compute(Bytes... keys) {
        Computation computation = (present, nowMs) -> new Computation.Outcome(List.of(), 1);
        return waitedFor(new Transaction(List.of(keys), computation));
    }

    private Transaction waitedFor(Transaction transaction) {
        transaction.waiters.add(new Waiter(++lastClient, null));
        return transaction;
    }
}
