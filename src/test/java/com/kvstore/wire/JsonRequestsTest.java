package com.kvstore.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.kvstore.common.Bytes;
import com.kvstore.common.Command;
import com.kvstore.common.Command.Describe.Subject;
import com.kvstore.common.Condition;
import com.kvstore.common.ErrorCode;
import com.kvstore.common.Limits;
import com.kvstore.common.RequestId;
import com.kvstore.common.Result;
import com.kvstore.common.ServerNode;
import com.kvstore.common.Table;
import com.kvstore.common.Write;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import org.json.JSONObject;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class JsonRequestsTest {
    private static final int MAX_VALUE = 1000;
    private static final ServerNode NODE = new ServerNode("127.0.0.1", 8084);
    private static final Bytes KEY = Bytes.of("k");

    @Test
    void theSpecificationsPutIsUnderstood() throws RequestException {
        JsonRequest request =
                JsonRequests.decode("{\"req_type\":\"put\",\"key\":\"username\",\"value\":\"alice\"}", MAX_VALUE);
        assertEquals(
                new JsonRequest(
                        null, null, Command.Transact.of(Write.put(Bytes.of("username"), Bytes.of("alice"))), "put"),
                request);
    }

    @Test
    void everyRequestTypeIsUnderstood() throws RequestException {
        assertDecodes(Command.Transact.of(Write.put(KEY, Bytes.EMPTY)), "'set','key':'k','value':''");
        assertDecodes(Command.Transact.of(Write.update(KEY, Bytes.of("1"))), "'update','key':'k','value':'1'");
        assertDecodes(Command.Transact.of(Write.delete(KEY)), "'delete','key':'k'");
        assertDecodes(Command.Transact.of(Write.delete(KEY)), "'del','key':'k'");
        assertDecodes(
                Command.Transact.of(new Write(KEY, null, Condition.NONE)), "'delete','key':'k','must_exist':false");
        assertDecodes(new Command.Get(KEY), "'get','key':'k'");
        assertDecodes(new Command.GetFromTable(Table.PREV, KEY), "'get','key':'k','table':'prev'");
        assertDecodes(new Command.Ping(), "'ping'");
        assertDecodes(new Command.Describe(Subject.STATUS, Bytes.EMPTY), "'status'");
        assertDecodes(new Command.Describe(Subject.RING, Bytes.EMPTY), "'ring'");
        assertDecodes(new Command.Describe(Subject.WHERE, KEY), "'where','key':'k'");
        assertDecodes(new Command.Plan(true, NODE), "'plan','add':'127.0.0.1:8084'");
        assertDecodes(new Command.Plan(false, NODE), "'plan','remove':'127.0.0.1:8084'");
        assertDecodes(new Command.Drain(NODE), "'drain','server':'127.0.0.1:8084'");
        assertDecodes(new Command.Forget(NODE), "'forget','server':'127.0.0.1:8084'");
        assertDecodes(new Command.AcceptLoss(), "'accept-loss'");
        assertDecodes(
                new Command.Transact(List.of(
                        Write.put(KEY, Bytes.of("v")),
                        Write.update(Bytes.of("l"), Bytes.of("w")),
                        Write.delete(Bytes.of("m")))),
                "'transact','writes':[{'op':'put','key':'k','value':'v'},{'op':'update','key':'l','value':'w'},"
                        + "{'op':'delete','key':'m'}]");
    }

    @Test
    void keysAndValuesThatAreNoTextComeAsBase64() throws RequestException {
        Bytes key = Bytes.wrap(new byte[] {(byte) 0xff, 0});
        assertDecodes(
                Command.Transact.of(Write.put(key, Bytes.wrap(new byte[] {(byte) 0xfe}))),
                "'put','key_b64':'/wA=','value_b64':'/g=='");
    }

    @Test
    void aRequestIdMakesARetryRecognizable() throws RequestException {
        JsonRequest request = JsonRequests.decode(
                json("{'req_type':'get','key':'k','request_id':{'client':'c','number':3,'epoch':2,'acknowledged':1}}"),
                MAX_VALUE);
        assertEquals(new RequestId("c", 3, 2, 1), request.requestId());
        request = JsonRequests.decode(
                json("{'req_type':'get','key':'k','request_id':{'client':'c','number':3,'epoch':2}}"), MAX_VALUE);
        assertEquals(new RequestId("c", 3, 2, 0), request.requestId());
    }

    @Test
    void requestsComeBackFromTheirLine() throws RequestException {
        RandomMessages messages = new RandomMessages(new Random(1));
        for (int i = 0; i < 1000; i++) {
            Command command = messages.command();
            RequestId requestId = i % 2 == 0 ? null : new RequestId("c" + i, i, i * 3L, i - 1);
            JsonRequest request = JsonRequests.decode(
                    JsonRequests.encode(command, requestId, "id" + i).getBytes(StandardCharsets.UTF_8), MAX_VALUE);
            assertEquals(command, request.command());
            assertEquals(requestId, request.requestId());
            assertEquals("id" + i, request.id());
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                // Not JSON at all, or JSON of a kind that nobody should send.
                "`` | a JSONObject text must begin",
                "not json | is no number",
                "{'req_type':'get','key':'k' | not JSON",
                "{'req_type':'get','key':'k} | without its closing quote",
                "{req_type:'get','key':'k'} | is no number",
                "{'req_type':'get','key':'k'} trailing | is no number",
                "{'req_type':'get','key':'k'}{} | not JSON",
                "{'req_type':'get','key':'k'}} | not JSON",
                "{'req_type':'get','key':'k','key':'l'} | Duplicate key",
                "{'req_type':'get','key':'k',} | not JSON",
                "{'req_type':'get','key':'k';'id':1} | does not belong",
                "{'req_type':'get','key':'\\x'} | escape",
                "{'req_type':'get','key':'\\u12'} | escape",
                "{'req_type':'get','key':'\\u+123'} | escape",
                "{'req_type':'get','key':'k','id':01} | is no number",
                "{'req_type':'get','key':'k','id':1e5f} | is no number",
                "{'req_type':'get','key':'k','id':NaN} | is no number",
                "{'req_type':'get','key':'k','id':True} | is no number",
                "[1] | not JSON",
                "null | not JSON",
                // Which request?
                "{} | \"req_type\" is missing",
                "{'req_type':null} | must be a string, not null",
                "{'req_type':5} | must be a string, not the number 5",
                "{'req_type':'shout'} | unknown req_type 'shout'; known are",
                "{'req_type':'PUT','key':'k','value':'v'} | unknown req_type 'PUT'",
                "{'req_type':'ack','message':'success'} | unknown req_type",
                // Its fields.
                "{'req_type':'get'} | get: \"key\" is missing",
                "{'req_type':'get','key':''} | the key is empty",
                "{'req_type':'get','key_b64':''} | the key is empty",
                "{'req_type':'get','key':7} | get: \"key\" must be a string, not the number 7",
                "{'req_type':'get','key':'k','key_b64':'aw=='} | not both",
                "{'req_type':'get','key_b64':'?'} | is not base64",
                "{'req_type':'get','key':'k','table':'both'} | must be \"own\" or \"prev\", not 'both'",
                "{'req_type':'get','key':'k','table':null} | must be a string, not null",
                "{'req_type':'put','key':'k'} | put: \"value\" is missing",
                "{'req_type':'put','key':'k','value':5} | put: \"value\" must be a string, not the number 5",
                "{'req_type':'put','key':'k','value':true} | must be a string, not true",
                "{'req_type':'put','key':'k','value':null} | must be a string, not null",
                "{'req_type':'put','key':'k','value':{}} | must be a string, not an object",
                "{'req_type':'put','key':'k','value':[]} | must be a string, not a list",
                "{'req_type':'put','key':'k','value':'v','value_b64':'dg=='} | not both",
                "{'req_type':'put','key':'k','value':'\\ud800'} | half of a surrogate pair",
                "{'req_type':'put','key':'k','value':'\\udc00\\ud800'} | half of a surrogate pair",
                "{'req_type':'put','key':'k','value':'v','table':'own'} | only the coordinator writes",
                "{'req_type':'delete','key':'k','table':'own'} | only the coordinator writes",
                "{'req_type':'prepare','key':'k','value':'v','table':'own'} | only the coordinator writes",
                "{'req_type':'delete','key':'k','must_exist':'no'} | must be true or false",
                "{'req_type':'transact'} | \"writes\" is missing",
                "{'req_type':'transact','writes':{}} | \"writes\" must be a list",
                "{'req_type':'transact','writes':[]} | one write or more",
                "{'req_type':'transact','writes':['put']} | must be an object",
                "{'req_type':'transact','writes':[{'op':'get','key':'k'}]} | put, update or delete, not 'get'",
                "{'req_type':'transact','writes':[{'op':'delete','key':'k'},{'op':'delete','key':'k'}]} | twice: k",
                "{'req_type':'plan'} | either \"add\" or \"remove\"",
                "{'req_type':'plan','add':'a:1','remove':'a:1'} | either \"add\" or \"remove\"",
                "{'req_type':'drain','server':'nowhere'} | an address is IP:PORT, not 'nowhere'",
                "{'req_type':'drain','server':'a:70000'} | a port is a number from 1 to 65535",
                "{'req_type':'ping','request_id':5} | must be an object",
                "{'req_type':'ping','request_id':{'client':'','number':1,'epoch':1}} | 1 to 64 characters",
                "{'req_type':'ping','request_id':{'client':'c','number':0,'epoch':1}} | number must be 1 or more",
                "{'req_type':'ping','request_id':{'client':'c','number':1.0,'epoch':1}} | a whole number",
            })
    void aBadRequestIsRefusedWithAReason(String line, String reason) {
        RequestException refused = refused(json(line));
        assertEquals(ErrorCode.BAD_REQUEST, refused.code());
        assertTrue(
                refused.getMessage().toLowerCase(Locale.ROOT).contains(reason.toLowerCase(Locale.ROOT)),
                () -> "'" + refused.getMessage() + "' lacks '" + reason + "'");
        assertTrue(refused.getMessage().length() < 500);
    }

    @Test
    void controlCharactersOutsideTheirEscapesAreRefused() {
        for (String line : new String[] {
            "{'req_type':'get','key':'a\tb'}", "{'req_type':'ping'}\0{", "{'req_type':'get','key':'a\nb'}", "\u0001{}"
        }) {
            assertEquals(ErrorCode.BAD_REQUEST, refused(json(line)).code());
        }
    }

    @Test
    void aLineThatIsNotUtf8IsRefused() {
        byte[] line = json("{'req_type':'get','key':'k?'}").getBytes(StandardCharsets.ISO_8859_1);
        line[line.length - 3] = (byte) 0xC3;
        RequestException refused = assertThrows(RequestException.class, () -> JsonRequests.decode(line, MAX_VALUE));
        assertTrue(refused.getMessage().contains("UTF-8"), refused.getMessage());
    }

    @Test
    void theReplacementCharacterItselfIsText() throws RequestException {
        byte[] line = json("{'req_type':'get','key':'\uFFFD'}").getBytes(StandardCharsets.UTF_8);
        assertEquals(
                new Command.Get(Bytes.of("\uFFFD")),
                JsonRequests.decode(line, MAX_VALUE).command());
    }

    @Test
    void nestingUpTo32LevelsIsAccepted() throws RequestException {
        String deepest = json("{'req_type':'ping','id':" + "[".repeat(31) + "]".repeat(31) + "}");
        assertNotNull(JsonRequests.decode(deepest, MAX_VALUE).id());
        assertTrue(refused(json("{'req_type':'ping','id':" + "[".repeat(32) + "]".repeat(32) + "}"))
                .getMessage()
                .contains("32"));
    }

    @Test
    void keysAndValuesMayBeAsLongAsTheLimitAndNoLonger() throws RequestException {
        String key = "k".repeat(Limits.MAX_KEY_BYTES);
        String value = "v".repeat(MAX_VALUE);
        assertNotNull(JsonRequests.decode(json(put(key, value)), MAX_VALUE));
        RequestException tooLong = refused(json(put(key + "k", value)));
        assertEquals(ErrorCode.TOO_LARGE, tooLong.code());
        assertEquals("the key has 65537 bytes; the limit is 65536", tooLong.getMessage());
        tooLong = refused(json(put("k", value + "v")));
        assertEquals(ErrorCode.TOO_LARGE, tooLong.code());
        assertTrue(tooLong.getMessage().contains("the value has 1001 bytes; the limit is 1000"));
    }

    @Test
    void aTransactionHasALimitOfWrites() {
        StringBuilder line = new StringBuilder("{\"req_type\":\"transact\",\"writes\":[");
        for (int i = 0; i <= Limits.MAX_WRITES; i++) {
            line.append(i == 0 ? "" : ",")
                    .append("{\"op\":\"delete\",\"key\":\"")
                    .append(i)
                    .append("\"}");
        }
        assertEquals(ErrorCode.TOO_LARGE, refused(line.append("]}").toString()).code());
    }

    @ParameterizedTest
    @ValueSource(strings = {"7", "\"seven\"", "null", "[1,2]", "true", "12345678901234567890123", "1.50", "1E+5"})
    void anIdOfAnyKindComesBackWithTheAnswerOrTheError(String id) throws RequestException {
        JsonRequest request = JsonRequests.decode("{\"req_type\":\"ping\",\"id\":" + id + "}", MAX_VALUE);
        assertEquals(
                "{\"req_type\":\"pong\",\"epoch\":4,\"id\":" + id + "}",
                JsonResponses.encode(new Result.Pong(4), request.id()));
        RequestException refused = refused("{\"req_type\":\"shout\",\"id\":" + id + "}");
        String answer = JsonResponses.encode(refused.failure(), refused.id());
        assertTrue(answer.startsWith("{\"req_type\":\"error\",\"code\":\"BAD_REQUEST\",\"message\":\"unknown"), answer);
        assertTrue(answer.endsWith(",\"id\":" + id + "}"), answer);
    }

    @Test
    void withoutAnIdThereIsNone() throws RequestException {
        assertNull(JsonRequests.decode(json("{'req_type':'ping'}"), MAX_VALUE).id());
        assertEquals(
                JSONObject.NULL,
                JsonRequests.decode(json("{'req_type':'ping','id':null}"), MAX_VALUE)
                        .id());
    }

    @Test
    void fieldsNobodyKnowsAreIgnored() throws RequestException {
        assertDecodes(new Command.Ping(), "'ping','comment':'hello'");
    }

    private static void assertDecodes(Command expected, String fields) throws RequestException {
        assertEquals(
                expected,
                JsonRequests.decode(json("{'req_type':" + fields + "}"), MAX_VALUE)
                        .command());
    }

    private static RequestException refused(String line) {
        return assertThrows(RequestException.class, () -> JsonRequests.decode(line, MAX_VALUE), line);
    }

    private static String put(String key, String value) {
        return "{'req_type':'put','key':'" + key + "','value':'" + value + "'}";
    }

    /** JSON with single quotes, so that it can be read here. */
    private static String json(String singleQuoted) {
        return singleQuoted.replace('\'', '"');
    }
}
