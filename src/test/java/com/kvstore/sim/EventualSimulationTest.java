package com.kvstore.sim;

import org.junit.jupiter.api.Test;

/**
 * Whole eventual groups under faults: the short part with fixed seeds. {@code ./run-sim.sh --protocol eventual --seeds N}
 * runs fresh ones.
 */
final class EventualSimulationTest {
    /** As it was when these seeds were found. */
    private static final Overrides IN_MEMORY = Overrides.NONE.withDisks(false);

    private static final Simulation GROUP = SimMain.simulationOf("eventual");

    @Test
    void allPeersSoonHoldTheSameNoDeleteComesUndoneAndNoVersionIsUsedTwice() {
        FixedSeeds.pass(GROUP, 25, "Ack (1 copy)");
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

    /** Seed 701202: an attempt to connect took 20 s in a slow network, beyond any time-out, and nobody tried again. */
    @Test
    void anAttemptToConnectEndsAtItsTimeOutHoweverSlowTheNetworkIs() {
        GROUP.run(701202, Overrides.NONE, Trace.silent());
    }

    /** Seed 800089: its clock was 15 s slow, and its first write, below a forgotten delete, was taken for a deleted one. */
    @Test
    void aRestartedPeerWithASlowClockListensBeforeItNumbersAWrite() {
        GROUP.run(800089, IN_MEMORY, Trace.silent());
    }

    @Test
    void oneSeedIsOneRun() {
        FixedSeeds.areOneRunEach(GROUP);
    }
}
