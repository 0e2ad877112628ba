package com.kvstore.e2e;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.json.JSONObject;
import org.junit.jupiter.api.Test;

/** A dictionary is loaded while data nodes are killed: every acknowledged word reads back at every step. */
class RealWordsE2ETest {
    private static final Path DICTIONARY = Path.of("/usr/share/dict/words");
    private static final Duration SOON = Duration.ofSeconds(60);

    /** The system's dictionary; where there is none, as many made-up words, accents and apostrophes among them. */
    private static List<String> words() throws IOException {
        if (Files.isReadable(DICTIONARY)) {
            return Files.readAllLines(DICTIONARY, StandardCharsets.UTF_8).stream()
                    .filter(word -> !word.isBlank())
                    .distinct()
                    .toList();
        }
        Random random = new Random(31);
        String letters = "abcdefghijklmnopqrstuvwxyzéåöü'";
        Set<String> words = new LinkedHashSet<>();
        while (words.size() < 104_334) {
            StringBuilder word = new StringBuilder();
            for (int length = 2 + random.nextInt(14); length > 0; length--) {
                word.append(letters.charAt(random.nextInt(letters.length())));
            }
            words.add(word.toString());
        }
        return List.copyOf(words);
    }

    private static long keys(Cluster cluster) {
        long keys = 0;
        for (Object server : cluster.status().getJSONArray("servers")) {
            keys += ((JSONObject) server).getLong("keys");
        }
        return keys;
    }

    /** Every word must be there with its line's number; asked a thousand at a time. */
    private static void assertAllRead(Cluster cluster, List<String> words) throws IOException {
        try (JsonConnection connection = cluster.connect()) {
            for (int first = 0; first < words.size(); first += 1_000) {
                List<String> part = words.subList(first, Math.min(first + 1_000, words.size()));
                StringBuilder requests = new StringBuilder();
                for (String word : part) {
                    requests.append(new JSONObject().put("req_type", "get").put("key", word))
                            .append('\n');
                }
                connection.send(requests.toString().getBytes(StandardCharsets.UTF_8));
                for (int i = 0; i < part.size(); i++) {
                    JSONObject answer = connection.read();
                    assertEquals(
                            Integer.toString(first + i + 1), answer.optString("message"), part.get(i) + ": " + answer);
                }
            }
        }
    }

    @Test
    void everyAcknowledgedWordReadsBackThroughKillsAndAJoin() throws IOException {
        List<String> words = words();
        try (Cluster cluster = Cluster.started(3, "--heartbeat-timeout", "2s", "--health-check-interval", "1s")) {
            Path file = Files.write(cluster.directory.resolve("words"), words, StandardCharsets.UTF_8);
            List<Integer> ports = cluster.slavePorts();

            RunningProcess load = cluster.launch("load", "run-client.sh", "load", file.toString());
            await("the load is under way").atMost(SOON).until(() -> keys(cluster) > words.size() / 5);
            int mark = cluster.coordinator().mark();
            cluster.slave(ports.get(0)).kill9();
            assertTrue(load.isAlive(), "the kill came during the load");
            assertEquals(0, load.awaitExit(SOON), load.toString());
            assertAllRead(cluster, words);

            cluster.coordinator().awaitLine(mark, "[REBALANCE] Two copies of every key", SOON);
            cluster.awaitWhole(2);
            assertAllRead(cluster, words);

            cluster.slave(ports.get(1)).kill9();
            assertAllRead(cluster, words);

            cluster.startSlave(Ports.free());
            cluster.awaitWhole(2);
            assertAllRead(cluster, words);
            assertEquals(2L * words.size(), keys(cluster));
        }
    }
}
