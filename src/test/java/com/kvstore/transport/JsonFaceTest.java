package com.kvstore.transport;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.kvstore.common.Bytes;
import com.kvstore.common.Command;
import com.kvstore.common.Limits;
import com.kvstore.common.Result;
import com.kvstore.common.Version;
import com.kvstore.protocol.kernel.Input;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.json.JSONObject;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** What people and scripts meet on a server's port. */
@ParameterizedClass
@MethodSource("com.kvstore.transport.TestNode#engines")
class JsonFaceTest {
    @Parameter
    SocketEngine engine;

    private static final int MAX_VALUE = 64 * 1024;

    private TestNode node;

    @AfterEach
    void closeNode() throws Exception {
        if (node != null) {
            node.close();
        }
    }

    private static NetworkOptions options() {
        return NetworkOptions.of(false, MAX_VALUE, 100);
    }

    /** Answers a get with its key, and anything else with an acknowledgement. */
    private static void echo(Input input, NettyNetwork network) {
        if (input instanceof Input.ClientRequested request) {
            network.reply(
                    request.client(),
                    request.command() instanceof Command.Get get
                            ? new Result.Value(get.key(), Version.ZERO)
                            : Result.Ack.WHOLE);
        }
    }

    private RawClient client() throws Exception {
        if (node == null) {
            node = new TestNode(engine, options(), JsonFaceTest::echo).listen();
        }
        return new RawClient(node.port());
    }

    private static String get(String key) {
        return "{\"req_type\":\"get\",\"key\":\"" + key + "\"}\n";
    }

    @Test
    void aRequestIsAnswered() throws Exception {
        try (RawClient client = client()) {
            client.send("{\"req_type\":\"put\",\"key\":\"username\",\"value\":\"alice\",\"id\":7}\n");
            JSONObject answer = new JSONObject(client.line());
            assertEquals("ack", answer.getString("req_type"));
            assertEquals(7, answer.getInt("id"));
        }
    }

    @Test
    void aLineMayArriveByteByByteAfterBlankOnes() throws Exception {
        try (RawClient client = client()) {
            for (byte b : (" \r\n\n" + get("slow")).getBytes(StandardCharsets.UTF_8)) {
                client.send(new byte[] {b});
            }
            assertEquals("slow", new JSONObject(client.line()).getString("message"));
        }
    }

    @Test
    void pipelinedAnswersKeepTheOrderOfTheRequestsWhenTheyBecomeReadyInAnother() throws Exception {
        node = new TestNode(engine, options(), (input, network) -> {}).listen();
        try (RawClient client = client()) {
            client.send(get("a") + get("b") + "not json\n" + get("c"));
            await().until(() -> node.inputs(Input.ClientRequested.class).size() == 3);
            for (int i = 2; i >= 0; i--) {
                Input.ClientRequested request =
                        node.inputs(Input.ClientRequested.class).get(i);
                Bytes key = ((Command.Get) request.command()).key();
                node.act(() -> node.network.reply(request.client(), new Result.Value(key, Version.ZERO)));
            }
            assertEquals("a", new JSONObject(client.line()).getString("message"));
            assertEquals("b", new JSONObject(client.line()).getString("message"));
            assertEquals("BAD_REQUEST", new JSONObject(client.line()).getString("code"));
            assertEquals("c", new JSONObject(client.line()).getString("message"));
        }
    }

    @Test
    void aGetWaitsForAnEarlierWriteOfItsKeyOnTheSameConnectionAndForNoOther() throws Exception {
        node = new TestNode(engine, options(), (input, network) -> {}).listen();
        try (RawClient client = client();
                RawClient other = client()) {
            client.send("{\"req_type\":\"put\",\"key\":\"a\",\"value\":\"1\"}\n" + get("b") + get("a") + get("c"));
            other.send(get("a"));
            await().until(() -> node.inputs.size() == 3);
            node.act(() -> node.network.reply(
                    node.inputs(Input.ClientRequested.class).get(0).client(), Result.Ack.WHOLE));
            await().until(() -> node.inputs.size() == 5);
            assertEquals(
                    List.of(new Command.Get(Bytes.of("a")), new Command.Get(Bytes.of("c"))),
                    node.inputs(Input.ClientRequested.class).subList(3, 5).stream()
                            .map(Input.ClientRequested::command)
                            .toList());
        }
    }

