package com.kvstore.e2e;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.kvstore.e2e.RunningProcess.Outcome;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The one command of the quick start, and the build without Maven. */
class RunClusterE2ETest {
    @TempDir
    Path directory;

    private final int port = Ports.freeRange(4);
    private final int heartbeatPort = Ports.free();

    private List<String> cluster(String... more) {
        List<String> arguments = new ArrayList<>(
                List.of("--port", Integer.toString(port), "--heartbeat-port", Integer.toString(heartbeatPort)));
        arguments.addAll(Arrays.asList(more));
        return Cluster.command("run-cluster.sh", arguments.toArray(String[]::new));
    }

    private Outcome run(List<String> command, String input) {
        return RunningProcess.run(directory, Map.of("TMPDIR", directory.toString()), command, input);
    }

    private boolean nobodyListens() {
        for (int p = port; p < port + 4; p++) {
            if (Ports.isListening(p)) {
                return false;
            }
        }
        return true;
    }

    @Test
    void pipedCommandsAreAnsweredAloneAndNothingIsLeftBehind() throws IOException {
        Outcome outcome = run(cluster(), "put:username:alice\nget:username\ndelete:username\n");
        assertEquals("""
                ✓ PUT successful: username
                ✓ Value for 'username' is: alice
                ✓ DELETE successful: username
                """, outcome.out());
        assertEquals(0, outcome.exit(), outcome.toString());
        await("nobody to listen any more").until(this::nobodyListens); // See Ports.awaitClosed.
        try (Stream<Path> left = Files.list(directory)) {
            assertEquals(List.of(), left.toList());
        }
    }

    @Test
    void theExitStatusIsTheClients() {
        assertEquals(1, run(cluster("--slaves", "2"), "get:nothing\n").exit());
    }

    @Test
    void aBusyPortIsNamedAndNothingIsStarted() throws IOException {
        try (ServerSocket busy = new ServerSocket(port + 2, 1, InetAddress.getLoopbackAddress())) {
            Outcome outcome = run(cluster(), "get:nothing\n");
            assertEquals(2, outcome.exit(), outcome.toString());
            assertEquals("", outcome.out());
            assertTrue(outcome.err().contains(Integer.toString(busy.getLocalPort())), outcome.err());
            assertTrue(outcome.err().contains("--port"), outcome.err());
        }
        await("nobody to listen any more").until(this::nobodyListens); // See Ports.awaitClosed.
    }

    @Test
    void withoutAPromptItStaysUntilItIsStoppedAndThenStopsWhatItStarted() throws IOException {
        Path kept = directory.resolve("kept state");
        try (RunningProcess running = new RunningProcess(
                "run-cluster.sh", directory, Map.of(), cluster("--no-prompt", "--dir", kept.toString()))) {
            running.awaitLine("Cluster ready", Cluster.START);
            Outcome put = RunningProcess.run(kept, Map.of(), Cluster.command("run-client.sh", "put", "k", "v"), "");
            assertEquals(0, put.exit(), put.toString());
            assertFalse(nobodyListens());
            running.terminate();
            assertEquals(0, running.awaitExit(Duration.ofSeconds(20)));
        }
        await().atMost(Duration.ofSeconds(5)).until(this::nobodyListens);
        assertTrue(Files.readString(kept.resolve("coordinator.log")).contains("[INFO] Ready to accept connections"));
        assertTrue(Files.isDirectory(kept.resolve("cs_state")));
    }

    @Test
    void buildSimpleNamesAMissingLibraryAndTheCommandThatFetchesIt() {
        Outcome outcome = RunningProcess.run(
                directory,
                Map.of("MAVEN_REPO_LOCAL", directory.resolve("empty").toString()),
                Cluster.command("build-simple.sh"),
                "");
        assertEquals(1, outcome.exit(), outcome.toString());
        assertTrue(outcome.err().contains("JSON library is missing"), outcome.err());
        assertTrue(outcome.err().contains("mvn "), outcome.err());
    }
}
