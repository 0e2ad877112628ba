package com.kvstore.transport;

import com.kvstore.common.Message;
import com.kvstore.wire.BinaryCodec;
import com.kvstore.wire.FrameWriter;
import com.kvstore.wire.ProtocolException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** One message in one datagram. */
final class Datagrams {
    private Datagrams() {}

    static byte[] encode(Message message) {
        FrameWriter writer = new FrameWriter();
        BinaryCodec.encodeDatagram(message, writer);
        return writer.toByteArray();
    }

    /** Null for whatever is not a whole, undamaged message: anybody can send a datagram. */
    static @Nullable Message decodeOrNull(ByteBuffer datagram) {
        try {
            return BinaryCodec.decodeDatagram(datagram);
        } catch (ProtocolException | RuntimeException foreign) {
            return null;
        }
    }
}
