package com.kvstore.e2e;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.kvstore.e2e.RunningProcess.Outcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.json.JSONObject;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Real peers, started by the shipped script, under a real {@code kill -9}. */
class PrimaryBackupE2ETest {
    private static final Duration SOON = Duration.ofSeconds(30);
    private static final int PEERS = 3;

    @TempDir
    Path directory;

    private final int port = Ports.freeRange(PEERS);
    private final RunningProcess[] peers = new RunningProcess[PEERS];
    private Path file;

    @BeforeEach
    void writeTheGroupFile() throws IOException {
        file = directory.resolve("group.conf");
        StringBuilder text = new StringBuilder("# a group\nprotocol primary-backup\n");
        for (int i = 0; i < PEERS; i++) {
            text.append(i + 1).append(" 127.0.0.1 ").append(port + i).append('\n');
        }
        Files.writeString(file, text);
    }

    @AfterEach
    void endAll() {
        for (RunningProcess peer : peers) {
            if (peer != null) {
                peer.close();
            }
        }
    }

    private void start(int index) {
        peers[index] = new RunningProcess(
                "peer " + (index + 1),
                directory,
                Map.of(),
                Cluster.command("run-node.sh", String.valueOf(index + 1), file.toString()));
    }

    private void startAll() {
        for (int i = 0; i < PEERS; i++) {
            start(i);
        }
        for (RunningProcess peer : peers) {
            peer.awaitLine("the group begins", SOON);
        }
    }

    private Outcome client(String... words) {
        return RunningProcess.run(directory, Map.of(), Cluster.command("run-client.sh", words), "");
    }

    private Outcome group(String... words) {
        List<String> all = new ArrayList<>(List.of("--group", file.toString()));
        all.addAll(Arrays.asList(words));
        return client(all.toArray(String[]::new));
    }

    private int primary() {
        JSONObject status = new JSONObject(group("--json", "status").out());
        return status.optInt("primary") - 1;
    }

    @Test
    void anyPeerTakesAnyCommand() {
        startAll();

        assertEquals(
                "✓ PUT successful: name\n",
                client(port + "", "SET", "name", "Apurv").out());
        assertEquals(
                "✓ Value for 'name' is: Apurv\n",
                client(port + 1 + "", "GET", "name").out());
        assertEquals(
                "✓ DELETE successful: name\n",
                client(port + 2 + "", "DELETE", "name").out());
        Outcome absent = client(port + "", "GET", "name");
        assertEquals("✗ Key not found: name\n", absent.out());
        assertEquals(1, absent.exit());
    }

    @Test
    void aKilledPrimaryIsReplacedWritesGoOnWithinFiveSecondsAndNothingIsLost() {
        startAll();
        for (int i = 0; i < 5; i++) {
            assertEquals(0, group("put", "key" + i, "value" + i).exit());
        }
        int victim = primary();
        long killedNs = System.nanoTime();
        peers[victim].kill9();

        Outcome write = group("put", "after", "the kill");
        long elapsedMs = (System.nanoTime() - killedNs) / 1_000_000;
        assertEquals("✓ PUT successful: after\n", write.out(), write.toString());
        assertTrue(elapsedMs < 5_000, "it took " + elapsedMs + " ms, the client's own start among them");
        for (int i = 0; i < 5; i++) {
            assertEquals("value" + i, group("--raw", "get", "key" + i).out());
        }

        start(victim);
        peers[victim].awaitLine("is the primary now", SOON);
        await().atMost(SOON).untilAsserted(() -> {
            JSONObject status = new JSONObject(
                    client("--json", port + victim + "", "status").out());
            assertEquals("backup", status.getString("state"));
            assertEquals(6, status.getInt("keys"));
        });
    }

    @Test
    void withTheMajorityGoneNoWriteIsAcknowledgedAndThatIsSaidPlainly() {
        startAll();
        assertEquals(0, group("put", "k", "v").exit());
        int left = primary();
        for (int i = 0; i < PEERS; i++) {
            if (i != left) {
                peers[i].kill9();
            }
        }

        Outcome write = group("--timeout", "6s", "put", "k", "w");

        assertEquals(2, write.exit(), write.toString());
        assertTrue(
                write.toString().contains("peers can be reached")
                        || write.toString().contains("unknown"),
                write.toString());
        Outcome later = group("--timeout", "6s", "put", "k", "w");
        assertTrue(later.toString().contains("Only 1 of 3 peers can be reached"), later.toString());
    }

    @Test
    void aPeerThatIsStoppedEndsWithStatusZeroAndAWrongCommandLineWithTwo() {
        startAll();
        int victim = primary();
        peers[victim].terminate();
        assertEquals(0, peers[victim].awaitExit(SOON));
        Outcome after = group("put", "k", "v");
        assertEquals(0, after.exit(), after.toString());

        Outcome wrong =
                RunningProcess.run(directory, Map.of(), Cluster.command("run-node.sh", "7", file.toString()), "");
        assertEquals(2, wrong.exit());
        assertTrue(wrong.err().contains("NODE_ID 7 is not in"), wrong.toString());
    }

    @Test
    void oneCommandStartsAGroupAnswersAndLeavesNothingBehind() {
        int first = Ports.freeRange(PEERS);
        Outcome outcome = RunningProcess.run(
                directory,
                Map.of("TMPDIR", directory.toString()),
                Cluster.command("run-cluster.sh", "--protocol", "primary-backup", "--nodes", "3", "--port", first + ""),
                "put:username:alice\nget:username\n");

        assertEquals("✓ PUT successful: username\n✓ Value for 'username' is: alice\n", outcome.out());
        assertEquals(0, outcome.exit(), outcome.toString());
        for (int p = first; p < first + PEERS; p++) {
            Ports.awaitClosed(p);
        }
    }
}
