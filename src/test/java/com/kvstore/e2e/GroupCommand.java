package com.kvstore.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.kvstore.e2e.RunningProcess.Outcome;
import java.nio.file.Path;
import java.util.Map;

/** {@code run-cluster.sh --protocol}, the same for every protocol. */
final class GroupCommand {
    private static final int PEERS = 3;

    private GroupCommand() {}

    static void startsAnswersAndLeavesNothingBehind(String protocol, Path directory) {
        int first = Ports.freeRange(PEERS);
        Outcome outcome = RunningProcess.run(
                directory,
                Map.of("TMPDIR", directory.toString()),
                Cluster.command("run-cluster.sh", "--protocol", protocol, "--nodes", "3", "--port", first + ""),
                "put:username:alice\nget:username\n");

        assertEquals(
                "✓ PUT successful: username\n✓ Value for 'username' is: alice\n", outcome.out(), outcome.toString());
        assertEquals(0, outcome.exit(), outcome.toString());
        for (int port = first; port < first + PEERS; port++) {
            Ports.awaitClosed(port);
        }
    }
}
