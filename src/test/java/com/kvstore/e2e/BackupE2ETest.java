package com.kvstore.e2e;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.kvstore.e2e.RunningProcess.Outcome;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.json.JSONArray;
import org.json.JSONObject;
import org.junit.jupiter.api.Test;

/** Backups made while clients write, restored into a cluster of another size. */
class BackupE2ETest {
    private static final Duration SOON = Duration.ofSeconds(60);
    private static final int PAIRS = 50;

    /** Writes pairs of keys, on different parts of the ring, always with one value. */
    private static final class PairWriter implements Runnable {
        private final int port;
        private final AtomicInteger acknowledged = new AtomicInteger();
        private volatile boolean stopped;

        PairWriter(int port) {
            this.port = port;
        }

        @Override
        public void run() {
            try (JsonConnection connection = new JsonConnection(port)) {
                for (int i = 0; !stopped; i++) {
                    JSONArray writes = new JSONArray();
                    for (String side : List.of("left-", "right-")) {
                        writes.put(new JSONObject()
                                .put("op", "put")
                                .put("key", side + i % PAIRS)
                                .put("value", Integer.toString(i)));
                    }
                    JSONObject answer = connection.ask(
                            new JSONObject().put("req_type", "transact").put("writes", writes));
                    if (answer.getString("req_type").equals("ack")) {
                        acknowledged.incrementAndGet();
                    }
                }
            } catch (IOException gone) {
                stopped = true;
            }
        }
    }

    @Test
    void aBackupUnderLoadHasNoHalfTransactionAndRestoresIntoAClusterOfAnotherSize() throws Exception {
        try (Cluster from = Cluster.started(3);
                Cluster to = Cluster.started(2)) {
            try (JsonConnection connection = from.connect()) {
                for (int i = 0; i < 1_000; i++) {
                    connection.put("k" + i, "v".repeat(i));
                }
            }
            PairWriter writer = new PairWriter(from.port);
            Thread thread = new Thread(writer, "pairs");
            thread.setDaemon(true);
            thread.start();
            await().atMost(SOON).until(() -> writer.acknowledged.get() > 200);
            int before = writer.acknowledged.get();
            String backups = from.directory.resolve("backups").toString();
            Outcome made = from.client("backup", "now", backups);
            int during = writer.acknowledged.get() - before;
            writer.stopped = true;
            thread.join(20_000);
            assertEquals(0, made.exit(), made.toString());
            assertTrue(during > 0, "writes stood still");

            assertEquals(0, from.client("backup", "verify", backups).exit());
            Outcome restored = to.client("backup", "restore", backups);
            assertEquals(0, restored.exit(), restored.toString());
            try (JsonConnection connection = to.connect()) {
                for (int i = 0; i < 1_000; i++) {
                    assertEquals("v".repeat(i), connection.get("k" + i).optString("message"));
                }
                for (int i = 0; i < PAIRS; i++) {
                    String left = connection.get("left-" + i).getString("message");
                    assertEquals(left, connection.get("right-" + i).getString("message"));
                    assertTrue(Integer.parseInt(left) >= before - PAIRS - 1, left + " is older than the backup");
                }
                assertEquals(
                        1_000 + 2 * PAIRS,
                        connection.ask("{\"req_type\":\"count\"}").getLong("keys"));
            }
        }
    }

    @Test
    void anOlderBackupReplacesWhatIsThereAndCachesForget() throws Exception {
        try (Cluster cluster = Cluster.started(2);
                JsonConnection connection = cluster.connect()) {
            String backups = cluster.directory.resolve("backups").toString();
            connection.put("username", "alice");
            assertEquals(0, cluster.client("backup", "now", backups).exit());
            connection.put("username", "bob");
            connection.put("later", "x");
            assertEquals("bob", connection.get("username").getString("message"));
            assertEquals(2, cluster.client("backup", "restore", backups).exit(), "not over what is there");
            long epoch = cluster.status().getLong("epoch");
            assertEquals(0, cluster.client("backup", "replace", backups).exit());
            assertEquals("alice", connection.get("username").getString("message"));
            assertEquals("NOT_FOUND", connection.get("later").getString("code"));
            assertTrue(cluster.status().getLong("epoch") >= epoch);
        }
    }

