package com.kvstore.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.EOFException;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.json.JSONObject;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The wire as a program in any language sees it: a socket, lines, JSON. */
class JsonLinesE2ETest {
    private static Cluster cluster;

    @BeforeAll
    static void start() {
        cluster = Cluster.started(2);
    }

    @AfterAll
    static void stop() {
        cluster.close();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{\"req_type\":\"put\",\"key\":\"username\",\"value\":\"alice\"}"
                        + "|{\"req_type\":\"ack\",\"message\":\"success\"}",
                "{\"req_type\":\"get\",\"key\":\"username\"}|{\"req_type\":\"data\",\"message\":\"alice\"}",
                "{\"req_type\":\"update\",\"key\":\"username\",\"value\":\"bob\"}"
                        + "|{\"req_type\":\"ack\",\"message\":\"success\"}",
                "{\"req_type\":\"delete\",\"key\":\"username\"}|{\"req_type\":\"ack\",\"message\":\"success\"}",
                "{\"req_type\":\"get\",\"key\":\"email\"}"
                        + "|{\"req_type\":\"error\",\"code\":\"NOT_FOUND\",\"message\":\"Key not found: email\"}",
            })
    void everyAnswerIsExactlyAsPromised(String request, String answer) throws IOException {
        try (JsonConnection connection = cluster.connect()) {
            if (!request.contains("put")) {
                connection.put("username", "alice");
            }
            connection.sendLine(request);
            assertEquals(answer, connection.readLine());
        }
    }

    @Test
    void pipelinedAnswersKeepTheirOrderAndEchoTheId() throws IOException {
        int requests = 2_000;
        int keys = 50;
        StringBuilder batch = new StringBuilder();
        for (int i = 0; i < requests; i++) {
            JSONObject request = new JSONObject().put("id", i).put("key", "pipelined-" + i / 2 % keys);
            request.put("req_type", i % 2 == 0 ? "put" : "get");
            batch.append(i % 2 == 0 ? request.put("value", "v") : request).append('\n');
        }
        try (JsonConnection connection = cluster.connect()) {
            for (int i = 0; i < keys; i++) {
                connection.put("pipelined-" + i, "first");
            }
            connection.send(batch.toString().getBytes(StandardCharsets.UTF_8));
            for (int i = 0; i < requests; i++) {
                JSONObject answer = connection.read();
                assertEquals(i, answer.getInt("id"), answer.toString());
                assertEquals(i % 2 == 0 ? "ack" : "data", answer.getString("req_type"), answer.toString());
            }
        }
    }

