package com.kvstore.e2e;

import java.util.Comparator;
import java.util.PriorityQueue;

/**
 * What a plan has done to processes and is to undo, each at its time.
 *
 * <p>Threading: one thread's, which sleeps at the plan's own pace; that waits for nothing to be done.
 */
final class Undos {
    private record Undo(long dueNs, Runnable action) {}

    private final PriorityQueue<Undo> undos = new PriorityQueue<>(Comparator.comparingLong(Undo::dueNs));

    /** @param dueNs as {@link System#nanoTime} will say then */
    void add(long dueNs, Runnable action) {
        undos.add(new Undo(dueNs, action));
    }

    /** Undoes what is due within this time, and returns when it is over. */
    void undoFor(long ms) throws InterruptedException {
        undoUntil(System.nanoTime() + ms * 1_000_000);
    }

    /** Undoes everything, each at its time. */
    void undoAll() throws InterruptedException {
        while (!undos.isEmpty()) {
            undoUntil(undos.peek().dueNs);
        }
    }

    private void undoUntil(long untilNs) throws InterruptedException {
        while (true) {
            Undo next = undos.peek();
            long wakeNs = next == null ? untilNs : Math.min(untilNs, next.dueNs);
            Thread.sleep(Math.max(0, (wakeNs - System.nanoTime()) / 1_000_000));
            if (next == null || next.dueNs > untilNs) {
                return;
            }
            undos.remove().action.run();
        }
    }
}
