package com.kvstore.protocol.movement;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

final class PaceTest {
    private static final long MS = 1_000_000;
    private static final long FAST = 1L << 40;
    private static final int BYTES = 60_000;

    private long nowNs = 5_000;
    private long atTarget = 100;
    private long atSource = 200;
    private Pace pace = new Pace(FAST, atTarget, nowNs);

    @Test
    void whileNobodyElseIsAtWorkItAsksForMuchAndAtOnce() {
        step(1, 0, 0);
        step(1, 0, 0);

        assertEquals(Pace.MAX_FETCH_BYTES, pace.fetchBytes());
        assertTrue(pace.nextNs() - nowNs < MS / 10, "only what the rate allowed costs");
    }

    @Test
    void itBeginsGently() {
        assertEquals(Pace.BUSY_FETCH_BYTES, pace.fetchBytes());
    }

    @Test
    void whileClientsAreAtWorkAtTheTargetItAsksForLittleAndRestsForAMultipleOfWhatAStepTook() {
        step(1, 0, 0);
        step(3, 30, 0);

        assertEquals(Pace.BUSY_FETCH_BYTES, pace.fetchBytes());
        assertEquals(3 * Pace.RESTS * MS, pace.nextNs() - nowNs);
    }

    @Test
    void clientsAtTheSourceCountAsMuch() {
        step(1, 0, 0);
        step(3, 0, 30);

        assertEquals(Pace.BUSY_FETCH_BYTES, pace.fetchBytes());
        assertEquals(3 * Pace.RESTS * MS, pace.nextNs() - nowNs);
    }

    @Test
    void aFewRequestsAreNoReasonToStepBack() {
        step(10, 0, 0);
        step(10, 9, 9);

        assertEquals(Pace.MAX_FETCH_BYTES, pace.fetchBytes());
    }

    @Test
    void noRestIsLongerThanItsBoundHoweverLongTheStepTook() {
        step(1, 0, 0);
        step(10_000, 1_000_000, 0);

        assertEquals(Pace.MAX_REST_NS, pace.nextNs() - nowNs);
    }

    @Test
    void onceTheClientsAreGoneItIsFastAgain() {
        step(1, 0, 0);
        step(1, 100, 0);
        step(1, 0, 0);

        assertEquals(Pace.MAX_FETCH_BYTES, pace.fetchBytes());
        assertTrue(pace.nextNs() - nowNs < MS / 10);
    }

    @Test
    void aRateIsKeptWhoeverIsAtWork() {
        pace = new Pace(BYTES, atTarget, nowNs);
        step(1, 0, 0);

        assertEquals(999 * MS, pace.nextNs() - nowNs, "the step's own time counts");
        assertTrue(pace.fetchBytes() <= BYTES, "about a second's worth at a time");
    }

    @Test
    void withoutARateNobodyIsWaitedFor() {
        pace = new Pace(0, atTarget, nowNs);
        step(3, 1_000_000, 1_000_000);

        assertEquals(Pace.MAX_FETCH_BYTES, pace.fetchBytes());
        assertTrue(pace.nextNs() <= nowNs);
    }

    /** Asks when it may, and is answered {@code ms} later, in which clients have asked so much of the two nodes. */
    private void step(long ms, long targetServed, long sourceServed) {
        nowNs = Math.max(nowNs, pace.nextNs());
        pace.asked(nowNs);
        nowNs += ms * MS;
        atTarget += targetServed;
        atSource += sourceServed;
        pace.took(BYTES, atTarget, atSource, nowNs);
    }
}
