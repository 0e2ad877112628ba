package com.kvstore.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.kvstore.client.KvClientConfig;
import com.kvstore.client.RecordMix;
import com.kvstore.client.RecordSettings;
import com.kvstore.client.Recorder;
import com.kvstore.common.ServerNode;
import com.kvstore.sim.check.HistoryChecker;
import com.kvstore.sim.check.HistoryFile;
import com.kvstore.sim.check.HistoryFormatException;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.json.JSONObject;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Links between real processes are cut, without their being told, while clients read and write: between the coordinator and
 * a data node, between data nodes, from and to one of them. What the clients were told is recorded and judged. Where there
 * are no network namespaces it is skipped.
 */
class NetworkCutsE2ETest {
    private static final int SLAVES = 3;
    private static final int PORT = 8080;
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final long READS_MS = 60_000;

    @TempDir
    private Path directory;

    private final List<RunningProcess> processes = new ArrayList<>();

    @BeforeEach
    void needsNetworkNamespaces() {
        String whyNot = NetLab.whyNot();
        assumeTrue(whyNot == null, whyNot);
    }

    /** Host 0 is the coordinator's. */
    private void start(NetLab lab) {
        processes.add(new RunningProcess(
                "coordinator",
                directory,
                Map.of(),
                lab.on(
                        0,
                        Cluster.command(
                                "run-coordinator.sh",
                                lab.address(0),
                                "" + PORT,
                                "--heartbeat-timeout",
                                "2s",
                                "--health-check-interval",
                                "1s"))));
        processes.get(0).awaitLine("[INFO] Ready to accept connections", Cluster.START);
        for (int i = 1; i <= SLAVES; i++) {
            processes.add(new RunningProcess(
                    "slave " + i,
                    directory,
                    Map.of(),
                    lab.on(
                            i,
                            Cluster.command(
                                    "run-slave.sh", lab.address(i), "" + PORT, "--heartbeat-interval", "500ms"))));
        }
    }

    private void awaitWhole(NetLab lab) {
        String[] last = {"nobody answers"};
        boolean whole = AwakeClock.await(PATIENCE, 50, () -> {
            try (JsonConnection connection = new JsonConnection(lab.address(0), PORT)) {
                JSONObject status = connection.ask("{\"req_type\":\"status\"}").getJSONObject("document");
                last[0] = status.toString();
                return Cluster.isWhole(status) && Cluster.allUp(status, SLAVES);
            } catch (IOException unreachable) {
                last[0] = unreachable.toString();
                return false;
            }
        });
        assertTrue(whole, () -> last[0] + "\n" + processes);
    }

    private String carryOut(long seed, int steps) throws IOException, InterruptedException {
        SplittableRandom random = new SplittableRandom(seed);
        Path file = directory.resolve("history-" + seed + ".jsonl");
        String summary;
        try (NetLab lab = NetLab.create(SLAVES + 1)) {
            try (BufferedWriter out = Files.newBufferedWriter(file);
                    Recorder recorder = recorder(lab, file, out, seed)) {
                start(lab);
                awaitWhole(lab);
                recorder.start();
                for (int step = 0; step < steps; step++) {
                    cutForAWhile(lab, random);
                    awaitWhole(lab);
                }
                assertTrue(AwakeClock.await(PATIENCE, 20, () -> recorder.answered() > 50L * steps), recorder::summary);
                recorder.stop();
                assertEquals(0, recorder.readEverything(READS_MS), () -> "keys that could not be read\n" + processes);
                summary = recorder.summary();
            } finally {
                processes.forEach(RunningProcess::close);
            }
        }
        RunningProcess coordinator = processes.get(0);
        processes.clear();
        judge(file, seed);
        assertNotNull(coordinator.find(0, " is down"), () -> "no cut was noticed\n" + coordinator);
        return "seed " + seed + ", " + steps + " cuts, " + summary;
    }

    private static Recorder recorder(NetLab lab, Path file, BufferedWriter out, long seed) throws IOException {
        KvClientConfig config = KvClientConfig.of(new ServerNode(lab.address(0), PORT))
                .withRequestTimeoutMs(3_000)
                .withConnectTimeoutMs(1_000)
                .withRetryUnavailableMs(200);
        RecordSettings settings =
                new RecordSettings(file, 8, 20, Duration.ofHours(1).toMillis(), 0, 500, RecordMix.DEFAULT, seed);
        return new Recorder(settings, config, null, out);
    }

    private static void cutForAWhile(NetLab lab, SplittableRandom random) throws InterruptedException {
        int one = random.nextInt(SLAVES + 1);
        int other = (one + 1 + random.nextInt(SLAVES)) % (SLAVES + 1);
        if (random.nextInt(3) == 0) {
            lab.cutOff(List.of(one));
        } else if (random.nextInt(3) == 0) {
            lab.cut(List.of(1, 2, 3));
        } else {
            lab.cut(List.of(one, other));
        }
        // Within the time-outs, and beyond a server's removal.
        long lastsMs = random.nextInt(3) == 0 ? random.nextLong(2_500, 6_000) : random.nextLong(100, 1_500);
        Undos undos = new Undos();
        undos.add(System.nanoTime() + lastsMs * 1_000_000, lab::heal);
        undos.undoAll();
    }

    private static void judge(Path file, long seed) throws IOException {
        try (BufferedReader in = Files.newBufferedReader(file)) {
            assertEquals(List.of(), HistoryChecker.check(HistoryFile.read(in)), "seed " + seed);
        } catch (HistoryFormatException wrong) {
            throw new AssertionError(wrong);
        }
        assertFalse(Files.readString(file).contains("\"code\":\"LOST\""), "something was called lost, seed " + seed);
    }

    @Test
    void nothingIsLostAndNothingWrongIsAnsweredWhileLinksAreCutWithoutAWord() throws Exception {
        System.out.println(carryOut(5, 3));
    }

    @Test
    @Tag("slow")
    @Tag("chaos")
    void manyCutsPass() throws Exception {
        long rounds = Long.getLong("kvstore.chaos.rounds", 20);
        long first = Long.getLong("kvstore.chaos.seed", new SplittableRandom().nextInt(1, 1_000_000));
        for (long round = 0; round < rounds; round++) {
            System.out.println("round " + (round + 1) + " of " + rounds + ": " + carryOut(first + round, 8));
        }
    }
}
