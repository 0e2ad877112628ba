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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Real peers that keep their data on disk, under a real {@code kill -9} of all of them. */
class PeerDurabilityE2ETest {
    private static final Duration SOON = Duration.ofSeconds(30);
    private static final int PEERS = 3;
    private static final int KEYS = 60;

    @TempDir
    Path directory;

    private final int port = Ports.freeRange(PEERS);
    private final RunningProcess[] peers = new RunningProcess[PEERS];
    private Path file;

    @AfterEach
    void endAll() {
        for (RunningProcess peer : peers) {
            if (peer != null) {
                peer.close();
            }
        }
    }

    private void writeTheGroupFile(String protocol) throws IOException {
        file = directory.resolve(protocol + ".conf");
        StringBuilder text = new StringBuilder("protocol " + protocol + "\n");
        for (int i = 0; i < PEERS; i++) {
            text.append(i + 1).append(" 127.0.0.1 ").append(port + i).append('\n');
        }
        Files.writeString(file, text);
    }

    private List<String> command(int index, String... options) {
        List<String> words = new ArrayList<>(List.of(
                String.valueOf(index + 1),
                file.toString(),
                "--data-dir",
                directory.resolve("data" + index).toString()));
        words.addAll(Arrays.asList(options));
        return Cluster.command("run-node.sh", words.toArray(String[]::new));
    }

    private void start(int index, String... options) {
        peers[index] = new RunningProcess("peer " + (index + 1), directory, Map.of(), command(index, options));
    }

    private void startAll() {
        for (int i = 0; i < PEERS; i++) {
            start(i);
        }
    }

    private Outcome group(String input, String... words) {
        List<String> all = new ArrayList<>(List.of("--group", file.toString()));
        all.addAll(Arrays.asList(words));
        return RunningProcess.run(
                directory, Map.of(), Cluster.command("run-client.sh", all.toArray(String[]::new)), input);
    }

    private void awaitService() {
        await().atMost(SOON).until(() -> group("", "put", "first", "x").exit() == 0);
    }

    private void putAll() {
        StringBuilder puts = new StringBuilder();
        for (int i = 0; i < KEYS; i++) {
            puts.append("put:key").append(i).append(":value").append(i).append('\n');
        }
        Outcome outcome = group(puts.toString());
        assertEquals(0, outcome.exit(), outcome.toString());
    }

    private void assertAllAreThere() {
        StringBuilder gets = new StringBuilder();
        StringBuilder expected = new StringBuilder();
        for (int i = 0; i < KEYS; i++) {
            gets.append("get:key").append(i).append('\n');
            expected.append("✓ Value for 'key")
                    .append(i)
                    .append("' is: value")
                    .append(i)
                    .append('\n');
        }
        await().atMost(SOON).until(() -> group("", "get", "first").exit() == 0);
        assertEquals(expected.toString(), group(gets.toString()).out());
    }

    @ParameterizedTest
    @ValueSource(strings = {"primary-backup", "total-order", "eventual"})
    void everyAcknowledgedWriteIsThereAfterAllWereKilledAtOnce(String protocol) throws IOException {
        writeTheGroupFile(protocol);
        startAll();
        awaitService();
        putAll();

        for (RunningProcess peer : peers) {
            peer.kill9();
        }
        startAll();

        assertAllAreThere();
        String status = group("", "--json", "status").out();
        assertEquals("sync", new JSONObject(status).getString("durability"), status);
        assertEquals(0, group("", "put", "after", "the kill").exit());
    }

    @Test
    void aPeerWhoseDiskWasEmptiedIsFilledFromTheOthers() throws IOException {
        writeTheGroupFile("primary-backup");
        startAll();
        awaitService();
        putAll();

        peers[2].kill9();
        start(2, "--repair");

        peers[2].awaitLine("The data that were there are in", SOON);
        await().atMost(SOON).ignoreExceptions().untilAsserted(() -> {
            Outcome outcome = RunningProcess.run(
                    directory, Map.of(), Cluster.command("run-client.sh", "--json", port + 2 + "", "status"), "");
            JSONObject status = new JSONObject(outcome.out());
            assertEquals("backup", status.getString("state"), outcome.out());
            assertEquals(KEYS + 1, status.getInt("keys"), outcome.out());
        });
    }

    @Test
    void aDirectoryIsOnePeersAndOneProcessAtATimeHasIt() throws IOException {
        writeTheGroupFile("eventual");
        start(0);
        awaitService();
        Outcome second = RunningProcess.run(directory, Map.of(), command(0), "");
        assertEquals(1, second.exit(), second.toString());
        assertTrue(second.toString().contains("in use by another process"), second.toString());
        peers[0].terminate();
        assertEquals(0, peers[0].awaitExit(SOON));

        writeTheGroupFile("total-order");
        Outcome other = RunningProcess.run(directory, Map.of(), command(0), "");
        assertEquals(1, other.exit(), other.toString());
        assertTrue(other.toString().contains("protocol eventual, not of peer 1"), other.toString());
        assertTrue(other.toString().contains("give this one a directory of its own"), other.toString());
    }

    @Test
    void optionsAboutADiskNeedADirectory() throws IOException {
        writeTheGroupFile("eventual");
        Outcome outcome = RunningProcess.run(
                directory, Map.of(), Cluster.command("run-node.sh", "1", file.toString(), "--durability", "async"), "");
        assertEquals(2, outcome.exit(), outcome.toString());
        assertTrue(outcome.err().contains("--data-dir"), outcome.toString());
    }
}
