package com.kvstore.sim;

import com.kvstore.common.Message;
import com.kvstore.wire.BinaryCodec;
import com.kvstore.wire.FrameWriter;
import com.kvstore.wire.ProtocolException;
import java.nio.ByteBuffer;

/**
 * The binary frames that real nodes exchange.
 *
 * <p>Threading: belongs to one simulation; its one writer is used again and again.
 */
final class WireCodec implements MessageCodec {
    private final FrameWriter writer = new FrameWriter();

    @Override
    public byte[] encode(Message message) {
        writer.clear();
        BinaryCodec.encode(message, writer);
        return writer.toByteArray();
    }

    @Override
    public Message decode(byte[] bytes) {
        try {
            return BinaryCodec.decodeFrame(ByteBuffer.wrap(bytes));
        } catch (ProtocolException broken) {
            throw new SimulationFailure("a message does not survive the codec: " + broken.getMessage(), broken);
        }
    }
}
