package com.kvstore.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.kvstore.common.Bytes;
import com.kvstore.common.Condition;
import com.kvstore.common.Message;
import com.kvstore.common.ServerNode;
import com.kvstore.common.Table;
import com.kvstore.common.Version;
import com.kvstore.protocol.membership.MembershipMessage.Register;
import com.kvstore.protocol.membership.PreparedWrite;
import com.kvstore.protocol.twophase.TwoPhaseMessage.Batch;
import com.kvstore.protocol.twophase.TwoPhaseMessage.Prepare;
import com.kvstore.protocol.twophase.TwoPhaseMessage.Read;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JsonNodeCodecTest {

    @Test
    void everyMessageComesBackFromItsLine() throws ProtocolException {
        RandomMessages messages = new RandomMessages(new Random(1));
        for (int type = 0; type < messages.types(); type++) {
            for (int i = 0; i < 100; i++) {
                Message message = messages.ofType(type);
                String line = JsonNodeCodec.encode(message);
                assertEquals(message, JsonNodeCodec.decode(line), line);
                assertTrue(line.startsWith("{\"req_type\":\""), line);
                assertFalse(line.contains("\n"), line);
            }
        }
    }

    private static String lineOf(String value) throws ProtocolException {
        PreparedWrite put = new PreparedWrite(Table.OWN, 0, Bytes.of("k"), Bytes.of(value), Condition.NONE);
        Prepare prepare = new Prepare(new Version(1, 1), List.of(1), List.of(put), List.of());
        Batch batch = new Batch(1, 1, Version.ZERO, true, 1, List.of(), List.of(), List.of(prepare), List.of());
        String line = JsonNodeCodec.encode(batch);
        assertEquals(batch, JsonNodeCodec.decode(line));
        return line;
    }

    /** A value of 16 MiB would become a line of 96 MiB, and its write would time out. */
    @Test
    void aLongValueWhoseEscapesAreLongerThanBase64TravelsAsBase64() throws ProtocolException {
        for (String character : List.of("\u0001", "\"", "\n", "\u0085", "\u2028")) {
            String value = character.repeat(90_000);
            String line = lineOf(value);
            assertTrue(line.length() < 1_000 + Bytes.of(value).length() * 4 / 3, "as text: " + line.substring(0, 300));
        }
    }

    @Test
    void whatAPersonCanReadStaysText() throws ProtocolException {
        assertTrue(lineOf("\u0001\n".repeat(100)).contains("\\u0001\\n"));
        String prose = "He said \"no\", a/b and \u00e9\u4e2d\u6587.\n";
        assertTrue(lineOf(prose.repeat(1_000)).contains("He said"));
        assertTrue(lineOf("a/".repeat(10_000)).contains("a/a/"));
        assertTrue(lineOf("\u00e9".repeat(10_000)).contains("\u00e9"));
    }

    @Test
    void aBatchReadsLikeWhatItDoes() {
        PreparedWrite put = new PreparedWrite(Table.OWN, 25, Bytes.of("username"), Bytes.of("alice"), Condition.NONE);
        PreparedWrite delete = new PreparedWrite(Table.PREV, 0, Bytes.of("email"), null, Condition.EXISTS);
        Batch batch = new Batch(
                3,
                12,
                new Version(12, 5),
                true,
                1_700_000_000_000L,
                List.of(new Version(12, 6)),
                List.of(),
                List.of(new Prepare(new Version(12, 7), List.of(1, 2), List.of(put, delete), List.of(7))),
                List.of(new Read(Table.OWN, Bytes.wrap(new byte[] {(byte) 0xff}))));
        assertEquals(
                "{\"req_type\":\"batch\",\"sequence\":3,\"epoch\":12,\"settled\":\"12.5\",\"prior_settled\":true,\"now_ms\":1700000000000,"
                        + "\"commits\":[\"12.6\"],\"aborts\":[],"
                        + "\"prepares\":[{\"transaction\":\"12.7\",\"participants\":[1,2],\"writes\":["
                        + "{\"op\":\"put\",\"table\":\"own\",\"position\":25,\"key\":\"username\","
                        + "\"value\":\"alice\"},"
                        + "{\"op\":\"delete\",\"table\":\"prev\",\"position\":0,\"key\":\"email\",\"if\":\"exists\"}],"
                        + "\"elsewhere\":[7]}],"
                        + "\"reads\":[{\"table\":\"own\",\"key_b64\":\"/w==\"}]}",
                JsonNodeCodec.encode(batch));
    }

    @Test
    void longRandomNumbersTravelAsHex() {
        Register register = new Register(new ServerNode("127.0.0.1", 8081), 0, -1, 4, true, 10);
        assertEquals(
                "{\"req_type\":\"register\",\"address\":\"127.0.0.1:8081\",\"cluster\":\"0000000000000000\","
                        + "\"incarnation\":\"ffffffffffffffff\",\"epoch\":4,\"durable\":true,\"keys\":10}",
                JsonNodeCodec.encode(register));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{\"req_type\":\"fenced\"} | \"epoch\" is missing",
                "{\"req_type\":\"fenced\",\"epoch\":-1} | 0 or more, not the number -1",
                "{\"req_type\":\"fenced\",\"epoch\":1.5} | 0 or more, not the number 1.5",
                "{\"req_type\":\"fenced\",\"epoch\":\"7\"} | 0 or more, not a string",
                "{\"req_type\":\"fenced\",\"epoch\":9223372036854775808} | not the number 9223372036854775808",
                "{\"req_type\":\"fenced\",\"epoch\":1e999999999} | not the number 1E+999999999",
                "{\"req_type\":\"goodbye-answer\",\"number\":1,\"arcs\":2147483648} | up to 2147483647",
                "{\"req_type\":\"nonsense\"} | unknown req_type 'nonsense'",
                "{\"req_type\":7} | \"req_type\" must be a string",
                "{} | \"req_type\" is missing",
                "{\"req_type\":\"goodbye\",\"address\":\"x\",\"incarnation\":\"1\"} | an address is IP:PORT",
                "{\"req_type\":\"goodbye\",\"address\":\"x:1\",\"incarnation\":\"+1\"} | 1 to 16 hexadecimal",
                "{\"req_type\":\"goodbye\",\"address\":\"x:1\",\"incarnation\":\"11111111111111111\"} | 1 to 16 hex",
                "{\"req_type\":\"new-view\",\"view\":[]} | \"view\" must be an object, not a list",
                "{\"req_type\":\"move-progress\",\"move\":1,\"keys\":1,\"bytes\":1,\"fraction\":2} | from 0 to 1",
                "{\"req_type\":\"open-move\",\"move\":1,\"epoch\":1,\"ranges\":[3]} | \"ranges\" must be an object",
                "{\"req_type\":\"open-move\",\"move\":1,\"epoch\":1,\"ranges\":[{\"start\":2,\"end\":1}]} | not a range",
                "{\"req_type\":\"register-refused\",\"code\":\"OOPS\",\"message\":\"\"} | unknown code 'OOPS'",
                "{\"req_type\":\"ping\",\"id\":\"x\"} | \"id\" must be a whole number",
            })
    void aBrokenLineIsRefusedWithAReason(String line, String reason) {
        ProtocolException refused = assertThrows(ProtocolException.class, () -> JsonNodeCodec.decode(line));
        assertTrue(refused.getMessage().contains(reason), refused.getMessage());
    }

    @ParameterizedTest
    @CsvSource({"1", "1.", ".1", "a.b", "-1.2", "1.-2", "1.2.3", "99999999999999999999.1"})
    void aVersionOfAnotherFormIsRefused(String version) {
        String line = "{\"req_type\":\"batch\",\"sequence\":1,\"epoch\":1,\"settled\":\"" + version + "\"}";
        ProtocolException refused = assertThrows(ProtocolException.class, () -> JsonNodeCodec.decode(line));
        assertTrue(refused.getMessage().contains("EPOCH.COUNTER"), refused.getMessage());
    }

    @Test
    void aWriteThatLostItsValueIsNotADelete() {
        String prepare = "{\"req_type\":\"welcome\",\"incarnation\":\"1\",\"epoch\":1,\"prepared\":[{\"transaction\":"
                + "\"1.1\",\"participants\":[1],\"writes\":[{\"op\":\"put\",\"table\":\"own\",\"position\":1,"
                + "\"key\":\"k\",\"condition\":\"none\"}]}],\"committed\":[],\"aborted\":[]}";
        ProtocolException refused = assertThrows(ProtocolException.class, () -> JsonNodeCodec.decode(prepare));
        assertTrue(refused.getMessage().contains("\"value\" is missing"), refused.getMessage());
    }
}
