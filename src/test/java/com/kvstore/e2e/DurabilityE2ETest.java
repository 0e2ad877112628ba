package com.kvstore.e2e;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.kvstore.SmallDisk;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.json.JSONObject;
import org.junit.jupiter.api.Test;

/**
 * Data nodes with data directories, killed and started again. {@code -Dkvstore.rounds=50} makes the long run of
 * docs/durability.md.
 */
class DurabilityE2ETest {
    private static final Duration SOON = Duration.ofSeconds(60);
    private static final int ROUNDS = Integer.getInteger("kvstore.rounds", 3);

    /** Writes and deletes keys of its own, one after the other, and knows what was acknowledged. */
    private static final class Writer implements Runnable {
        private static final int KEYS = 200;
        /** One write in so many deletes. */
        private static final int DELETES = 7;

        private final int port;
        private final String name;
        /** By key, the number of the newest acknowledged write; and of the newest that was sent. */
        private final Map<String, Integer> acknowledged = new ConcurrentHashMap<>();

        private final Map<String, Integer> sent = new ConcurrentHashMap<>();
        private final AtomicLong acknowledgements = new AtomicLong();
        private volatile boolean stopped;
        private int next = 1;

        Writer(int port, String name) {
            this.port = port;
            this.name = name;
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
            int number = next++;
            String key = name + number % KEYS;
            sent.put(key, number);
            JSONObject answer = number % DELETES == 0
                    ? connection.delete(key)
                    : connection.put(key, number + "-" + "x".repeat(number % 300));
            boolean absent = answer.optString("code").equals("NOT_FOUND");
            if (answer.getString("req_type").equals("ack") || absent) {
                acknowledged.put(key, number);
                acknowledgements.incrementAndGet();
            }
        }

        void check(JsonConnection connection) throws IOException {
            for (Map.Entry<String, Integer> entry : acknowledged.entrySet()) {
                JSONObject answer = connection.get(entry.getKey());
                int last = sent.get(entry.getKey());
                if (answer.optString("code").equals("NOT_FOUND")) {
                    boolean deleted = false;
                    for (int number = entry.getValue(); number <= last; number += KEYS) {
                        deleted |= number % DELETES == 0;
                    }
                    assertTrue(deleted, entry + " was acknowledged and never deleted, and is not there");
                } else {
                    assertEquals("data", answer.getString("req_type"), entry + ": " + answer);
                    String value = answer.getString("message");
                    int number = Integer.parseInt(value.substring(0, value.indexOf('-')));
                    assertTrue(
                            number >= entry.getValue(), entry + " was acknowledged, an older one is read: " + number);
                    assertTrue(number <= last, "never written: " + answer);
                }
            }
        }
    }

    private static void startAll(Cluster cluster, int[] ports) {
        cluster.startCoordinator();
        for (int port : ports) {
            cluster.launchSlave(port, options(port));
        }
    }

    private static String[] options(int port, String... more) {
        List<String> options = new ArrayList<>(List.of("--data-dir", "data-" + port));
        options.addAll(List.of(more));
        return options.toArray(String[]::new);
    }

    private static int[] freePorts(int count) {
        int[] ports = new int[count];
        for (int i = 0; i < count; i++) {
            ports[i] = Ports.free();
        }
        return ports;
    }

