package com.kvstore.transport;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.kvstore.common.Bytes;
import com.kvstore.common.Command;
import com.kvstore.common.ErrorCode;
import com.kvstore.common.Result;
import com.kvstore.common.Version;
import com.kvstore.protocol.kernel.Input;
import com.kvstore.resp.RespLanguage;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** What Redis clients meet on a server's port, when the store behind it answers in whatever order. */
@ParameterizedClass
@MethodSource("com.kvstore.transport.TestNode#engines")
class RespFaceTest {
    @Parameter
    SocketEngine engine;

    private static final int MAX_VALUE = 64 * 1024;

    private TestNode node;

    @BeforeEach
    void open() throws Exception {
        node = new TestNode(engine, NetworkOptions.of(false, MAX_VALUE, 100), (input, network) -> {});
        node.network.speak(RespLanguage.factory());
        node.listen();
    }

    @AfterEach
    void close() {
        node.close();
    }

    private List<Input.ClientRequested> requests(int count) {
        await().atMost(Duration.ofSeconds(5))
                .pollInterval(Duration.ofMillis(2))
                .until(() -> node.inputs(Input.ClientRequested.class).size() >= count);
        return node.inputs(Input.ClientRequested.class);
    }

    private void answer(Input.ClientRequested request, Result result) throws Exception {
        node.act(() -> node.network.reply(request.client(), result));
    }

    private static Result value(String text) {
        return new Result.Value(Bytes.of(text), new Version(1, 1));
    }

    @Test
    void repliesKeepTheOrderOfTheCommands() throws Exception {
        try (RawClient client = new RawClient(node.port())) {
            client.send("GET a\r\nGET b\r\nPING\r\nSET c 1\r\n");
            List<Input.ClientRequested> asked = requests(3);
            answer(asked.get(2), Result.Ack.WHOLE);
            answer(asked.get(1), value("second"));
            answer(asked.get(0), value("first"));
            for (String line : List.of("$5", "first", "$6", "second", "+PONG", "+OK")) {
                assertEquals(line, client.line());
            }
        }
    }

    @Test
    void aReadWaitsForTheWriteOfItsKeyBeforeIt() throws Exception {
        try (RawClient client = new RawClient(node.port())) {
            client.send("SET a 1\r\nGET b\r\nGET a\r\nGET c\r\n");
            List<Input.ClientRequested> asked = requests(2);
            answer(asked.get(1), value("b"));
            assertEquals(2, node.inputs(Input.ClientRequested.class).size());
            answer(asked.get(0), Result.Ack.WHOLE);
            List<Input.ClientRequested> now = requests(4);
            assertEquals(new Command.Get(Bytes.of("a")), now.get(2).command());
            answer(now.get(3), value("c"));
            answer(now.get(2), value("1"));
            for (String line : List.of("+OK", "$1", "b", "$1", "1", "$1", "c")) {
                assertEquals(line, client.line());
            }
        }
    }

    @Test
    void whoQuitsHearsTheAnswersToWhatCameBefore() throws Exception {
        try (RawClient client = new RawClient(node.port())) {
            client.send("SET a 1\r\nGET b\r\nQUIT\r\nGET never\r\n");
            List<Input.ClientRequested> asked = requests(2);
            answer(asked.get(1), value("b"));
            answer(asked.get(0), Result.Ack.WHOLE);
            for (String line : List.of("+OK", "$1", "b", "+OK")) {
                assertEquals(line, client.line());
            }
            assertNull(client.line());
            assertEquals(2, node.inputs(Input.ClientRequested.class).size());
        }
    }

    @Test
    void whatChangesRepliesChangesThoseOfLaterCommandsOnly() throws Exception {
        try (RawClient client = new RawClient(node.port())) {
            client.send("GET a\r\nHELLO 3\r\nGET b\r\nCLIENT REPLY OFF\r\nGET c\r\nCLIENT REPLY ON\r\n");
            List<Input.ClientRequested> asked = requests(3);
            Result absent = Result.Failure.of(ErrorCode.NOT_FOUND, "not there");
            for (Input.ClientRequested each : List.of(asked.get(2), asked.get(1), asked.get(0))) {
                answer(each, absent);
            }
            assertEquals("$-1", client.line());
            String line = client.line();
            assertEquals("%7", line);
            for (; !line.equals("*0"); line = client.line()) {
                assertTrue(line != null);
            }
            assertEquals("_", client.line());
            assertEquals("+OK", client.line());
        }
    }

    @Test
    void aSkippedReplyIsTheNextCommandsWhateverIsUnfinished() throws Exception {
        try (RawClient client = new RawClient(node.port())) {
            client.send("GET a\r\nCLIENT REPLY SKIP\r\nPING skipped\r\nPING said\r\n");
            answer(requests(1).get(0), value("a"));
            for (String line : List.of("$1", "a", "$4", "said")) {
                assertEquals(line, client.line());
            }
        }
    }

    @Test
    void aClientThatKillsItselfIsToldFirst() throws Exception {
        try (RawClient client = new RawClient(node.port())) {
            client.send("CLIENT ID\r\n");
            String id = client.line().substring(1);
            client.send("CLIENT KILL ID " + id + " SKIPME no\r\n");
            assertEquals(":1", client.line());
            assertNull(client.line());
        }
    }

    @Test
    void aTransactionWhoseReplyWouldBeTooLongWritesNothing() throws Exception {
        try (RawClient client = new RawClient(node.port())) {
            StringBuilder transaction = new StringBuilder("MULTI\r\nSET written 1\r\n");
            for (int i = 0; i < 1_100; i++) {
                transaction.append("GET big\r\n");
            }
            client.send(transaction + "EXEC\r\n");
            Command.Compute compute = (Command.Compute) requests(1).get(0).command();
            Result.Value big = new Result.Value(Bytes.wrap(new byte[MAX_VALUE]), new Version(1, 1));
            var outcome = compute.computation().compute(Map.of(Bytes.of("big"), big), 1);
            assertEquals(List.of(), outcome.writes());
            assertTrue(
                    outcome.answer().toString().contains("longer than 64 MiB"),
                    outcome.answer().toString());
        }
    }

    @Test
    void resetForgetsWhatWasWatched() throws Exception {
        try (RawClient client = new RawClient(node.port())) {
            client.send("WATCH a\r\n");
            Result.Value present = new Result.Value(Bytes.of("1"), new Version(1, 1));
            answer(requests(1).get(0), new Result.Values(List.of(Optional.of(present))));
            assertEquals("+OK", client.line());
            client.send("RESET\r\nMULTI\r\nGET b\r\nEXEC\r\n");
            for (String line : List.of("+RESET", "+OK", "+QUEUED")) {
                assertEquals(line, client.line());
            }
            // Nothing is watched any more, so the transaction is a plain read of b.
            assertEquals(
                    new Command.GetAll(List.of(Bytes.of("b"))),
                    requests(2).get(1).command());
        }
    }
}