    @Test
    void aDamagedBackupIsFoundOutAndNotRestored() throws Exception {
        try (Cluster cluster = Cluster.started(1);
                JsonConnection connection = cluster.connect()) {
            Path backups = cluster.directory.resolve("backups");
            connection.put("username", "alice");
            assertEquals(0, cluster.client("backup", "now", backups.toString()).exit());
            connection.delete("username");
            Path file;
            try (Stream<Path> files = Files.list(backups)) {
                file = files.findFirst().orElseThrow();
            }
            byte[] content = Files.readAllBytes(file);
            for (int at : new int[] {content.length - 1, content.length / 2, 30}) {
                byte[] damaged = content.clone();
                damaged[at] ^= 1;
                Files.write(file, damaged);
                assertEquals(
                        2,
                        cluster.client("backup", "verify", backups.toString()).exit());
                assertEquals(
                        2,
                        cluster.client("backup", "restore", backups.toString()).exit());
            }
            assertEquals("NOT_FOUND", connection.get("username").getString("code"));
            Files.write(file, content);
            assertEquals(
                    0, cluster.client("backup", "restore", backups.toString()).exit());
            assertEquals("alice", connection.get("username").getString("message"));
        }
    }

    @Test
    void backupsAreMadeByThemselvesAndOldOnesGo() {
        try (Cluster cluster =
                Cluster.started(1, "--backup-dir", "mine", "--backup-every", "1s", "--backup-keep", "2")) {
            RunningProcess server = cluster.launch(
                    "backup server",
                    "run-slave.sh",
                    "127.0.0.1",
                    Integer.toString(Ports.free()),
                    "--backup-only",
                    "--backup-dir",
                    "theirs",
                    "--backup-every",
                    "1s");
            cluster.coordinator().awaitLine("[BACKUP] mine", SOON);
            server.awaitLine("[BACKUP] theirs", SOON);
            await().atMost(SOON).until(() -> cluster.coordinator().toString().split("\\[BACKUP\\]", -1).length > 4);
            String[] left = cluster.directory.resolve("mine").toFile().list();
            assertTrue(left != null && left.length <= 3, "two stay, and one may be under way");
        }
    }

    @Test
    void aDirectoryIsStoredAndComesBackByteForByte() throws Exception {
        try (Cluster cluster = Cluster.started(2)) {
            Path from = cluster.directory.resolve("from");
            Random random = new Random(7);
            Map<String, byte[]> files = new TreeMap<>();
            files.put("a.txt", "alice".getBytes(StandardCharsets.UTF_8));
            files.put("deep/er/empty", new byte[0]);
            files.put("deep/er/ö and spaces", new byte[2_000_000]);
            for (int i = 0; i < 100; i++) {
                byte[] content = new byte[random.nextInt(20_000)];
                random.nextBytes(content);
                files.put("many/" + i, content);
            }
            for (Map.Entry<String, byte[]> file : files.entrySet()) {
                Files.createDirectories(from.resolve(file.getKey()).getParent());
                Files.write(from.resolve(file.getKey()), file.getValue());
            }
            Outcome stored = cluster.client("put-dir", "tree/", from.toString());
            assertEquals(0, stored.exit(), stored.toString());
            assertTrue(stored.out().contains("PUT-DIR successful: 103 files"), stored.toString());
            Path to = cluster.directory.resolve("to");
            Outcome back = cluster.client("--json", "get-dir", "tree/", to.toString());
            assertEquals(0, back.exit(), back.toString());
            assertEquals("ack", new JSONObject(back.out()).getString("req_type"));
            for (Map.Entry<String, byte[]> file : files.entrySet()) {
                assertArrayEquals(file.getValue(), Files.readAllBytes(to.resolve(file.getKey())), file.getKey());
            }
            assertEquals(1, cluster.client("get-dir", "nothing/", to.toString()).exit());
            assertEquals(0, cluster.client("put", "evil/../../outside", "x").exit());
            assertEquals(2, cluster.client("get-dir", "evil/", to.toString()).exit());
        }
    }
}
