package com.kvstore.e2e;

import java.io.IOException;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Real peers of groups without a coordinator are killed, stopped, paused and restarted while clients of all of them read
 * and write; what the clients were told is recorded and judged. Short plans run in every build; {@code ./run-tests.sh
 * --chaos} runs the long ones, with {@code -Dkvstore.chaos.rounds=N} and {@code -Dkvstore.chaos.seed=S} if wanted.
 */
class GroupChaosE2ETest {
    private static final List<String> PROTOCOLS = List.of("primary-backup", "total-order", "eventual");
    private static final int DEFAULT_ROUNDS = 20;
    private static final int STEPS = 8;

    @ParameterizedTest
    @ValueSource(strings = {"primary-backup", "total-order", "eventual"})
    void nothingWrongIsAnsweredWhilePeersAreKilledAndPaused(String protocol) throws Exception {
        System.out.println(GroupChaosRun.carryOut(GroupChaosPlan.reckless(protocol, 2, 4)));
    }

    @Test
    @Tag("slow")
    @Tag("chaos")
    void manyRoundsOfEveryProtocolPass() throws IOException, InterruptedException {
        long rounds = Long.getLong("kvstore.chaos.rounds", DEFAULT_ROUNDS);
        long first = Long.getLong("kvstore.chaos.seed", new SplittableRandom().nextInt(1, 1_000_000));
        for (long round = 0; round < rounds; round++) {
            for (String protocol : PROTOCOLS) {
                String before = "round " + (round + 1) + " of " + rounds + ": ";
                System.out.println(
                        before + GroupChaosRun.carryOut(GroupChaosPlan.careful(protocol, first + round, STEPS)));
                System.out.println(
                        before + GroupChaosRun.carryOut(GroupChaosPlan.reckless(protocol, first + round, STEPS)));
            }
        }
    }
}
