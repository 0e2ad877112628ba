package com.kvstore.transport;

import com.kvstore.common.ClientMessage;
import com.kvstore.common.ErrorCode;
import com.kvstore.common.Message;
import com.kvstore.common.Result;
import com.kvstore.wire.BinaryCodec;
import com.kvstore.wire.FrameWriter;
import com.kvstore.wire.ProtocolException;
import io.netty.buffer.ByteBuf;
import java.nio.ByteBuffer;

/**
 * Binary frames ({@link BinaryCodec}): nodes and {@code KvClient}. Whoever opens the connection sends the preamble, once;
 * answers carry the request's tag and may overtake each other.
 *
 * <p>A frame that breaks the format ends the connection, because nothing after it can be trusted to be a frame; before
 * that a client is told in a response with tag 0, which no request has.
 */
final class BinaryLanguage implements Language {
    /** A node's frame also holds views and reports that have nothing to do with values. */
    private static final int LEAST_NODE_FRAME_BYTES = 64 << 20;

    private static final long NO_REQUEST = 0;

    private final Connection connection;
    private final FrameWriter writer;
    private boolean preambleSeen;

    /** @param writer shared by all connections of the loop; empty between calls */
    BinaryLanguage(Connection connection, FrameWriter writer) {
        this.connection = connection;
        this.writer = writer;
        // The side that accepts a connection answers in frames right away.
        this.preambleSeen = connection.outgoing();
    }

    static boolean beginsWith(int firstByte) {
        return (byte) firstByte == BinaryCodec.FIRST_BYTE;
    }

    void sendPreamble() {
        byte[] preamble = BinaryCodec.preamble();
        connection.write(preamble, 0, preamble.length);
    }

    @Override
    public void read(ByteBuf in) throws BadInputException {
        try {
            if (!preambleSeen && !readPreamble(in)) {
                return;
            }
            while (in.readableBytes() >= BinaryCodec.HEADER_BYTES && connection.mayRead()) {
                int length = BinaryCodec.frameLength(view(in, BinaryCodec.HEADER_BYTES), maxFrameBytes());
                if (in.readableBytes() < length) {
                    return;
                }
                ByteBuffer frame = view(in, length);
                in.skipBytes(length);
                handle(BinaryCodec.decodeFrame(frame), length);
            }
        } catch (ProtocolException bad) {
            throw new BadInputException(ErrorCode.BAD_REQUEST, String.valueOf(bad.getMessage()));
        }
    }

    private boolean readPreamble(ByteBuf in) throws ProtocolException {
        if (in.readableBytes() < BinaryCodec.PREAMBLE_BYTES) {
            return false;
        }
        BinaryCodec.checkPreamble(view(in, BinaryCodec.PREAMBLE_BYTES));
        in.skipBytes(BinaryCodec.PREAMBLE_BYTES);
        preambleSeen = true;
        return true;
    }

    private static ByteBuffer view(ByteBuf in, int length) {
        return in.nioBuffer(in.readerIndex(), length);
    }

    private int maxFrameBytes() {
        int client = connection.options().maxFrameBytes();
        // A node puts the rest of a batch beside a transaction of the largest size.
        return connection.isNode() ? Math.max(2 * client, LEAST_NODE_FRAME_BYTES) : client;
    }

    private void handle(Message message, int length) throws BadInputException {
        if (message instanceof ClientMessage.Request request) {
            connection.requested(request.command(), request.id(), new Tagged(request.tag(), length));
        } else if (message instanceof ClientMessage && !connection.outgoing()) {
            throw new BadInputException(ErrorCode.BAD_REQUEST, "an answer came where only requests are expected");
        } else {
            connection.received(message);
        }
    }

    @Override
    public void send(Message message) {
        try {
            BinaryCodec.encode(message, writer);
            connection.write(writer.array(), 0, writer.length());
        } finally {
            writer.clear();
        }
    }

    @Override
    public void refuse(ErrorCode code, String message) {
        if (!connection.isNode()) {
            send(new ClientMessage.Response(NO_REQUEST, Result.Failure.of(code, message)));
        }
    }

    private final class Tagged extends ClientRequest {
        private final long tag;

        Tagged(long tag, int bytes) {
            super(BinaryLanguage.this.connection, bytes);
            this.tag = tag;
        }

        @Override
        protected void answer(Result result) {
            send(new ClientMessage.Response(tag, result));
        }
    }
}