    @Test
    void aBadLineIsAnsweredAndTheConnectionGoesOn() throws Exception {
        try (RawClient client = client()) {
            byte[] notUtf8 = get("x?y").getBytes(StandardCharsets.UTF_8);
            notUtf8[new String(notUtf8, StandardCharsets.UTF_8).indexOf('?')] = (byte) 0xff;
            client.send(notUtf8).send("{\"req_type\":\"fly\"}\n").send("{".repeat(20_000) + "\n");
            for (int i = 0; i < 3; i++) {
                assertEquals("BAD_REQUEST", new JSONObject(client.line()).getString("code"));
            }
            assertEquals("ok", new JSONObject(client.send(get("ok")).line()).getString("message"));
        }
    }

    @Test
    void aValueAboveTheLimitIsTooLarge() throws Exception {
        try (RawClient client = client()) {
            String value = "v".repeat(MAX_VALUE + 1);
            client.send("{\"req_type\":\"put\",\"key\":\"k\",\"value\":\"" + value + "\"}\n");
            assertEquals("TOO_LARGE", new JSONObject(client.line()).getString("code"));
        }
    }

    @Test
    void aLineThatNeverEndsIsRefusedOnceItIsTooLong() throws Exception {
        try (RawClient client = client()) {
            byte[] piece = new byte[64 * 1024];
            Arrays.fill(piece, (byte) 'x');
            client.send("{\"");
            for (int sent = 0; sent <= options().maxLineBytes(); sent += piece.length) {
                client.send(piece);
            }
            JSONObject answer = new JSONObject(client.line());
            assertEquals("TOO_LARGE", answer.getString("code"));
            assertTrue(client.atEnd());
        }
    }

    @Test
    void anythingElseIsToldWhatThePortSpeaksAndClosed() throws Exception {
        try (RawClient client = client()) {
            client.send("hello\n");
            JSONObject answer = new JSONObject(client.line());
            assertEquals("BAD_REQUEST", answer.getString("code"));
            assertTrue(answer.getString("message").contains("JSON lines"));
            assertTrue(client.atEnd());
        }
    }

    @Test
    void aClientThatHasSaidAllStillGetsItsAnswers() throws Exception {
        node = new TestNode(engine, options(), (input, network) -> {}).listen();
        try (RawClient client = client()) {
            client.send(get("first") + get("last, without its line end").stripTrailing());
            client.socket.shutdownOutput();
            await().until(() -> node.inputs(Input.ClientRequested.class).size() == 2);
            for (Input.ClientRequested request : node.inputs(Input.ClientRequested.class)) {
                node.act(() -> node.network.reply(request.client(), Result.Ack.WHOLE));
            }
            assertEquals("ack", new JSONObject(client.line()).getString("req_type"));
            assertEquals("ack", new JSONObject(client.line()).getString("req_type"));
            assertNull(client.line());
        }
    }

    @Test
    void repliesToAClientThatHasGoneAreDropped() throws Exception {
        node = new TestNode(engine, options(), (input, network) -> {}).listen();
        try (RawClient gone = client()) {
            gone.send(get("a"));
            await().until(() -> node.inputs(Input.ClientRequested.class).size() == 1);
            gone.socket.setSoLinger(true, 0);
        }
        Input.ClientRequested request = node.inputs(Input.ClientRequested.class).get(0);
        node.act(() -> node.network.reply(request.client(), Result.Ack.WHOLE));
        assertTrue(node.inputs(Input.LinkClosed.class).isEmpty(), "a client is no link");
    }

    @Test
    void aSilentNewcomerIsClosedAndOneWithHalfARequestIsNot() throws Exception {
        NetworkOptions impatient = new NetworkOptions(false, MAX_VALUE, 100, 1 << 20, 500, 50, null);
        node = new TestNode(engine, impatient, JsonFaceTest::echo).listen();
        try (RawClient half = client();
                RawClient silent = client()) {
            half.send("{\"req_type\":");
            assertTrue(silent.atEnd());
            assertEquals(
                    "k", new JSONObject(half.send("\"get\",\"key\":\"k\"}\n").line()).getString("message"));
        }
    }

    @Test
    void oneConnectionTooManyIsToldSo() throws Exception {
        node = new TestNode(engine, NetworkOptions.of(false, MAX_VALUE, 1), JsonFaceTest::echo).listen();
        try (RawClient first = client()) {
            first.send(get("a")).line();
            try (RawClient second = client()) {
                assertEquals("OVERLOADED", new JSONObject(second.line()).getString("code"));
                assertTrue(second.atEnd());
            }
            assertEquals("b", new JSONObject(first.send(get("b")).line()).getString("message"));
        }
        await().untilAsserted(() -> {
            try (RawClient next = client()) {
                assertEquals("c", new JSONObject(next.send(get("c")).line()).getString("message"));
            }
        });
    }

