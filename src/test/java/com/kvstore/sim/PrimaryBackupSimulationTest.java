package com.kvstore.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/**
 * Whole primary-backup groups under faults: the short part with fixed seeds. {@code ./run-sim.sh --protocol primary-backup
 * --seeds N} runs fresh ones.
 */
final class PrimaryBackupSimulationTest {
    private static final long SEEDS = 25;

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
            "[GROUP]",
            "[RECOVERY]",
            "[VIEW]");

    private static final Simulation GROUP = SimMain.simulationOf("primary-backup");

    @Test
    void everyHistoryIsLinearizableEveryPeerHoldsTheSameAndEveryGroupHeals() {
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

    @Test
    void oneSeedIsOneRun() {
        long once = GROUP.run(3, Overrides.NONE, Trace.silent()).traceHash();

        assertEquals(once, GROUP.run(3, Overrides.NONE, Trace.silent()).traceHash());
    }
}
