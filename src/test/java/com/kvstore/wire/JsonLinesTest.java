package com.kvstore.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.kvstore.common.Command;
import com.kvstore.common.ErrorCode;
import com.kvstore.protocol.membership.MembershipMessage.Fenced;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class JsonLinesTest {
    private static final int MAX_VALUE = 1000;

    @Test
    void aClientsRequestAndANodesMessageAreToldApart() throws RequestException, ProtocolException {
        assertEquals(
                new JsonLine.Client(new JsonRequest(3, null, new Command.Ping(), "ping")),
                decode("{\"req_type\":\"ping\",\"id\":3}"));
        assertEquals(new JsonLine.Node(new Fenced(7)), decode("{\"req_type\":\"fenced\",\"epoch\":7}"));
    }

    @Test
    void aBrokenNodesMessageEndsTheLinkAndABrokenRequestDoesNot() {
        assertThrows(ProtocolException.class, () -> decode("{\"req_type\":\"fenced\"}"));
        assertThrows(RequestException.class, () -> decode("{\"req_type\":\"get\"}"));
        assertThrows(RequestException.class, () -> decode("{\"req_type\":\"nonsense\"}"));
        assertThrows(RequestException.class, () -> decode("{\"req_type\":[]}"));
        assertThrows(RequestException.class, () -> decode("nonsense"));
    }

    @Test
    void aValueWrittenInEscapesOnlyStillFitsIntoALine() throws RequestException, ProtocolException {
        String line = "{\"req_type\":\"put\",\"key\":\"k\",\"value\":\"" + "\\u0001".repeat(MAX_VALUE) + "\"}";
        assertEquals(true, line.length() <= JsonLines.maxLineBytes(MAX_VALUE));
        assertEquals(JsonLine.Client.class, decode(line).getClass());
        assertEquals(Integer.MAX_VALUE, JsonLines.maxLineBytes(Integer.MAX_VALUE));
    }

    @Test
    void aLimitOfTheServersIsKept() {
        String line = "{\"req_type\":\"put\",\"key\":\"k\",\"value\":\"" + "v".repeat(MAX_VALUE + 1) + "\"}";
        RequestException refused = assertThrows(RequestException.class, () -> decode(line));
        assertEquals(ErrorCode.TOO_LARGE, refused.code());
    }

    private static JsonLine decode(String line) throws RequestException, ProtocolException {
        return JsonLines.decode(line.getBytes(StandardCharsets.UTF_8), MAX_VALUE);
    }
}
