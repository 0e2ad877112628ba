package com.kvstore.sim;

import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/**
 * Simulated time: one queue of events, ordered by (time, sequence).
 *
 * <p>Threading: everything of a simulation runs inside {@link #runUntil}, on its caller's thread.
 *
 * <p>Invariants: time never goes back; events of one time run in the order they were scheduled; an event scheduled for
 * the present time runs after the one that scheduled it.
 */
public final class Scheduler {
    /** Something that will happen, unless it is cancelled. */
    public static final class Event implements Comparable<Event> {
        private final long timeNs;
        private final long sequence;
        private @Nullable Runnable action;

        private Event(long timeNs, long sequence, Runnable action) {
            this.timeNs = timeNs;
            this.sequence = sequence;
            this.action = action;
        }

        public long timeNs() {
            return timeNs;
        }

        /** It will not happen; harmless if it already has. */
        public void cancel() {
            action = null;
        }

        @Override
        public int compareTo(Event other) {
            int byTime = Long.compare(timeNs, other.timeNs);
            return byTime != 0 ? byTime : Long.compare(sequence, other.sequence);
        }

        @Override
        public boolean equals(@Nullable Object other) {
            return this == other;
        }

        @Override
        public int hashCode() {
            return Long.hashCode(sequence);
        }
    }

    private final PriorityQueue<Event> queue = new PriorityQueue<>();
    private long nowNs;
    private long sequence;

    public long nowNs() {
        return nowNs;
    }

    /** @param timeNs a time gone by means now */
    public Event at(long timeNs, Runnable action) {
        Event event = new Event(Math.max(timeNs, nowNs), sequence++, action);
        queue.add(event);
        return event;
    }

    public Event after(long delayNs, Runnable action) {
        return at(nowNs + delayNs, action);
    }

    /** Runs every event up to {@code endNs}, included, and leaves the clock there. */
    public void runUntil(long endNs) {
        while (true) {
            Event next = queue.peek();
            if (next == null || next.timeNs > endNs) {
                break;
            }
            queue.remove();
            Runnable action = next.action;
            if (action != null) {
                nowNs = next.timeNs;
                action.run();
            }
        }
        nowNs = Math.max(nowNs, endNs);
    }
}
