package com.kvstore.sim;

import org.junit.jupiter.api.Test;

/**
 * Whole primary-backup groups under faults: the short part with fixed seeds. {@code ./run-sim.sh --protocol primary-backup
 * --seeds N} runs fresh ones.
 */
final class PrimaryBackupSimulationTest {
    private static final Simulation GROUP = SimMain.simulationOf("primary-backup");

    @Test
    void everyHistoryIsLinearizableEveryPeerHoldsTheSameAndEveryGroupHeals() {
        FixedSeeds.pass(GROUP, 25, "UNAVAILABLE", "OUTCOME_UNKNOWN", "[GROUP]", "[RECOVERY]", "[VIEW]");
    }

    /** Seed 501104: it went on asking the best of a view it had left, and each question began the other's answer anew. */
    @Test
    void aPeerThatWasToLeadAViewFetchesFromThePrimaryOfTheNextOneAlone() {
        GROUP.run(501104, Overrides.NONE.withDisks(true), Trace.silent());
    }

    /** Seed 801371: a message was stuck for three minutes, and all that the primary sent that backup behind it. */
    @Test
    void aStuckLinkKeepsNoBackupOutOfTheGroup() {
        GROUP.run(801371, Overrides.NONE.withDisks(false), Trace.silent());
    }

    @Test
    void oneSeedIsOneRun() {
        FixedSeeds.areOneRunEach(GROUP);
    }
}
