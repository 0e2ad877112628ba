package com.kvstore.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.kvstore.KeptInputs;
import com.kvstore.common.Limits;
import com.kvstore.common.Message;
import com.kvstore.protocol.membership.View;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;

/**
 * Any bytes, found by Jazzer or kept from it: a decoder answers with its own exception or with something that means the
 * same after it has been written and read again. {@code scripts/fuzz.sh} looks for new ones.
 */
class WireFuzzTest {
    private static final int MAX_VALUE = Limits.DEFAULT_MAX_VALUE_BYTES;

    @TestFactory
    Stream<DynamicTest> keptInputs() {
        return Stream.of(
                        KeptInputs.of(WireFuzzTest.class, "frames", this::frames),
                        KeptInputs.of(WireFuzzTest.class, "lines", this::lines),
                        KeptInputs.of(WireFuzzTest.class, "storedViews", this::storedViews))
                .flatMap(tests -> tests);
    }

    @FuzzTest(maxDuration = "10m")
    @Tag("fuzz")
    void frames(byte[] payload) throws ProtocolException {
        Message message;
        try {
            message = BinaryCodec.decode(ByteBuffer.wrap(payload));
        } catch (ProtocolException refused) {
            assertNotNull(refused.getMessage());
            return;
        }
        assertNotNull(message.toString());
        FrameWriter out = new FrameWriter();
        int length = BinaryCodec.encode(message, out);
        assertEquals(message, BinaryCodec.decodeFrame(ByteBuffer.wrap(out.array(), 0, length)));
    }

    @FuzzTest(maxDuration = "10m")
    @Tag("fuzz")
    void lines(byte[] line) throws ProtocolException, RequestException {
        JsonLine read;
        try {
            read = JsonLines.decode(line, MAX_VALUE);
        } catch (RequestException | ProtocolException refused) {
            assertNotNull(refused.getMessage());
            return;
        }
        if (read instanceof JsonLine.Node node) {
            assertEquals(node.message(), JsonNodeCodec.decode(JsonNodeCodec.encode(node.message())));
        } else if (read instanceof JsonLine.Client client) {
            JsonRequest request = client.request();
            String written = JsonRequests.encode(request.command(), request.requestId(), request.id());
            assertEquals(
                    request.command(), JsonRequests.decode(written, MAX_VALUE).command());
        }
    }

    @FuzzTest(maxDuration = "10m")
    @Tag("fuzz")
    void storedViews(byte[] text) throws ProtocolException {
        String json = new String(text, StandardCharsets.UTF_8);
        try {
            ViewJson.fromText(json);
        } catch (ProtocolException refused) {
            assertNotNull(refused.getMessage());
        }
        View view;
        try {
            // Beside the checksum, which nobody finds by chance.
            view = ViewJson.read(new JsonIn(JsonText.parse(json), "view"));
        } catch (ProtocolException | IllegalArgumentException refused) {
            assertNotNull(refused.getMessage());
            return;
        }
        assertEquals(view, ViewJson.fromText(ViewJson.toText(view)));
    }
}
