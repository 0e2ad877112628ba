package com.kvstore.sim;

import org.junit.jupiter.api.Test;

/**
 * Whole total-order groups under faults: the short part with fixed seeds. {@code ./run-sim.sh --protocol total-order --seeds
 * N} runs fresh ones.
 */
final class TotalOrderSimulationTest {
    /** As it was when these seeds were found. */
    private static final Overrides IN_MEMORY = Overrides.NONE.withDisks(false);

    private static final Simulation GROUP = SimMain.simulationOf("total-order");

    @Test
    void everyHistoryIsLinearizableTheOrderIsTheSameEverywhereAndEveryGroupHeals() {
        FixedSeeds.pass(GROUP, 20, "UNAVAILABLE", "OUTCOME_UNKNOWN", "[GROUP]");
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

    /**
     * Seed 500914: a restarted peer had forgotten that a lane was done, took it up again from the state of another that had
     * not heard of it, and both delivered an entry behind the lane's end that the third never saw.
     */
    @Test
    void aLaneThatIsDoneStaysDoneWhenAPeerIsRestarted() {
        GROUP.run(500914, Overrides.NONE.withDisks(true), Trace.silent());
    }

    /**
     * Seed 860268, the simulator's own: two of three disks were taken away, the first before the group had formed, which
     * counted as nothing; but what a peer has promised to the others then is what the group is formed of.
     */
    @Test
    void aDiskIsNotTakenAwayFromAPeerThatHasPromisedToFormTheGroupBesideAnother() {
        GROUP.run(860268, Overrides.NONE, Trace.silent());
    }

    /**
     * Seed 860825, the simulator's own: two of three peers without disks were killed after they had given their word to found
     * the group, and before they knew that it was founded.
     */
    @Test
    void aPeerThatHasGivenItsWordToFoundTheGroupIsNotKilledBesideAnother() {
        GROUP.run(860825, IN_MEMORY, Trace.silent());
    }

    @Test
    void oneSeedIsOneRun() {
        FixedSeeds.areOneRunEach(GROUP);
    }
}
