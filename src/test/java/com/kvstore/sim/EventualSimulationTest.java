package com.kvstore.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/**
 * Whole eventual groups under faults: the short part with fixed seeds. {@code ./run-sim.sh --protocol eventual --seeds N}
 * runs fresh ones.
 */
final class EventualSimulationTest {
    private static final long SEEDS = 25;

    /** What must have happened somewhere in these seeds, or they prove little. */
    private static final List<String> MARKS = List.of(
            "Ack",
            "Ack (1 copy)",
            "Value",
            "NOT_FOUND",
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
            "NO_SPACE");

    /** As it was when these seeds were found. */
    private static final Overrides IN_MEMORY = Overrides.NONE.withDisks(false);

    private static final Simulation GROUP = SimMain.simulationOf("eventual");

    @Test
    void allPeersSoonHoldTheSameNoDeleteComesUndoneAndNoVersionIsUsedTwice() {
        Map<String, Integer> seen = new TreeMap<>();
        for (long seed = 1; seed <= SEEDS; seed++) {
            RunReport report = GROUP.run(seed, Overrides.NONE, Trace.silent());
            report.answers().forEach((answer, count) -> seen.merge(answer, count, Integer::sum));
            report.faults().forEach((fault, count) -> seen.merge(fault, count, Integer::sum));
        }
        for (String mark : MARKS) {
            assertTrue(seen.containsKey(mark), mark + " never happened: " + seen);
        }
    }

    /** The horizon rested on what a peer said before it died; its successor was sent a write from below it. */
    @Test
    void aRestartedPeerIsNotSentWhatIsOlderThanAForgottenDelete() {
        GROUP.run(7, IN_MEMORY, Trace.silent());
    }

    /** Its clock was slow, and what it took before it heard of anybody lay below the others' horizon: lost at one of them. */
    @Test
    void whatARestartedPeerTakesBeforeItHearsOfAnybodyIsNotTakenForOld() {
        GROUP.run(7029, IN_MEMORY, Trace.silent());
    }

    /** Of two peers that could fill a restarted one, the first did not answer, and it alone was asked. */
    @Test
    void aPeerThatDoesNotAnswerKeepsNobodyFromAskingAnother() {
        GROUP.run(20351, IN_MEMORY, Trace.silent());
    }

    /** A message that is stuck on a link holds up all behind it: the link is given up. */
    @Test
    void aStuckLinkKeepsNobodyFromConverging() {
        GROUP.run(132, IN_MEMORY, Trace.silent());
        GROUP.run(8066, IN_MEMORY, Trace.silent());
    }

    @Test
    void oneSeedIsOneRun() {
        long once = GROUP.run(3, Overrides.NONE, Trace.silent()).traceHash();

        assertEquals(once, GROUP.run(3, Overrides.NONE, Trace.silent()).traceHash());
    }
}
