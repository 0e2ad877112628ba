package com.kvstore.e2e;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.NavigableMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.json.JSONObject;
import org.junit.jupiter.api.Test;

/** The coordinator is killed and started again while a client keeps writing. */
class CoordinatorRestartE2ETest {
    private static final Duration SOON = Duration.ofSeconds(30);

    /**
     * Writes key after key, several times over, and remembers what was acknowledged and what may have been written. It
     * connects anew whenever the coordinator is gone.
     */
    private static final class Loader implements Runnable {
        private static final int KEYS = 400;

        private final int port;
        /** By key, the newest acknowledged value. Values of a key only grow. */
        private final Map<String, Integer> acknowledged = new ConcurrentHashMap<>();
        /** By key, the newest value that was sent. */
        private final Map<String, Integer> sent = new ConcurrentHashMap<>();

        private final AtomicLong acknowledgements = new AtomicLong();
        private volatile boolean stopped;
        private int next;

        Loader(int port) {
            this.port = port;
        }

        @Override
        public void run() {
            while (!stopped) {
                try (JsonConnection connection = new JsonConnection(port)) {
                    while (!stopped) {
                        write(connection);
                    }
                } catch (IOException gone) {
                    Thread.onSpinWait();
                }
            }
        }

        private void write(JsonConnection connection) throws IOException {
            int value = next++;
            String key = "loaded-" + value % KEYS;
            sent.put(key, value);
            JSONObject answer = connection.put(key, Integer.toString(value));
            if (answer.getString("req_type").equals("ack")) {
                acknowledged.put(key, value);
                acknowledgements.incrementAndGet();
            }
        }

        void awaitAcknowledgements(long more) {
            long target = acknowledgements.get() + more;
            await(more + " more acknowledged writes")
                    .atMost(SOON)
                    .pollInterval(Duration.ofMillis(5))
                    .until(() -> acknowledgements.get() >= target);
        }

        /** Nothing acknowledged is lost, and nothing is there that was never sent. */
        void check(JsonConnection connection) throws IOException {
            for (Map.Entry<String, Integer> entry : acknowledged.entrySet()) {
                JSONObject answer = connection.get(entry.getKey());
                assertEquals("data", answer.getString("req_type"), entry + " was acknowledged, but now: " + answer);
                int value = Integer.parseInt(answer.getString("message"));
                assertTrue(
                        value >= entry.getValue(), entry + " was acknowledged, but an older value is read: " + value);
                assertTrue(value <= sent.get(entry.getKey()), "never written: " + answer);
                assertEquals(value % KEYS, entry.getValue() % KEYS, "another key's value: " + answer);
            }
        }
    }

    @Test
    void nothingAcknowledgedIsLostWhenTheCoordinatorIsKilledUnderLoad() throws Exception {
        try (Cluster cluster = Cluster.started(3)) {
            NavigableMap<Integer, String> ring = cluster.ring();
            long epoch = cluster.status().getLong("epoch");
            Loader loader = new Loader(cluster.port);
            Thread thread = new Thread(loader, "loader");
            thread.setDaemon(true);
            thread.start();
            for (int round = 0; round < 3; round++) {
                loader.awaitAcknowledgements(1_000);
                cluster.coordinator().kill9();
                cluster.startCoordinator();
            }
            loader.awaitAcknowledgements(1_000);
            loader.stopped = true;
            thread.join(20_000);

            cluster.awaitWhole(3);
            assertEquals(ring, cluster.ring(), "positions survive restarts");
            assertTrue(cluster.status().getLong("epoch") > epoch);
            try (JsonConnection connection = cluster.connect()) {
                loader.check(connection);
            }
        }
    }