    @Test
    void bytesThatAreNotTextTravelAsBase64() throws IOException {
        String base64 = Base64.getEncoder().encodeToString(new byte[] {(byte) 0xff, 0, (byte) 0xc0, 10});
        try (JsonConnection connection = cluster.connect()) {
            JSONObject stored = connection.ask(
                    new JSONObject().put("req_type", "put").put("key", "bytes").put("value_b64", base64));
            assertEquals("ack", stored.getString("req_type"), stored.toString());
            assertEquals(base64, connection.get("bytes").getString("message_b64"));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{this is not JSON",
                "{\"req_type\":\"get\",\"key\":",
                "{\"req_type\":\"fly\",\"key\":\"a\"}",
                "{\"req_type\":\"get\"}",
                "{\"req_type\":\"get\",\"key\":17}",
                "{\"req_type\":\"get\",\"key\":\"\"}",
                "{\"req_type\":\"put\",\"key\":\"a\"}",
                "{\"key\":\"a\"}",
                "[1,2,3]",
                "{}",
            })
    void aLineThatMakesNoSenseIsAnsweredClearlyAndHurtsNobody(String line) throws IOException {
        try (JsonConnection neighbour = cluster.connect()) {
            neighbour.put("neighbour", "there");
            try (JsonConnection connection = cluster.connect()) {
                connection.sendLine(line);
                JSONObject answer = connection.read();
                assertEquals("error", answer.getString("req_type"), answer.toString());
                assertEquals("BAD_REQUEST", answer.getString("code"), answer.toString());
                assertFalse(answer.getString("message").isBlank());
            }
            assertEquals("there", neighbour.get("neighbour").getString("message"));
        }
    }

    @Test
    void deepNestingIsRefused() throws IOException {
        try (JsonConnection connection = cluster.connect()) {
            connection.sendLine("{\"req_type\":\"get\",\"key\":" + "[".repeat(100_000) + "]".repeat(100_000) + "}");
            assertEquals("BAD_REQUEST", connection.read().getString("code"));
        }
        try (JsonConnection next = cluster.connect()) {
            assertEquals("ack", next.put("after-nesting", "1").getString("req_type"));
        }
    }

    @Test
    void aKeyAboveTheLimitIsTooLarge() throws IOException {
        try (JsonConnection connection = cluster.connect()) {
            assertEquals(
                    "TOO_LARGE", connection.put("k".repeat(64 * 1024 + 1), "v").getString("code"));
            assertEquals("ack", connection.put("k".repeat(64 * 1024), "v").getString("req_type"));
        }
    }

    @Test
    void anEndlessLineIsRefusedAndNotKept() throws IOException {
        byte[] part = "a".repeat(1024 * 1024).getBytes(StandardCharsets.UTF_8);
        try (JsonConnection connection = cluster.connect()) {
            connection.send("{\"req_type\":\"put\",\"key\":\"k\",\"value\":\"".getBytes(StandardCharsets.UTF_8));
            for (int sent = 0; sent < 300; sent++) {
                connection.send(part);
            }
            assertEquals("error", connection.read().getString("req_type"));
        } catch (IOException closed) {
            // It may be closed on before the answer is read; what counts is that the others are served.
            assertFalse(closed instanceof SocketTimeoutException, "neither an answer nor an end");
        }
        assertTrue(cluster.coordinator().isAlive());
        assertTrue(cluster.coordinator().residentKib() < 300 * 1024, "the line was kept in memory");
        try (JsonConnection next = cluster.connect()) {
            assertEquals("ack", next.put("after-endless", "1").getString("req_type"));
        }
    }

    @Test
    void anUnfinishedRequestHarmsNobody() throws IOException {
        try (JsonConnection half = cluster.connect()) {
            half.send("{\"req_type\":\"put\"".getBytes(StandardCharsets.UTF_8));
            try (JsonConnection next = cluster.connect()) {
                assertEquals("ack", next.put("beside-half", "1").getString("req_type"));
            }
        }
    }

    @Test
    void aSlaveSendsClientsToTheCoordinator() throws IOException {
        int slave = cluster.slavePorts().get(0);
        try (JsonConnection connection = new JsonConnection(slave)) {
            JSONObject answer = connection.put("k", "v");
            assertEquals("WRONG_NODE", answer.getString("code"), answer.toString());
            assertTrue(answer.toString().contains("127.0.0.1:" + cluster.port), answer.toString());
        }
        assertEquals(
                "✓ PUT successful: followed\n",
                cluster.client(Integer.toString(slave), "put", "followed", "1").out());
    }

    @Test
    void anyoneMayLookIntoASlavesTablesButNobodyMayWriteThere() throws IOException {
        try (JsonConnection coordinator = cluster.connect()) {
            coordinator.put("looked-at", "yes");
        }
        int owner = Cluster.portOf(Cluster.ownerOf("looked-at", cluster.ring()));
        int replica = Cluster.portOf(Cluster.replicaOf("looked-at", cluster.ring()));
        assertEquals("yes", lookInto(owner, "own").optString("message"));
        assertEquals("yes", lookInto(replica, "prev").optString("message"));
        assertEquals("NOT_FOUND", lookInto(owner, "prev").optString("code"));
        try (JsonConnection connection = new JsonConnection(owner)) {
            JSONObject refused = connection.ask(
                    "{\"req_type\":\"put\",\"key\":\"looked-at\",\"value\":\"forged\",\"table\":\"own\"}");
            assertEquals("error", refused.getString("req_type"), refused.toString());
        } catch (EOFException closed) {
            // Closing on it is a refusal too.
        }
        assertEquals("yes", lookInto(owner, "own").optString("message"));
    }

    private static JSONObject lookInto(int port, String table) throws IOException {
        try (JsonConnection connection = new JsonConnection(port)) {
            return connection.ask(new JSONObject()
                    .put("req_type", "get")
                    .put("key", "looked-at")
                    .put("table", table));
        }
    }

    @Test
    void aRepeatedRequestIsAppliedOnce() throws IOException {
        try (JsonConnection connection = cluster.connect()) {
            long epoch = cluster.status().getLong("epoch");
            connection.put("once", "0");
            JSONObject request = new JSONObject()
                    .put("req_type", "delete")
                    .put("key", "once")
                    .put(
                            "request_id",
                            new JSONObject()
                                    .put("client", "e2e")
                                    .put("number", 1)
                                    .put("epoch", epoch));
            assertEquals("ack", connection.ask(request).getString("req_type"));
            assertEquals("ack", connection.put("once", "again").getString("req_type"));
            assertEquals("ack", connection.ask(request).getString("req_type"));
            assertEquals("again", connection.get("once").getString("message"));
        }
    }
}
