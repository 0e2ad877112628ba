package com.kvstore.client;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.kvstore.client.PromptCommand.Ask;
import com.kvstore.common.Bytes;
import com.kvstore.common.ErrorCode;
import com.kvstore.common.Result;
import com.kvstore.common.ServerNode;
import com.kvstore.common.Version;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AnswersTest {
    private static final ServerNode DOWN = new ServerNode("127.0.0.1", 8082);
    private static final Answers TEXT = new Answers(Format.TEXT, false);

    private static Ask ask(String line) {
        return (Ask) CommandParser.parse(Bytes.of(line));
    }

    private static String text(String line, Result result) {
        return TEXT.of(ask(line), result).body().text();
    }

    private static Result value(Bytes value) {
        return new Result.Value(value, new Version(3, 4));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "put:username:alice|✓ PUT successful: username",
                "SET username alice|✓ PUT successful: username",
                "update:username:bob|✓ UPDATE successful: username",
                "delete:email|✓ DELETE successful: email",
                "DEL email|✓ DELETE successful: email",
                "drain 127.0.0.1:8081|✓ DRAIN successful: 127.0.0.1:8081",
                "forget 127.0.0.1:8081|✓ FORGET successful: 127.0.0.1:8081",
                "accept-loss|✓ ACCEPT-LOSS successful",
            })
    void whatIsDoneIsSaidWithATick(String line, String answer) {
        assertEquals(answer, text(line, Result.Ack.WHOLE));
    }

    @Test
    void aValueIsShown() {
        assertEquals("✓ Value for 'username' is: alice", text("get:username", value(Bytes.of("alice"))));
        assertEquals("✓ Value for 'k' is: ", text("get:k", value(Bytes.EMPTY)));
    }

    @Test
    void aValueCanNeitherBreakTheLineNorDriveTheTerminal() {
        Bytes value = Bytes.wrap(new byte[] {'a', '\n', 0x1b, '[', (byte) 0xff, (byte) 0xc3, (byte) 0xa9});
        assertEquals("✓ Value for 'k' is: a\\n\\x1b[\\xffé", text("get:k", value(value)));
    }

    @Test
    void aMissingKeyIsAnAnswerOfItsOwn() {
        Answer answer = TEXT.of(ask("get:email"), Result.Failure.of(ErrorCode.NOT_FOUND, "whatever"));
        assertEquals("✗ Key not found: email", answer.body().text());
        assertEquals(Answer.NOT_FOUND, answer.status());
    }

    @Test
    void aDegradedWriteNamesTheServerThatIsDown() {
        assertEquals(
                "✓ PUT successful: k (1 copy: 127.0.0.1:8082 is down)",
                text("put:k:v", new Result.Ack(1, List.of(DOWN), "")));
        assertEquals(
                "✓ PUT successful: k (1 copy: 127.0.0.1:8082 is catching up)",
                text("put:k:v", new Result.Ack(1, List.of(DOWN), "is catching up")));
        assertEquals(
                "✓ DELETE successful: k (1 copy: only one server is registered)",
                text("delete:k", new Result.Ack(1, List.of(), "only one server is registered")));
    }

    @Test
    void anOperatorsCommandSaysWhatItSetInMotion() {
        assertEquals(
                "✓ DRAIN successful: 127.0.0.1:8081 (moving 3 arcs)",
                text("drain 127.0.0.1:8081", new Result.Ack(2, List.of(), "moving 3 arcs")));
    }

    @Test
    void anUnknownOutcomeIsNeverCalledFailed() {
        Answer answer = TEXT.of(ask("put:k:v"), Result.Failure.of(ErrorCode.OUTCOME_UNKNOWN, "no answer in 10s"));
        assertEquals("✗ Outcome unknown: no answer in 10s", answer.body().text());
        assertEquals(Answer.ERROR, answer.status());
        assertEquals(
                "✗ Outcome unknown: the node restarted",
                text("put:k:v", Result.Failure.of(ErrorCode.OUTCOME_UNKNOWN, "outcome unknown: the node restarted")));
    }

    @Test
    void everyOtherFailureSaysItsMessage() {
        Answer answer = TEXT.of(ask("put:k:v"), Result.Failure.of(ErrorCode.NO_NODES, "no data node has registered"));
        assertEquals("✗ No data node has registered", answer.body().text());
        assertEquals(Answer.ERROR, answer.status());
        assertEquals("✗ LOST", text("get:k", Result.Failure.of(ErrorCode.LOST, "")));
    }

    @Test
    void rawIsTheValueAndNothingElse() {
        byte[] bytes = {0, 1, '\n', (byte) 0xff};
        Answer answer = new Answers(Format.RAW, false).of(ask("get:k"), value(Bytes.wrap(bytes)));
        assertArrayEquals(bytes, answer.body().array());
        assertTrue(answer.bare());
    }

    @Test
    void jsonAnswersHaveTheShapesOfTheJsonProtocol() {
        Answers json = new Answers(Format.JSON, false);
        assertEquals(
                "{\"req_type\":\"ack\",\"message\":\"success\"}",
                json.of(ask("put:k:v"), Result.Ack.WHOLE).body().text());
        assertTrue(json.of(ask("put:k:v"), new Result.Ack(1, List.of(DOWN), ""))
                .body()
                .text()
                .contains("\"copies\":1,\"degraded\":true"));
        assertTrue(json.of(ask("get:k"), value(Bytes.of("a\"b")))
                .body()
                .text()
                .startsWith("{\"req_type\":\"data\",\"message\":\"a\\\"b\""));
        assertTrue(json.of(ask("get:k"), value(Bytes.wrap(new byte[] {(byte) 0xff})))
                .body()
                .text()
                .contains("\"message_b64\":\"/w==\""));
        assertEquals(
                "{\"req_type\":\"error\",\"code\":\"NOT_FOUND\",\"message\":\"Key not found: email\"}",
                json.of(ask("get:email"), Result.Failure.of(ErrorCode.NOT_FOUND, "x"))
                        .body()
                        .text());
        assertEquals(
                "{\"a\": 1}",
                json.of(ask("status"), new Result.Document("{\"a\":\n1}"))
                        .body()
                        .text());
    }

    @Test
    void aDocumentIsATableForPeopleAndOneLineInAPipe() {
        Result status = new Result.Document("{\"epoch\":3,\"copies\":{\"whole\":true,\"single\":0},\"servers\":"
                + "[{\"address\":\"127.0.0.1:8081\",\"position\":1,\"state\":\"up\",\"keys\":12,"
                + "\"heartbeat_age_ms\":2140}]}");
        assertEquals("""
                Epoch: 3
                Copies: whole yes, single 0

                Servers
                  Address         Position  State  Keys  Heartbeat age
                  127.0.0.1:8081  1         up     12    2.1 s""", text("status", status));
        String piped =
                new Answers(Format.TEXT, true).of(ask("status"), status).body().text();
        assertTrue(piped.startsWith("{\"epoch\":3") && piped.indexOf('\n') < 0, piped);
    }

    @Test
    void theRingShowsWhoHoldsWhichCopyOfEachArc() {
        Result ring = new Result.Document("{\"epoch\":7,\"arcs\":["
                + "{\"start\":0,\"end\":1,\"lost\":false,\"copies\":["
                + "{\"server\":\"a:1\",\"table\":\"own\",\"sync\":\"in_sync\"},"
                + "{\"server\":\"b:2\",\"table\":\"prev\",\"sync\":\"syncing\"},"
                + "{\"server\":\"c:3\",\"table\":\"prev\",\"sync\":\"in_sync\"}]},"
                + "{\"start\":2,\"end\":2,\"lost\":true,\"copies\":[]}]}");
        assertEquals("""
                Epoch: 7

                Arcs
                  Positions  Own   Prev                Lost
                  0–1        a:1   b:2 (syncing), c:3  no
                  2          none  none                yes""", text("ring", ring));
        assertFalse(text(
                        "ring",
                        new Result.Document("{\"arcs\":[{\"start\":0,\"end\":1,\"lost\":false," + "\"copies\":[]}]}"))
                .contains("Lost"));
    }

    @Test
    void aShareIsShownInPercent() {
        assertEquals("Moving fraction: 42 %", text("status", new Result.Document("{\"moving_fraction\":0.4199}")));
    }

    @Test
    void whereIsASentence() {
        Result where = new Result.Document(
                "{\"key\":\"username\",\"position\":25,\"owner\":\"127.0.0.1:8084\",\"replica\":null}");
        assertEquals(
                "✓ 'username' is at position 25: owner 127.0.0.1:8084, replica none", text("where username", where));
    }

    @Test
    void aDocumentThatIsNoObjectIsShownAsItIs() {
        assertEquals("[1, 2]", text("ring", new Result.Document("[1,\n2]")));
    }

    @Test
    void aValueThatWasReadLocallySaysThatItMayBeStale() {
        Answers local = new Answers(Format.TEXT, false, ReadMode.LOCAL);
        assertEquals(
                "✓ Value for 'k' is: v (read locally: it may be stale)",
                local.of(ask("get:k"), value(Bytes.of("v"))).body().text());
        assertEquals(
                "✓ PUT successful: k",
                local.of(ask("put:k:v"), Result.Ack.WHOLE).body().text());
        String json = new Answers(Format.JSON, false, ReadMode.LOCAL)
                .of(ask("get:k"), value(Bytes.of("v")))
                .body()
                .text();
        assertTrue(json.endsWith(",\"local\":true}"), json);
    }
}
