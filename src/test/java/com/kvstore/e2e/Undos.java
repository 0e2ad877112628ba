package com.kvstore.e2e;

import java.util.concurrent.DelayQueue;
import java.util.concurrent.Delayed;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * What a plan has done to processes or links and is to undo, each at its time.
 *
 * <p>Threading: one thread's, which waits for what is due next and does it.
 */
final class Undos {
    /** @param action null: it is time for the plan's next step */
    private record Undo(long dueNs, @Nullable Runnable action) implements Delayed {
        @Override
        public long getDelay(TimeUnit unit) {
            return unit.convert(dueNs - System.nanoTime(), TimeUnit.NANOSECONDS);
        }

        @Override
        public int compareTo(Delayed other) {
            return Long.signum(dueNs - ((Undo) other).dueNs);
        }
    }

    private final DelayQueue<Undo> undos = new DelayQueue<>();

    /** @param dueNs as {@link System#nanoTime} will say then */
    void add(long dueNs, Runnable action) {
        undos.add(new Undo(dueNs, action));
    }

    /** Undoes what is due before the plan's next step, which is due in so long. */
    void undoFor(long ms) throws InterruptedException {
        undos.add(new Undo(System.nanoTime() + ms * 1_000_000, null));
        for (Runnable due = undos.take().action; due != null; due = undos.take().action) {
            due.run();
        }
    }

    /** Undoes everything, each at its time. */
    void undoAll() throws InterruptedException {
        while (!undos.isEmpty()) {
            Runnable due = undos.take().action;
            if (due != null) {
                due.run();
            }
        }
    }
}
