package com.kvstore.protocol.twophase;

import com.kvstore.common.Bytes;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One transaction a key at a time, in the order they came.
 *
 * <p>A transaction queues for all its keys at once, within one turn, so queues agree on the order and nobody waits in a
 * circle. Plain writes that wait for the same key one behind the other become one transaction when their turn comes: the
 * last one's value is written once, all are answered. So do computations with just that key: it is read once, each is shown
 * what the one before has left, and what the last leaves is written.
 */
final class KeyLocks {
    private static final class Lock {
        Transaction holder;

        @Nullable ArrayDeque<Transaction> waiting;

        Lock(Transaction holder) {
            this.holder = holder;
        }
    }

    /** Computations that are shown a key in one turn: more would hold up everybody else. */
    private static final int MOST_TOGETHER = 1_000;

    private final Map<Bytes, Lock> locks = new HashMap<>();

    /** Queues for every key. @return whether all are held now */
    boolean acquire(Transaction transaction) {
        for (int i = 0; i < transaction.keyCount(); i++) {
            Bytes key = transaction.key(i);
            Lock lock = locks.get(key);
            if (lock == null) {
                locks.put(key, new Lock(transaction));
            } else {
                if (lock.waiting == null) {
                    lock.waiting = new ArrayDeque<>(4);
                }
                lock.waiting.add(transaction);
                transaction.locksMissing++;
            }
        }
        return transaction.locksMissing == 0;
    }

    /** Gives every key to the next in line; those that then hold all of theirs are added to {@code ready}. */
    void release(Transaction transaction, Collection<Transaction> ready) {
        for (int i = 0; i < transaction.keyCount(); i++) {
            Bytes key = transaction.key(i);
            Lock lock = locks.get(key);
            if (lock == null || lock.holder != transaction) {
                throw new IllegalStateException("a transaction releases a key it does not hold: " + key);
            }
            Transaction next = lock.waiting == null ? null : lock.waiting.poll();
            if (next == null) {
                locks.remove(key);
                continue;
            }
            if (next.isPlain()) {
                next = mergeFollowers(next, lock.waiting);
            } else if (next.computesOneKey()) {
                appendFollowers(next, lock.waiting);
            }
            lock.holder = next;
            if (--next.locksMissing == 0) {
                ready.add(next);
            }
        }
    }

    boolean isHeld(Bytes key) {
        return locks.containsKey(key);
    }

    private static void appendFollowers(Transaction first, @Nullable ArrayDeque<Transaction> waiting) {
        while (waiting != null
                && !waiting.isEmpty()
                && waiting.peek().computesOneKey()
                && first.computations.size() < MOST_TOGETHER) {
            first.append(waiting.poll());
        }
    }

    private static Transaction mergeFollowers(Transaction first, @Nullable ArrayDeque<Transaction> waiting) {
        Transaction last = first;
        List<Waiter> waiters = first.waiters;
        while (waiting != null && !waiting.isEmpty() && waiting.peek().isPlain()) {
            last = waiting.poll();
            waiters.addAll(last.waiters);
        }
        last.waiters = waiters;
        return last;
    }
}
