package com.kvstore.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.kvstore.common.Bytes;
import com.kvstore.common.ErrorCode;
import com.kvstore.common.Result;
import com.kvstore.common.ServerNode;
import com.kvstore.common.Version;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonResponsesTest {
    private static final ServerNode NODE = new ServerNode("127.0.0.1", 8081);

    @Test
    void aClientGetsTheValueAlone() {
        Result value = new Result.Value(Bytes.of("alice"), new Version(12, 7));
        assertEquals("{\"req_type\":\"data\",\"message\":\"alice\"}", JsonResponses.encodeForClient(value, null));
        assertEquals("{\"req_type\":\"data\",\"message\":\"alice\",\"id\":5}", JsonResponses.encodeForClient(value, 5));
        assertEquals(
                "{\"req_type\":\"ack\",\"message\":\"success\"}",
                JsonResponses.encodeForClient(Result.Ack.WHOLE, null));
    }

    @Test
    void aWholeWriteIsAcknowledgedInTheSpecificationsWords() {
        assertEquals("{\"req_type\":\"ack\",\"message\":\"success\"}", JsonResponses.encode(Result.Ack.WHOLE, null));
    }

    @Test
    void aDegradedWriteSaysSo() {
        assertEquals(
                "{\"req_type\":\"ack\",\"message\":\"success\",\"copies\":1,\"degraded\":true,"
                        + "\"missing\":[\"127.0.0.1:8081\"],\"note\":\"it is down\"}",
                JsonResponses.encode(new Result.Ack(1, List.of(NODE), "it is down"), null));
    }

    @Test
    void aNoteStandsAloneWhereNothingIsDegraded() {
        assertEquals(
                "{\"req_type\":\"ack\",\"message\":\"success\",\"note\":\"draining\"}",
                JsonResponses.encode(new Result.Ack(2, List.of(), "draining"), null));
    }

    @Test
    void aValueComesAsTextWithItsVersion() {
        assertEquals(
                "{\"req_type\":\"data\",\"message\":\"alice\",\"version\":\"12.7\",\"id\":5}",
                JsonResponses.encode(new Result.Value(Bytes.of("alice"), new Version(12, 7)), 5));
    }

    @Test
    void aValueThatIsNoTextComesAsBase64() {
        Bytes value = Bytes.wrap(new byte[] {(byte) 0xc3, 0x28});
        assertEquals(
                "{\"req_type\":\"data\",\"message_b64\":\"wyg=\",\"version\":\"1.1\"}",
                JsonResponses.encode(new Result.Value(value, new Version(1, 1)), null));
    }

    @Test
    void aMissingKeyIsAnErrorInTheSpecificationsWords() {
        assertEquals(
                "{\"req_type\":\"error\",\"code\":\"NOT_FOUND\",\"message\":\"Key not found: email\"}",
                JsonResponses.encode(Result.Failure.of(ErrorCode.NOT_FOUND, "Key not found: email"), null));
    }

    @Test
    void theWrongNodeNamesTheRightOne() {
        Result wrong = new Result.Failure(ErrorCode.WRONG_NODE, "ask the coordinator", NODE, 9);
        assertEquals(
                "{\"req_type\":\"error\",\"code\":\"WRONG_NODE\",\"message\":\"ask the coordinator\","
                        + "\"coordinator\":\"127.0.0.1:8081\",\"epoch\":9,\"id\":\"x\"}",
                JsonResponses.encode(wrong, "x"));
    }

    @Test
    void aDocumentIsEmbeddedInItsOwnOrder() {
        assertEquals(
                "{\"req_type\":\"document\",\"document\":{\"zebra\":1,\"ant\":[]}}",
                JsonResponses.encode(new Result.Document("{\"zebra\":1,\"ant\":[]}"), null));
    }

    @Test
    void aDocumentOfSeveralLinesComesOnOne() {
        assertEquals(
                "{\"req_type\":\"document\",\"document\":{\"a\":1}}",
                JsonResponses.encode(new Result.Document("{\n  \"a\": 1\n}"), null));
    }

    @Test
    void aDocumentThatIsNoJsonObjectIsABug() {
        for (String broken : new String[] {"", "[]", "{\"a\":1},\"forged\":{}", "{a:1}"}) {
            assertThrows(IllegalArgumentException.class, () -> JsonResponses.encode(new Result.Document(broken), null));
        }
    }

    @Test
    void answersComeBackFromTheirLine() throws ProtocolException {
        RandomMessages messages = new RandomMessages(new Random(1));
        for (int i = 0; i < 1000; i++) {
            Result result = messages.result();
            JsonResponse decoded = JsonResponses.decode(JsonResponses.encode(result, i));
            assertEquals(new JsonResponse(result, i), decoded);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"req_type\":\"ping\"}",
                "{\"req_type\":\"data\",\"version\":\"1.1\"}",
                "{\"req_type\":\"data\",\"message\":\"x\"}",
                "{\"req_type\":\"error\",\"code\":\"NO_SUCH\",\"message\":\"x\"}",
                "{\"req_type\":\"document\",\"document\":\"{}\"}",
                "{\"req_type\":\"ack\",\"missing\":[7]}",
                "{\"message\":\"success\"}",
            })
    void anAnswerThatIsNoneIsRefused(String line) {
        assertThrows(ProtocolException.class, () -> JsonResponses.decode(line));
    }
}
