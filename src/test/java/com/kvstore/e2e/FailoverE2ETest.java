package com.kvstore.e2e;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import org.json.JSONObject;
import org.junit.jupiter.api.Test;

/** Data nodes are killed, paused, stopped and started again while a client goes on. */
class FailoverE2ETest {
    private static final Duration SOON = Duration.ofSeconds(30);

    /** Asks until it is answered without an error; the milliseconds since {@code startNs}. */
    private static long millisUntilServed(JsonConnection connection, JSONObject request, long startNs)
            throws IOException {
        while (true) {
            JSONObject answer = connection.ask(request);
            long elapsedMs = (System.nanoTime() - startNs) / 1_000_000;
            if (!answer.getString("req_type").equals("error")) {
                return elapsedMs;
            }
            assertTrue(elapsedMs < 20_000, "still an error after 20 s: " + answer);
        }
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
            assertEquals("data", answer.getString("req_type"));
        }
    }

    private static List<String> keys(int count) {
        List<String> keys = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            keys.add("key-" + i);
        }
        return keys;
    }

    @Test
    void aDeadOwnersKeysAreReadAndWrittenWithinASecondByDefault() throws IOException {
        try (Cluster cluster = Cluster.started(3);
                JsonConnection connection = cluster.connect()) {
            NavigableMap<Integer, String> ring = cluster.ring();
            String victim = Cluster.ownerOf("key-0", ring);
            List<String> owned = Cluster.keysOwnedBy(victim, ring, 100);
            fill(connection, owned, "before");

            long killedNs = System.nanoTime();
            cluster.slave(victim).kill9();
            long readMs = 0;
            for (String key : owned) {
                JSONObject get = new JSONObject().put("req_type", "get").put("key", key);
                readMs = Math.max(readMs, millisUntilServed(connection, get, killedNs));
            }
            long writtenMs = 0;
            for (String key : owned) {
                JSONObject put =
                        new JSONObject().put("req_type", "put").put("key", key).put("value", "after");
                writtenMs = Math.max(writtenMs, millisUntilServed(connection, put, killedNs));
            }
            assertTrue(readMs <= 1_000, "the last key was first read " + readMs + " ms after the kill");
            assertTrue(writtenMs <= 1_000, "the last key was first written " + writtenMs + " ms after the kill");
            assertAllRead(connection, owned, "after");

            JSONObject degraded = connection.put(owned.get(0), "single");
            assertEquals(1, degraded.getInt("copies"), degraded.toString());
            assertTrue(degraded.getBoolean("degraded"));
            assertEquals(
                    "✓ PUT successful: " + owned.get(1) + " (1 copy: " + victim + " is down)\n",
                    cluster.client("put", owned.get(1), "single").out());
            assertFalse(Cluster.isWhole(cluster.status()));
        }
    }

    @Test
    void minCopiesTwoRefusesWhatOneCopyWouldHold() throws IOException {
        try (Cluster cluster = Cluster.started(2, "--min-copies", "2");
                JsonConnection connection = cluster.connect()) {
            assertEquals("ack", connection.put("k", "two").getString("req_type"));
            cluster.slave(cluster.slavePorts().get(0)).kill9();
            JSONObject refused = connection.put("k", "one");
            assertEquals("UNAVAILABLE", refused.getString("code"), refused.toString());
            assertEquals("two", connection.get("k").getString("message"));
        }
    }

    @Test
    void theSurvivorsRestoreTwoCopiesAfterEachKillAndAfterAJoin() throws IOException {
        List<String> keys = keys(500);
        try (Cluster cluster = Cluster.started(3, Cluster.QUICK_REMOVAL);
                JsonConnection connection = cluster.connect()) {
            fill(connection, keys, "v");
            List<Integer> ports = cluster.slavePorts();
            int position = positionOf(cluster, ports.get(0));

            int mark = cluster.coordinator().mark();
            cluster.slave(ports.get(0)).kill9();
            RunningProcess console = cluster.coordinator();
            String address = Cluster.address(ports.get(0));
            console.awaitLine(mark, "[HEALTH CHECK] Server " + address + " - No heartbeat for ", SOON);
            console.awaitLine(mark, "[HEALTH CHECK] Marking server as failed", SOON);
            console.awaitLine(mark, "[HEALTH CHECK] Removed from hash ring", SOON);
            console.awaitLine(mark, "[REBALANCE] Two copies of every key", SOON);
            cluster.awaitWhole(2);
            assertFalse(cluster.ring().containsKey(position), cluster.ring().toString());
            assertAllRead(connection, keys, "v");

            cluster.slave(ports.get(1)).kill9();
            assertAllRead(connection, keys, "v");

            int third = Ports.free();
            mark = console.mark();
            cluster.startSlave(third);
            console.awaitLine(mark, "[REGISTER] Server " + Cluster.address(third) + " registered at position", SOON);
            cluster.awaitWhole(2);
            assertAllRead(connection, keys, "v");

            // The newcomer holds what it should: it alone serves everything.
            cluster.slave(ports.get(2)).kill9();
            assertAllRead(connection, keys, "v");
        }
    }

    private static int positionOf(Cluster cluster, int slavePort) {
        return cluster.ring().entrySet().stream()
                .filter(entry -> entry.getValue().equals(Cluster.address(slavePort)))
                .findFirst()
                .orElseThrow()
                .getKey();
    }

    @Test
    void aSlaveThatReturnsCatchesUpAndDeletesStayDeleted() throws IOException {
        List<String> keys = keys(300);
        List<String> deleted = keys.subList(0, 100);
        List<String> kept = keys.subList(100, 300);
        try (Cluster cluster = Cluster.started(2);
                JsonConnection connection = cluster.connect()) {
            fill(connection, keys, "old");
            int away = cluster.slavePorts().get(0);
            int stays = cluster.slavePorts().get(1);
            cluster.slave(away).kill9();
            for (String key : deleted) {
                assertEquals("ack", connection.delete(key).getString("req_type"));
            }
            fill(connection, kept, "new");

            int mark = cluster.coordinator().mark();
            cluster.startSlave(away);
            cluster.coordinator().awaitLine(mark, "[REBALANCE] Two copies of every key", SOON);
            cluster.awaitWhole(2);
            cluster.slave(stays).kill9();
            assertAllRead(connection, kept, "new");
            for (String key : deleted) {
                assertEquals("NOT_FOUND", connection.get(key).optString("code"), key);
            }
        }
    }

    @Test
    void aPausedSlaveHoldsNobodyUpAndComesBackWhole() throws IOException {
        List<String> keys = keys(100);
        try (Cluster cluster = Cluster.started(2);
                JsonConnection connection = cluster.connect()) {
            fill(connection, keys, "v");
            int paused = cluster.slavePorts().get(0);
            long pausedNs = System.nanoTime();
            cluster.slave(paused).pause();
            for (String key : keys) {
                JSONObject get = new JSONObject().put("req_type", "get").put("key", key);
                assertTrue(millisUntilServed(connection, get, pausedNs) <= 2_000);
            }
            fill(connection, keys, "w");
            cluster.slave(paused).resume();
            cluster.awaitWhole(2);
            cluster.slave(cluster.slavePorts().get(1)).kill9();
            assertAllRead(connection, keys, "w");
        }
    }

    @Test
    void lostHeartbeatsRemoveNobodyWhoStillAnswers() {
        try (Cluster cluster = Cluster.started(2, "--heartbeat-timeout", "1s", "--health-check-interval", "500ms")) {
            int silent = Ports.free();
            int mark = cluster.coordinator().mark();
            cluster.startSlave(silent, "--heartbeat-interval", "10m");
            cluster.coordinator().awaitLine(mark, "UDP", SOON);
            await().atMost(SOON).until(() -> ageOf(cluster, silent) > 3_000);
            assertEquals(3, cluster.ring().size());
            assertNull(cluster.coordinator().find(mark, "Removed from hash ring"));
            assertTrue(cluster.slave(silent).isAlive());
        }
    }

    private static long ageOf(Cluster cluster, int slavePort) {
        for (Object server : cluster.status().getJSONArray("servers")) {
            if (((JSONObject) server).getString("address").equals(Cluster.address(slavePort))) {
                return ((JSONObject) server).getLong("heartbeat_age_ms");
            }
        }
        return -1;
    }

    @Test
    void aStoppedSlaveExitsZeroAndIsDownAtOnceButStaysAMember() throws IOException {
        List<String> keys = keys(50);
        try (Cluster cluster = Cluster.started(3);
                JsonConnection connection = cluster.connect()) {
            fill(connection, keys, "v");
            int stopped = cluster.slavePorts().get(0);
            cluster.slave(stopped).terminate();
            assertEquals(0, cluster.slave(stopped).awaitExit(Duration.ofSeconds(10)));
            assertAllRead(connection, keys, "v");
            JSONObject status = cluster.status();
            assertEquals(3, status.getJSONArray("servers").length());
            for (Object server : status.getJSONArray("servers")) {
                boolean isStopped = ((JSONObject) server).getString("address").equals(Cluster.address(stopped));
                assertEquals(isStopped ? "down" : "up", ((JSONObject) server).getString("state"), status.toString());
            }
        }
    }

    @Test
    void theOnlyCopyIsNotGivenUpAndServesAgainWhenItsServerWakes() throws IOException {
        List<String> keys = keys(50);
        try (Cluster cluster = Cluster.started(2, Cluster.QUICK_REMOVAL);
                JsonConnection connection = cluster.connect()) {
            fill(connection, keys, "v");
            cluster.slave(cluster.slavePorts().get(0)).kill9();
            fill(connection, keys, "only");
            int holder = cluster.slavePorts().get(1);
            cluster.slave(holder).pause();
            await().atMost(SOON)
                    .until(() -> connection.get(keys.get(0)).optString("code").equals("UNAVAILABLE"));
            assertEquals("UNAVAILABLE", connection.put(keys.get(1), "x").optString("code"));
            cluster.slave(holder).resume();
            await().atMost(SOON)
                    .until(() ->
                            connection.get(keys.get(0)).optString("req_type").equals("data"));
            assertAllRead(connection, keys, "only");
        }
    }

    @Test
    void aSlaveStartedBeforeItsCoordinatorKeepsTryingAndSaysSoOnce() throws IOException {
        try (Cluster cluster = new Cluster()) {
            int slavePort = Ports.free();
            Files.writeString(cluster.directory.resolve("cs_config.txt"), "127.0.0.1\n" + cluster.port + "\n");
            RunningProcess slave = cluster.launchSlave(slavePort);
            slave.awaitLine("[INFO] Connecting to CS at 127.0.0.1:" + cluster.port, SOON);
            await("few lines while nobody answers")
                    .during(Duration.ofSeconds(2))
                    .atMost(Duration.ofSeconds(3))
                    .until(() -> slave.mark() < 12);
            cluster.startCoordinator();
            slave.awaitLine("[REGISTER] Registration successful", SOON);
            slave.awaitLine("[INFO] Ready to accept requests", SOON);
        }
    }
}
