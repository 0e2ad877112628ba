package com.kvstore.e2e;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.kvstore.client.KvClient;
import com.kvstore.client.KvClientConfig;
import com.kvstore.common.Bytes;
import com.kvstore.common.ServerNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.stream.Stream;
import org.json.JSONObject;
import org.junit.jupiter.api.Test;

/** Cases of docs/guarantees.md that need real processes and stand in no other test. */
class GuaranteesE2ETest {
    private static final Duration SOON = Duration.ofSeconds(30);
    private static final int HUGE_BYTES = 16 * 1024 * 1024;

    private static List<String> keys(int count) {
        return Stream.iterate(0, i -> i + 1).map(i -> "key-" + i).limit(count).toList();
    }

    private static void fill(JsonConnection connection, List<String> keys, String value) throws IOException {
        for (String key : keys) {
            JSONObject answer = connection.put(key, value);
            assertEquals("ack", answer.getString("req_type"), key + ": " + answer);
        }
    }

    private static void assertAllRead(JsonConnection connection, List<String> keys, String value) throws IOException {
        for (String key : keys) {
            JSONObject answer = connection.get(key);
            assertEquals(value, answer.optString("message"), key + ": " + answer);
        }
    }

    /** Cases 10 and 11: the state is copied by hand and another coordinator begins with it while the first one sleeps. */
    @Test
    void aPausedCoordinatorThatWasReplacedAnswersNothingWhenItWakes() throws IOException {
        try (Cluster cluster = Cluster.started(2);
                JsonConnection old = cluster.connect()) {
            assertEquals("ack", old.put("k", "old").getString("req_type"));
            assertEquals("old", old.get("k").getString("message"));
            RunningProcess sleeper = cluster.coordinator();
            int mark = sleeper.mark();
            sleeper.pause();

            Path copy = Files.createDirectory(cluster.directory.resolve("copied_state"));
            try (Stream<Path> files = Files.list(cluster.directory.resolve("cs_state"))) {
                for (Path file : files.toList()) {
                    Files.copy(file, copy.resolve(file.getFileName()));
                }
            }
            int port = Ports.free();
            cluster.launch(
                            "second coordinator",
                            "run-coordinator.sh",
                            "127.0.0.1",
                            Integer.toString(port),
                            "--heartbeat-port",
                            Integer.toString(Ports.free()),
                            "--state",
                            "copied_state")
                    .awaitLine("[INFO] Ready to accept connections", SOON);
            try (JsonConnection fresh = new JsonConnection(port)) {
                await().atMost(SOON)
                        .until(() -> fresh.put("k", "new").getString("req_type").equals("ack"));

                sleeper.resume();
                JSONObject read = old.get("k");
                assertEquals("error", read.getString("req_type"), read.toString());
                JSONObject write = old.put("k", "older");
                assertEquals("error", write.getString("req_type"), write.toString());
                assertNotEquals("OUTCOME_UNKNOWN", write.getString("code"), write.toString());
                sleeper.awaitLine(mark, "Another coordinator has taken over", SOON);
                assertEquals("new", fresh.get("k").getString("message"));
            }
        }
    }

    /** Case 12. */
    @Test
    void aPausedSlaveThatWasDeclaredFailedServesNothingOldAfterItWakes() throws IOException {
        List<String> keys = keys(100);
        try (Cluster cluster = Cluster.started(3, Cluster.QUICK_REMOVAL);
                JsonConnection connection = cluster.connect()) {
            fill(connection, keys, "old");
            int paused = cluster.slavePorts().get(0);
            int mark = cluster.coordinator().mark();
            cluster.slave(paused).pause();
            cluster.coordinator().awaitLine(mark, "[HEALTH CHECK] Removed from hash ring", SOON);
            cluster.awaitWhole(2);
            fill(connection, keys, "new");
            cluster.slave(paused).resume();
            assertAllRead(connection, keys, "new");
            cluster.awaitWhole(3);
            cluster.slave(cluster.slavePorts().get(1)).kill9();
            assertAllRead(connection, keys, "new");
        }
    }

