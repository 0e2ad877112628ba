package com.kvstore.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/**
 * Whole total-order groups under faults: the short part with fixed seeds. {@code ./run-sim.sh --protocol total-order --seeds
 * N} runs fresh ones.
 */
final class TotalOrderSimulationTest {
    private static final long SEEDS = 20;

    /** What must have happened somewhere in these seeds, or they prove little. */
    private static final List<String> MARKS = List.of(
            "Ack",
            "Value",
            "NOT_FOUND",
            "UNAVAILABLE",
            "OUTCOME_UNKNOWN",
            "KILL_SLAVE",
            "KILL_ALL",
            "PAUSE_SLAVE",
            "STOP_SLAVE",
            "CUT",
            "ONE_WAY_CUT",
            "ISOLATE",
            "BRIDGE",
            "RESET",
            "SLOW_NETWORK",
            "FULL_SLAVE_DISK",
            "FAILED_SLAVE_SYNC",
            "SLOW_SLAVE_DISK",
            "WIPE_SLAVE",
            "NO_SPACE",
            "[GROUP]");

    /** As it was when these seeds were found. */
    private static final Overrides IN_MEMORY = Overrides.NONE.withDisks(false);

    private static final Simulation GROUP = SimMain.simulationOf("total-order");

    @Test
    void everyHistoryIsLinearizableTheOrderIsTheSameEverywhereAndEveryGroupHeals() {
        Map<String, Integer> seen = new TreeMap<>();
        for (long seed = 1; seed <= SEEDS; seed++) {
            RunReport report = GROUP.run(seed, Overrides.NONE, Trace.silent());
            report.answers().forEach((answer, count) -> seen.merge(answer, count, Integer::sum));
            report.faults().forEach((fault, count) -> seen.merge(fault, count, Integer::sum));
            report.notes().forEach((tag, count) -> seen.merge("[" + tag + "]", count, Integer::sum));
        }
        for (String mark : MARKS) {
            assertTrue(seen.containsKey(mark), mark + " never happened: " + seen);
        }
    }

    /** All lanes had come to their end at one peer, while another one, with nothing left to wait for, did not ask. */
    @Test
    void aPeerWithoutALaneFindsOutWhatItDoesNotKnow() {
        GROUP.run(1032, IN_MEMORY, Trace.silent());
    }

    /** All lanes were opened anew at a counter that their owners' clocks had not reached: an entry came at that very counter. */
    @Test
    void nothingOnALaneHasTheCounterOfItsOpening() {
        GROUP.run(30183, IN_MEMORY, Trace.silent());
    }

    @Test
    void oneSeedIsOneRun() {
        long once = GROUP.run(3, Overrides.NONE, Trace.silent()).traceHash();

        assertEquals(once, GROUP.run(3, Overrides.NONE, Trace.silent()).traceHash());
    }
}