    @Test
    void everyAcknowledgedWriteSurvivesTheKillingOfEveryProcess() throws Exception {
        Random random = new Random();
        int[] ports = freePorts(3);
        try (Cluster cluster = new Cluster()) {
            startAll(cluster, ports);
            cluster.awaitWhole(3);
            List<Writer> writers = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                writers.add(new Writer(cluster.port, "w" + i + "-"));
            }
            for (int round = 1; round <= ROUNDS; round++) {
                List<Thread> threads = new ArrayList<>();
                for (Writer writer : writers) {
                    writer.stopped = false;
                    Thread thread = new Thread(writer, writer.name);
                    thread.setDaemon(true);
                    thread.start();
                    threads.add(thread);
                }
                for (Writer writer : writers) {
                    long target = writer.acknowledgements.get() + 150 + random.nextInt(200);
                    await("acknowledged writes in round " + round)
                            .atMost(SOON)
                            .pollInterval(Duration.ofMillis(5))
                            .until(() -> writer.acknowledgements.get() >= target);
                }
                List<RunningProcess> all = new ArrayList<>(List.of(cluster.coordinator()));
                for (int port : ports) {
                    all.add(cluster.slave(port));
                }
                Collections.shuffle(all, random);
                all.forEach(RunningProcess::kill9);
                writers.forEach(writer -> writer.stopped = true);
                for (Thread thread : threads) {
                    thread.join(30_000);
                    assertFalse(thread.isAlive(), "a writer waits for ever");
                }
                startAll(cluster, ports);
                cluster.awaitWhole(3);
                try (JsonConnection connection = cluster.connect()) {
                    for (Writer writer : writers) {
                        writer.check(connection);
                    }
                }
            }
        }
    }

    @Test
    void whoComesBackFetchesOnlyWhatChangedAndDeletesStayDeleted() throws Exception {
        int[] ports = freePorts(2);
        try (Cluster cluster = new Cluster()) {
            startAll(cluster, ports);
            cluster.awaitWhole(2);
            try (JsonConnection connection = cluster.connect()) {
                for (int i = 0; i < 500; i++) {
                    connection.put("k" + i, "x".repeat(2_000));
                }
                cluster.slave(ports[0]).kill9();
                for (int i = 0; i < 10; i++) {
                    assertEquals("ack", connection.delete("k" + i).getString("req_type"));
                    assertEquals(
                            "ack", connection.put("new" + i, "y".repeat(100)).getString("req_type"));
                }
                long before = movedKeys(cluster);
                cluster.startSlave(ports[0], options(ports[0]));
                cluster.awaitWhole(2);
                long moved = movedKeys(cluster) - before;
                assertTrue(moved < 300, "most of what it has it had already, yet it fetched " + moved + " keys");
                cluster.slave(ports[1]).kill9();
                for (int i = 0; i < 10; i++) {
                    assertEquals("NOT_FOUND", connection.get("k" + i).optString("code"));
                    assertEquals("y".repeat(100), connection.get("new" + i).optString("message"));
                }
                assertEquals("x".repeat(2_000), connection.get("k10").optString("message"));
            }
        }
    }

    /** As the coordinator's console tells them. */
    private static long movedKeys(Cluster cluster) {
        long keys = 0;
        for (String line : cluster.coordinator().toString().lines().toList()) {
            int at = line.indexOf(": copied ");
            if (at >= 0) {
                keys += Long.parseLong(
                        line.substring(at + 9, line.indexOf(' ', at + 9)).replace(",", ""));
            }
        }
        return keys;
    }

    @Test
    void aWipedDirectoryJoinsAsEmptyAndIsFilled() throws Exception {
        int[] ports = freePorts(2);
        try (Cluster cluster = new Cluster()) {
            startAll(cluster, ports);
            cluster.awaitWhole(2);
            try (JsonConnection connection = cluster.connect()) {
                connection.put("username", "alice");
                cluster.slave(ports[0]).kill9();
                delete(cluster.directory.resolve("data-" + ports[0]));
                cluster.startSlave(ports[0], options(ports[0]));
                cluster.awaitWhole(2);
                cluster.slave(ports[1]).kill9();
                assertEquals("alice", connection.get("username").optString("message"));
            }
        }
    }

    @Test
    void damagedDataAreRefusedAndRepairedFromTheOtherCopy() throws Exception {
        int[] ports = freePorts(2);
        try (Cluster cluster = new Cluster()) {
            startAll(cluster, ports);
            cluster.awaitWhole(2);
            try (JsonConnection connection = cluster.connect()) {
                for (int i = 0; i < 100; i++) {
                    connection.put("k" + i, "v".repeat(1_000));
                }
                cluster.slave(ports[0]).kill9();
                flipABit(cluster.directory.resolve("data-" + ports[0]).resolve("data"));
                RunningProcess refused = cluster.launchSlave(ports[0], options(ports[0]));
                refused.awaitLine("are damaged and are not used", SOON);
                refused.awaitLine("--repair", SOON);
                cluster.startSlave(ports[0], options(ports[0], "--repair"));
                cluster.awaitWhole(2);
                cluster.slave(ports[1]).kill9();
                for (int i = 0; i < 100; i++) {
                    assertEquals("v".repeat(1_000), connection.get("k" + i).optString("message"));
                }
            }
        }
    }

    @Test
    void oneDirectoryIsOneProcess() throws Exception {
        int[] ports = freePorts(2);
        try (Cluster cluster = new Cluster()) {
            startAll(cluster, new int[] {ports[0]});
            cluster.slave(ports[0]).awaitLine("Registration successful", SOON);
            RunningProcess second = cluster.launchSlave(ports[1], options(ports[0]));
            second.awaitLine("is in use by another process", SOON);
        }
    }

    private static void flipABit(Path data) throws IOException {
        // Of the journal's first record: others follow, so that it is no torn tail.
        flipABit(data.resolve("journal").resolve("1"), 40);
    }

    private static void flipABit(Path damaged, long at) throws IOException {
        try (RandomAccessFile file = new RandomAccessFile(damaged.toFile(), "rw")) {
            file.seek(at);
            int b = file.read();
            file.seek(at);
            file.write(b ^ 4);
        }
    }

    @Test
    void aFlippedBitInATableFileEndsTheDataNodeAndTheOtherCopiesServe() throws Exception {
        Random random = new Random(1);
        int[] ports = freePorts(2);
        try (Cluster cluster = new Cluster()) {
            startAll(cluster, ports);
            cluster.awaitWhole(2);
            try (JsonConnection connection = cluster.connect()) {
                Map<String, String> written = new HashMap<>();
                for (int i = 0; i < 300; i++) {
                    String value = new BigInteger(8_000, random).toString(36);
                    connection.put("k" + i, value);
                    written.put("k" + i, value);
                }
                cluster.slave(ports[0]).terminate();
                cluster.slave(ports[0]).awaitExit(SOON);
                Path tables =
                        largest(cluster.directory.resolve("data-" + ports[0]).resolve("data"), ".sst");
                flipABit(tables, Files.size(tables) / 2);
                RunningProcess damaged = cluster.launchSlave(ports[0], options(ports[0]));
                for (Map.Entry<String, String> entry : written.entrySet()) {
                    assertEquals(
                            entry.getValue(), connection.get(entry.getKey()).optString("message"));
                }
                damaged.awaitLine(tables.getFileName().toString(), SOON);
                damaged.awaitLine("--repair", SOON);
                assertFalse(damaged.toString().contains("internal error"), damaged.toString());
                cluster.startSlave(ports[0], options(ports[0], "--repair"));
                cluster.awaitWhole(2);
                cluster.slave(ports[1]).kill9();
                for (Map.Entry<String, String> entry : written.entrySet()) {
                    assertEquals(
                            entry.getValue(), connection.get(entry.getKey()).optString("message"));
                }
            }
        }
    }

    private static Path largest(Path directory, String suffix) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(file -> file.toString().endsWith(suffix))
                    .max(Comparator.comparingLong(file -> file.toFile().length()))
                    .orElseThrow();
        }
    }

    /** A disk that is full for one of two data nodes: in words, as a person at the prompt would meet it. */
    @Test
    void onAFullDiskReadsGoOnWritesAnswerNoSpaceAndGoOnOnceThereIsRoom() throws Exception {
        int[] ports = freePorts(2);
        try (Cluster cluster = new Cluster("--min-copies", "2");
                SmallDisk disk = SmallDisk.mount(cluster.directory.resolve("small"), 200)) {
            disk.fill("ballast", 100);
            cluster.startCoordinator();
            cluster.launchSlave(ports[0], "--data-dir", "small/data");
            cluster.launchSlave(ports[1], options(ports[1]));
            cluster.awaitWhole(2);
            Map<String, String> acknowledged = new HashMap<>();
            Random random = new Random(2);
            try (JsonConnection connection = cluster.connect()) {
                JSONObject answer = connection.put("k", "v");
                for (int i = 0; i < 3_000 && !answer.optString("code").equals("NO_SPACE"); i++) {
                    String value = new BigInteger(200_000, random).toString(36);
                    answer = connection.put("k" + i, value);
                    if (answer.getString("req_type").equals("ack")) {
                        acknowledged.put("k" + i, value);
                    }
                }
                assertEquals("NO_SPACE", answer.optString("code"), answer.toString());
                assertTrue(answer.getString("message").contains("is full"), answer.toString());
                check(connection, acknowledged);
                disk.free("ballast");
                await("writes go on by themselves").atMost(SOON).until(() -> connection
                        .put("k", "again")
                        .optString("req_type")
                        .equals("ack"));
                check(connection, acknowledged);
                cluster.slave(ports[0]).kill9();
                cluster.startSlave(ports[0], "--data-dir", "small/data");
                cluster.awaitWhole(2);
                cluster.slave(ports[1]).kill9();
                check(connection, acknowledged);
            }
        }
    }

    @Test
    void aDataNodeStartedOnADiskThatSomebodyElseHasFilledSaysSoOnceAndGoesOnOnceThereIsRoom() throws Exception {
        int port = Ports.free();
        try (Cluster cluster = new Cluster();
                SmallDisk disk = SmallDisk.mount(cluster.directory.resolve("small"), 200)) {
            cluster.startCoordinator();
            cluster.startSlave(port, "--data-dir", "small/data");
            Map<String, String> acknowledged = new HashMap<>();
            Random random = new Random(3);
            try (JsonConnection connection = cluster.connect()) {
                // Less than what the tables take over in memory before they write a file, and more than what may stay
                // there.
                for (int i = 0; i < 200; i++) {
                    String value = new BigInteger(200_000, random).toString(36);
                    assertEquals("ack", connection.put("k" + i, value).getString("req_type"));
                    acknowledged.put("k" + i, value);
                }
                cluster.slave(port).kill9();
                disk.fill("ballast", (int) (Files.getFileStore(disk.directory()).getUsableSpace() >> 20) - 2);
                RunningProcess slave = cluster.launchSlave(port, "--data-dir", "small/data");
                slave.awaitLine("[WARN] The disk of small/data", SOON);
                disk.free("ballast");
                slave.awaitLine("has room again", SOON);
                slave.awaitLine("[REGISTER] Registration successful", SOON);
                assertEquals(
                        1,
                        slave.lines().stream()
                                .filter(line -> line.contains("is full"))
                                .count());
                await("it serves again")
                        .atMost(SOON)
                        .until(() -> connection.get("k0").optString("req_type").equals("data"));
                check(connection, acknowledged);
            }
        }
    }

    private static void check(JsonConnection connection, Map<String, String> acknowledged) throws IOException {
        for (Map.Entry<String, String> entry : acknowledged.entrySet()) {
            assertEquals(entry.getValue(), connection.get(entry.getKey()).optString("message"), entry.getKey());
        }
    }

    private static void delete(Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