    /** Cases 16 and 17. */
    @Test
    void whatHadBothCopiesOnServersThatDieTogetherIsLostAndNeverNotFound() throws IOException {
        List<String> keys = keys(60);
        try (Cluster cluster = Cluster.started(3);
                JsonConnection connection = cluster.connect()) {
            fill(connection, keys, "v");
            NavigableMap<Integer, String> ring = cluster.ring();
            String first = Cluster.ownerOf(keys.get(0), ring);
            String second = Cluster.replicaOf(keys.get(0), ring);
            List<String> gone = new ArrayList<>();
            List<String> kept = new ArrayList<>();
            for (String key : keys) {
                List<String> copies = List.of(Cluster.ownerOf(key, ring), Cluster.replicaOf(key, ring));
                (copies.contains(first) && copies.contains(second) ? gone : kept).add(key);
            }
            cluster.slave(first).kill9();
            cluster.slave(second).kill9();
            assertAllRead(connection, kept, "v");
            for (String key : gone) {
                JSONObject answer = connection.get(key);
                assertEquals("UNAVAILABLE", answer.optString("code"), key + ": " + answer);
            }

            cluster.startSlave(Cluster.portOf(first));
            cluster.startSlave(Cluster.portOf(second));
            await().atMost(SOON).until(() -> connection.get(gone.get(0)).optString("code"), "LOST"::equals);
            for (String key : gone) {
                JSONObject answer = connection.get(key);
                assertEquals("LOST", answer.optString("code"), key + ": " + answer);
            }
            assertAllRead(connection, kept, "v");
            assertTrue(cluster.status().getJSONObject("copies").getInt("lost") > 0);

            assertEquals("ack", connection.put(gone.get(0), "again").getString("req_type"));
            assertEquals("again", connection.get(gone.get(0)).optString("message"));
            assertEquals("LOST", connection.get(gone.get(gone.size() - 1)).optString("code"));
            assertEquals(0, cluster.client("accept-loss").exit());
            assertEquals("NOT_FOUND", connection.get(gone.get(gone.size() - 1)).optString("code"));
            cluster.awaitWhole(3);
        }
    }

    /** Case 21. */
    @Test
    void aSlaveStoppedTooSoonAfterAnotherWaitsUntilTheCopiesAreWhole() throws IOException {
        List<String> keys = keys(200);
        try (Cluster cluster = Cluster.started(3);
                JsonConnection connection = cluster.connect()) {
            fill(connection, keys, "v");
            NavigableMap<Integer, String> ring = cluster.ring();
            RunningProcess first = cluster.slave(Cluster.ownerOf(keys.get(0), ring));
            RunningProcess second = cluster.slave(Cluster.replicaOf(keys.get(0), ring));
            first.terminate();
            assertEquals(0, first.awaitExit(SOON));
            int mark = second.mark();
            second.terminate();
            second.awaitLine(mark, "only up-to-date copy", SOON);
            assertTrue(second.isAlive());
            assertAllRead(connection, keys, "v");

            cluster.startSlave(Cluster.portOf(Cluster.ownerOf(keys.get(0), ring)));
            assertEquals(0, second.awaitExit(SOON));
            cluster.startSlave(Cluster.portOf(Cluster.replicaOf(keys.get(0), ring)));
            cluster.awaitWhole(3);
            assertAllRead(connection, keys, "v");
        }
    }

    /** Case 24. */
    @Test
    void hugeValuesMoveWhileSmallRequestsAreAnsweredAndNobodyIsTakenForDead() throws Exception {
        List<String> small = keys(50);
        try (Cluster cluster = Cluster.started(2);
                JsonConnection connection = cluster.connect();
                KvClient client =
                        KvClient.connect(KvClientConfig.of(ServerNode.parse(Cluster.address(cluster.port))))) {
            fill(connection, small, "v");
            byte[] huge = new byte[HUGE_BYTES];
            for (int i = 0; i < 6; i++) {
                huge[0] = (byte) i;
                client.put(Bytes.of("huge-" + i), Bytes.wrap(huge.clone())).join();
            }
            int mark = cluster.coordinator().mark();
            cluster.launchSlave(Ports.free());
            long worstNs = 0;
            int asked = 0;
            while (cluster.coordinator().find(mark, "[REBALANCE] Two copies of every key") == null) {
                long startNs = System.nanoTime();
                String key = small.get(asked % small.size());
                JSONObject answer = asked % 2 == 0 ? connection.put(key, "v") : connection.get(key);
                worstNs = Math.max(worstNs, System.nanoTime() - startNs);
                assertNotEquals("error", answer.getString("req_type"), answer.toString());
                assertNull(answer.opt("degraded"), answer.toString());
                asked++;
                assertTrue(asked < 1_000_000, () -> "never whole: " + cluster.status());
            }
            cluster.awaitWhole(3);
            System.out.println(
                    asked + " small requests during the move, the slowest took " + worstNs / 1_000_000 + " ms");
            assertNull(cluster.coordinator().find(mark, " is down"), () -> cluster.coordinator()
                    .toString());
            assertTrue(worstNs < 2_000_000_000L, worstNs / 1_000_000 + " ms");
            for (int i = 0; i < 6; i++) {
                huge[0] = (byte) i;
                assertEquals(
                        Bytes.wrap(huge),
                        client.get(Bytes.of("huge-" + i)).join().orElseThrow());
            }
        }
    }

    /** Case 39. */
    @Test
    void aSlaveThatFindsTheRingFullIsToldSoAndTheRingStaysAsItIs() throws IOException {
        try (Cluster cluster = Cluster.started(2, "--ring-size", "2");
                JsonConnection connection = cluster.connect()) {
            fill(connection, keys(20), "v");
            NavigableMap<Integer, String> ring = cluster.ring();
            assertEquals(List.of(0, 1), List.copyOf(ring.keySet()));
            RunningProcess third = cluster.launchSlave(Ports.free());
            third.awaitLine("the ring has 2 positions and all are taken", SOON);
            assertEquals(ring, cluster.ring());
            assertAllRead(connection, keys(20), "v");
        }
    }
}
