package com.kvstore.protocol.movement;

import org.jspecify.annotations.Nullable;

/**
 * One planned move as the coordinator's scheduler sees it.
 *
 * <p>Transitions: WAITING to RUNNING (StartMove sent), RUNNING to WAITING (failed: later, after a pause), RUNNING to DONE
 * (kept until a view no longer plans it, so that it is not begun again meanwhile).
 */
final class ScheduledMove {
    static final long FIRST_BACKOFF_NS = 200_000_000L;
    static final long MAX_BACKOFF_NS = 5_000_000_000L;

    enum State {
        WAITING,
        RUNNING,
        DONE
    }

    final MovementPlan.Move plan;
    /** Of the first view that planned it. */
    final long epoch;
    /** A measure of how much it is. */
    final long weight;

    State state = State.WAITING;
    /** Number of the present or last attempt; 0 before the first. */
    long attempt;

    long startedNs;
    long heardNs;
    double fraction;
    long bytes;
    /** Not to be tried again earlier than that; only while waiting after a failure. */
    long notBeforeNs = Long.MIN_VALUE;

    private int failures;
    private String notedReason = "";

    ScheduledMove(MovementPlan.Move plan, long epoch) {
        this.plan = plan;
        this.epoch = epoch;
        this.weight = Math.max(1, new PositionSet(plan.ranges()).positions());
    }

    boolean involves(int member) {
        Integer source = plan.source();
        return plan.target() == member || (source != null && source == member);
    }

    boolean isRunning() {
        return state == State.RUNNING;
    }

    boolean isDone() {
        return state == State.DONE;
    }

    boolean mayBeTried(long nowNs) {
        return state == State.WAITING && nowNs >= notBeforeNs;
    }

    void started(long number, long nowNs) {
        state = State.RUNNING;
        attempt = number;
        startedNs = nowNs;
        heardNs = nowNs;
        fraction = 0;
        bytes = 0;
    }

    void progressed(double newFraction, long newBytes, long nowNs) {
        heardNs = nowNs;
        if (newFraction > fraction) {
            failures = 0;
        }
        fraction = newFraction;
        bytes = newBytes;
    }

    void done(long newBytes) {
        state = State.DONE;
        fraction = 1;
        bytes = newBytes;
    }

    /**
     * Back to waiting: 200 ms, then twice that each time, up to 5 s.
     *
     * @return what people should hear of it; null: nothing new, or a first failure, which the next attempt often mends
     */
    @Nullable String failed(String reason, long nowNs) {
        state = State.WAITING;
        fraction = 0;
        bytes = 0;
        notBeforeNs = nowNs + Math.min(MAX_BACKOFF_NS, FIRST_BACKOFF_NS << Math.min(failures, 10));
        failures++;
        if (failures < 2 || reason.equals(notedReason)) {
            return null;
        }
        notedReason = reason;
        return reason;
    }
}
