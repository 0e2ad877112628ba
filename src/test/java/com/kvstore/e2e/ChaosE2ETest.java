package com.kvstore.e2e;

import java.io.IOException;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Real processes are killed, paused, restarted, added and drained while clients read and write; what the clients were told
 * is recorded and judged. A short round runs in every build; {@code ./run-tests.sh --chaos} runs the long one, with {@code
 * -Dkvstore.chaos.rounds=N} and {@code -Dkvstore.chaos.seed=S} if wanted.
 */
class ChaosE2ETest {
    private static final int DEFAULT_ROUNDS = 20;
    private static final int STEPS = 8;

    @Test
    void nothingIsLostAndNothingWrongIsAnsweredWhenOneThingBreaksAfterTheOther() throws Exception {
        System.out.println(ChaosRun.carryOut(ChaosPlan.careful(3, 3)));
    }

    @Test
    void nothingWrongIsAnsweredWhenManyThingsBreakAtOnce() throws Exception {
        System.out.println(ChaosRun.carryOut(ChaosPlan.reckless(1, 6)));
    }

    @Test
    @Tag("slow")
    @Tag("chaos")
    void manyRoundsOfBothKindsPass() throws IOException, InterruptedException {
        long rounds = Long.getLong("kvstore.chaos.rounds", DEFAULT_ROUNDS);
        long first = Long.getLong("kvstore.chaos.seed", new SplittableRandom().nextInt(1, 1_000_000));
        for (long round = 0; round < rounds; round++) {
            String careful = ChaosRun.carryOut(ChaosPlan.careful(first + round, STEPS));
            System.out.println("round " + (round + 1) + " of " + rounds + ": " + careful);
            String reckless = ChaosRun.carryOut(ChaosPlan.reckless(first + round, STEPS));
            System.out.println("round " + (round + 1) + " of " + rounds + ": " + reckless);
        }
    }
}
