package com.kvstore.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.kvstore.KeptInputs;
import com.kvstore.common.Message;
import com.kvstore.wire.BinaryCodec;
import com.kvstore.wire.ProtocolException;
import java.nio.ByteBuffer;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;

/** Any datagram at the heartbeat port: it is a message, or it is dropped. */
class DatagramFuzzTest {
    private static final int CHECKSUM_AT = 8;
    private static final int PAYLOAD_AT = 12;

    @TestFactory
    Stream<DynamicTest> keptInputs() {
        return KeptInputs.of(DatagramFuzzTest.class, "heartbeats", this::heartbeats);
    }

    @FuzzTest(maxDuration = "10m")
    @Tag("fuzz")
    void heartbeats(byte[] datagram) {
        check(datagram);
        if (datagram.length > PAYLOAD_AT) {
            // With the right checksum, which nobody finds by chance, the decoder behind it sees the rest too.
            byte[] sealed = datagram.clone();
            CRC32C checksum = new CRC32C();
            checksum.update(sealed, PAYLOAD_AT, sealed.length - PAYLOAD_AT);
            ByteBuffer.wrap(sealed)
                    .putInt(CHECKSUM_AT - Integer.BYTES, sealed.length - PAYLOAD_AT)
                    .putInt(CHECKSUM_AT, (int) checksum.getValue());
            check(sealed);
            decode(sealed);
        }
    }

    /** Fails with the decoder's own exception alone; the port itself drops whatever fails. */
    private static void decode(byte[] datagram) {
        try {
            assertNotNull(BinaryCodec.decodeDatagram(ByteBuffer.wrap(datagram)));
        } catch (ProtocolException refused) {
            assertNotNull(refused.getMessage());
        }
    }

    private static void check(byte[] datagram) {
        Message message = Datagrams.decodeOrNull(ByteBuffer.wrap(datagram));
        if (message != null) {
            assertEquals(message, Datagrams.decodeOrNull(ByteBuffer.wrap(Datagrams.encode(message))));
        }
    }
}
