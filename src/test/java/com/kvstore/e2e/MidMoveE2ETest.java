package com.kvstore.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.TreeMap;
import org.json.JSONObject;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Case 23 of docs/guarantees.md: a server joins, and in the midst of its move, which is slow, the process it is filled from,
 * it itself, or the coordinator is killed.
 */
class MidMoveE2ETest {
    private static final Duration SOON = Duration.ofSeconds(60);
    private static final Duration LONG = Duration.ofMinutes(2);
    private static final int KEYS = 150;
    private static final String PADDING = "x".repeat(10_000);

    private enum Victim {
        SOURCE,
        TARGET,
        COORDINATOR
    }

    private final TreeMap<String, String> expected = new TreeMap<>();

    private void put(JsonConnection connection, String key, String value) throws IOException {
        JSONObject answer = connection.put(key, value);
        assertEquals("ack", answer.getString("req_type"), key + ": " + answer);
        expected.put(key, value);
    }

    private void delete(JsonConnection connection, String key) throws IOException {
        JSONObject answer = connection.delete(key);
        assertEquals("ack", answer.getString("req_type"), key + ": " + answer);
        expected.remove(key);
    }

    private void assertAllRead(Cluster cluster) throws IOException {
        try (JsonConnection connection = cluster.connect()) {
            for (int i = 0; i < KEYS; i++) {
                String key = "key-" + i;
                JSONObject answer = connection.get(key);
                assertEquals(expected.get(key), answer.has("code") ? null : answer.getString("message"), key);
                assertEquals(expected.containsKey(key) ? "" : "NOT_FOUND", answer.optString("code"), key);
            }
        }
    }

    private static JSONObject server(JSONObject status, String address) {
        for (Object each : status.getJSONArray("servers")) {
            if (((JSONObject) each).getString("address").equals(address)) {
                return (JSONObject) each;
            }
        }
        return new JSONObject();
    }

    /** What is counted tells of copies that nobody should hold. */
    private void awaitNoMoreThanTwoCopies(Cluster cluster) {
        boolean reached = AwakeClock.await(SOON, 100, () -> {
            try {
                long held = 0;
                for (Object each : cluster.status().getJSONArray("servers")) {
                    held += ((JSONObject) each).getLong("keys");
                }
                return held == 2L * expected.size();
            } catch (UncheckedIOException unreachable) {
                return false;
            }
        });
        assertTrue(reached, () -> expected.size() + " keys, but " + cluster.status());
    }

    @ParameterizedTest
    @EnumSource(Victim.class)
    void aMoveThatIsKilledInItsMidstIsResumedOrRolledBack(Victim victim) throws IOException {
        try (Cluster cluster = Cluster.started(
                2, "--heartbeat-timeout", "2s", "--health-check-interval", "1s", "--move-rate", "400K")) {
            try (JsonConnection connection = cluster.connect()) {
                for (int i = 0; i < KEYS; i++) {
                    put(connection, "key-" + i, i + PADDING);
                }
            }
            int mark = cluster.coordinator().mark();
            int joiner = Ports.free();
            String target = Cluster.address(joiner);
            cluster.launchSlave(joiner);
            String line = cluster.coordinator().awaitLine(mark, "to " + target + " from ", SOON);
            int source = Cluster.portOf(line.replaceFirst("^.* from ([0-9.:]+).*$", "$1"));
            assertTrue(
                    AwakeClock.await(
                            SOON, 10, () -> server(cluster.status(), target).optLong("keys") > 5),
                    () -> "nothing has moved: " + cluster.status());
            switch (victim) {
                case SOURCE -> cluster.slave(source).kill9();
                case TARGET -> cluster.slave(joiner).kill9();
                case COORDINATOR -> {
                    assertFalse(Cluster.isWhole(cluster.status()), "the move was over before anybody could be killed");
                    cluster.coordinator().kill9();
                    cluster.startCoordinator();
                }
            }
            try (JsonConnection connection = cluster.connect()) {
                assertTrue(
                        AwakeClock.await(SOON, 50, () -> isServed(connection)),
                        () -> "no write succeeds: " + cluster.status());
                put(connection, "key-7", "written after the kill");
                delete(connection, "key-8");
                put(connection, "key-9", "written after the kill");
            }
            cluster.awaitWhole(victim == Victim.COORDINATOR ? 3 : 2, LONG);
            assertAllRead(cluster);
            awaitNoMoreThanTwoCopies(cluster);
            List<Integer> left = cluster.slavePorts().stream()
                    .filter(port -> cluster.slave(port).isAlive())
                    .toList();
            cluster.slave(left.get(0)).kill9();
            assertAllRead(cluster);
        }
    }

    private boolean isServed(JsonConnection connection) {
        try {
            boolean served =
                    connection.put("key-0", "0" + PADDING).getString("req_type").equals("ack");
            return served
                    && connection
                            .put("key-1", "1" + PADDING)
                            .getString("req_type")
                            .equals("ack");
        } catch (IOException gone) {
            throw new UncheckedIOException(gone);
        }
    }
}