    @Test
    void aDegradedWriteIsRememberedAcrossARestartOfTheCoordinator() throws Exception {
        try (Cluster cluster = Cluster.started(2)) {
            int away = cluster.slavePorts().get(0);
            int holder = cluster.slavePorts().get(1);
            try (JsonConnection connection = cluster.connect()) {
                connection.put("k", "old");
                cluster.slave(away).kill9();
                assertEquals(1, connection.put("k", "new").getInt("copies"));
            }
            cluster.coordinator().kill9();
            cluster.slave(holder).pause();
            cluster.startCoordinator();
            cluster.launchSlave(away);
            try (JsonConnection connection = cluster.connect()) {
                // The slave that is back has missed a write: it answers for nothing, however often it is asked.
                cluster.slave(away).awaitLine("[REGISTER] Registration successful", SOON);
                for (int asked = 0; asked < 500; asked++) {
                    JSONObject answer = connection.get("k");
                    assertEquals("UNAVAILABLE", answer.optString("code"), answer.toString());
                }
                cluster.slave(holder).resume();
                await().atMost(SOON)
                        .until(() -> connection.get("k").optString("message").equals("new"));
                cluster.awaitWhole(2);
                cluster.slave(holder).kill9();
                assertEquals("new", connection.get("k").getString("message"));
            }
        }
    }

    @Test
    void whereEveryMemoryIsGoneTheStoreIsSimplyNewAndTheConsoleSaysSo() throws Exception {
        try (Cluster cluster = Cluster.started(2)) {
            try (JsonConnection connection = cluster.connect()) {
                connection.put("k", "v");
            }
            for (int slavePort : cluster.slavePorts()) {
                cluster.slave(slavePort).kill9();
            }
            cluster.coordinator().kill9();
            cluster.startCoordinator();
            for (int slavePort : cluster.slavePorts()) {
                cluster.startSlave(slavePort);
            }
            cluster.awaitWhole(2);
            try (JsonConnection connection = cluster.connect()) {
                assertEquals("NOT_FOUND", connection.get("k").getString("code"));
                assertEquals("ack", connection.put("k", "again").getString("req_type"));
            }
            cluster.coordinator().awaitLine("new", SOON);
        }
    }

    @Test
    void aSecondCoordinatorOnTheSameStateIsRefused() throws Exception {
        try (Cluster cluster = Cluster.started(1)) {
            RunningProcess second = cluster.launch(
                    "second coordinator",
                    "run-coordinator.sh",
                    "127.0.0.1",
                    Integer.toString(Ports.free()),
                    "--heartbeat-port",
                    Integer.toString(Ports.free()));
            assertNotEquals(0, second.awaitExit(SOON));
            second.awaitLine("cs_state", SOON);
        }
    }

    @Test
    void aPortInUseIsNamedWithTheOptionThatChangesIt() {
        try (Cluster cluster = Cluster.started(1)) {
            int busy = cluster.slavePorts().get(0);
            RunningProcess slave =
                    cluster.launch("slave on a busy port", "run-slave.sh", "127.0.0.1", Integer.toString(busy));
            assertNotEquals(0, slave.awaitExit(SOON));
            slave.awaitLine(Integer.toString(busy), SOON);
            slave.awaitLine("in use", SOON);

            RunningProcess onTcp = cluster.launch(
                    "coordinator on a busy port",
                    "run-coordinator.sh",
                    "127.0.0.1",
                    Integer.toString(cluster.port),
                    "--heartbeat-port",
                    Integer.toString(Ports.free()),
                    "--state",
                    "other_state",
                    "--config",
                    "other_config.txt");
            assertNotEquals(0, onTcp.awaitExit(SOON));
            onTcp.awaitLine(Integer.toString(cluster.port), SOON);
            onTcp.awaitLine("in use", SOON);

            RunningProcess onUdp = cluster.launch(
                    "coordinator on a busy heartbeat port",
                    "run-coordinator.sh",
                    "127.0.0.1",
                    Integer.toString(Ports.free()),
                    "--heartbeat-port",
                    Integer.toString(cluster.heartbeatPort),
                    "--state",
                    "other_state",
                    "--config",
                    "other_config.txt");
            assertNotEquals(0, onUdp.awaitExit(SOON));
            onUdp.awaitLine(Integer.toString(cluster.heartbeatPort), SOON);
            onUdp.awaitLine("--heartbeat-port", SOON);
        }
    }
}