    @Test
    void aFloodOfUnansweredRequestsStopsBeingReadAndGoesOnWhenAnswersGoOut() throws Exception {
        node = new TestNode(engine, options(), (input, network) -> {}).listen();
        int total = 3_000;
        try (RawClient client = client()) {
            Thread flood = new Thread(() -> {
                try {
                    for (int i = 0; i < total; i++) {
                        client.send(get("k" + i));
                    }
                } catch (java.io.IOException closed) {
                    throw new java.io.UncheckedIOException(closed);
                }
            });
            flood.start();
            await().until(() -> node.inputs(Input.ClientRequested.class).size() == RequestsInHand.MOST);
            node.act(() -> assertEquals(RequestsInHand.MOST, node.inputs.size()));
            for (int answered = 0; answered < total; ) {
                int from = answered;
                await().pollInterval(Duration.ofMillis(1)).until(() -> node.inputs.size() > from);
                List<Input> all = List.copyOf(node.inputs);
                List<Input> waiting = all.subList(from, all.size());
                assertTrue(waiting.size() <= RequestsInHand.MOST, "in hand at once: " + waiting.size());
                node.act(() -> waiting.forEach(
                        request -> node.network.reply(((Input.ClientRequested) request).client(), Result.Ack.WHOLE)));
                answered += waiting.size();
            }
            for (int i = 0; i < total; i++) {
                assertEquals("ack", new JSONObject(client.line()).getString("req_type"));
            }
            flood.join();
        }
    }

    private static final Result BIG = new Result.Value(Bytes.of("x".repeat(1 << 20)), Version.ZERO);

    /** Reads {@code answers} lines. @return how many of them are values; the others are OVERLOADED */
    private static int countValues(RawClient client, int answers) throws Exception {
        int values = 0;
        for (int i = 0; i < answers; i++) {
            String answer = client.line();
            if (answer.startsWith("{\"req_type\":\"data\"")) {
                values++;
            } else {
                assertEquals("OVERLOADED", new JSONObject(answer).getString("code"));
            }
        }
        return values;
    }

    @Test
    void aClientThatDoesNotReadIsNotReadFromUntilItDoes() throws Exception {
        node = new TestNode(engine, NetworkOptions.defaults(), (input, network) -> {
                    if (input instanceof Input.ClientRequested request) {
                        network.reply(request.client(), BIG);
                    }
                })
                .listen();
        try (RawClient client = client()) {
            client.send(get("k").repeat(60));
            await().until(() -> !node.inputs.isEmpty());
            client.send(get("k"));
            node.act(() -> {});
            assertTrue(node.inputs.size() < 30, "served a client that does not read: " + node.inputs.size());
            assertEquals(61, countValues(client, 61));
        }
    }

    @Test
    void answersThatNobodyReadsAreBounded() throws Exception {
        node = new TestNode(engine, NetworkOptions.defaults(), (input, network) -> {}).listen();
        try (RawClient client = client()) {
            client.send(get("k").repeat(100));
            await().until(() -> node.inputs.size() == 100);
            node.act(() -> node.inputs(Input.ClientRequested.class)
                    .forEach(request -> node.network.reply(request.client(), BIG)));
            int values = countValues(client, 100);
            assertTrue(values >= 60 && values <= 66, values + " MiB waited for one client");
        }
    }

    @Test
    void tooMuchUnfinishedInputIsRefusedAndOthersAreServed() throws Exception {
        int value = 4 << 20;
        NetworkOptions small = new NetworkOptions(false, value, 100, 1 << 20, 500, 10_000, null);
        node = new TestNode(engine, small, JsonFaceTest::echo).listen();
        try (RawClient greedy = client();
                RawClient modest = client()) {
            byte[] half = new byte[3 << 20];
            Arrays.fill(half, (byte) 'x');
            greedy.send("{\"req_type\":\"put\",\"key\":\"k\",\"value\":\"").send(half);
            assertEquals("OVERLOADED", new JSONObject(greedy.line()).getString("code"));
            assertEquals("m", new JSONObject(modest.send(get("m")).line()).getString("message"));
        }
    }

    @Test
    void keysKeepTheirLimit() throws Exception {
        try (RawClient client = client()) {
            client.send(get("")).send(get("k".repeat(Limits.MAX_KEY_BYTES + 1)));
            assertEquals("BAD_REQUEST", new JSONObject(client.line()).getString("code"));
            assertEquals("TOO_LARGE", new JSONObject(client.line()).getString("code"));
            assertFalse(client.socket.isClosed());
        }
    }
}
