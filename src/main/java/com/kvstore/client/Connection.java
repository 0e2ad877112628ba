package com.kvstore.client;

import com.kvstore.common.ClientMessage;
import com.kvstore.common.Message;
import com.kvstore.common.ServerNode;
import com.kvstore.wire.BinaryCodec;
import com.kvstore.wire.FrameWriter;
import com.kvstore.wire.ProtocolException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;

/**
 * One TCP connection that speaks binary frames, without blocking. Used from one thread.
 *
 * <p>Bounded: takes requests while less than {@link #ENOUGH_BYTES} wait to be written, so that it holds at most that and
 * one request; the buffer for reading grows with what has arrived, never on a length's word alone.
 */
final class Connection implements Requests.Outlet {
    private static final int ENOUGH_BYTES = 256 * 1024;
    private static final int READ_BYTES = 16 * 1024;
    /** The JDK copies through a hidden direct buffer as large as one read or write: keep that small. */
    private static final int SLICE_BYTES = 128 * 1024;

    /** Takes what arrives. */
    interface Receiver {
        void received(ClientMessage.Response response);
    }

    private final ServerNode node;
    private final SocketChannel channel;
    private final SelectionKey key;
    private final int maxFrameBytes;

    private ByteBuffer in = ByteBuffer.allocate(READ_BYTES);
    private FrameWriter filling = new FrameWriter();
    private FrameWriter writing = new FrameWriter();
    private ByteBuffer out = ByteBuffer.wrap(BinaryCodec.preamble());
    private int partialFrameBytes;

    private long bytesIn;
    private long bytesOut;

    /** Begins to connect; the key gets ready to connect when that is done. */
    Connection(ServerNode node, Selector selector, int maxFrameBytes) throws IOException {
        this.node = node;
        this.maxFrameBytes = maxFrameBytes;
        InetSocketAddress address = new InetSocketAddress(node.host(), node.port());
        if (address.isUnresolved()) {
            throw new UnknownHostException("no host is named '" + node.host() + "'");
        }
        this.channel = SocketChannel.open();
        boolean registered = false;
        try {
            channel.configureBlocking(false);
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            channel.connect(address);
            this.key = channel.register(selector, SelectionKey.OP_CONNECT);
            registered = true;
        } finally {
            if (!registered) {
                channel.close();
            }
        }
    }

    ServerNode node() {
        return node;
    }

    /** @return whether the connection is open now */
    boolean finishConnect() throws IOException {
        if (!channel.finishConnect()) {
            return false;
        }
        key.interestOps(SelectionKey.OP_READ);
        return true;
    }

    boolean connectable() {
        return key.isValid() && key.isConnectable();
    }

    boolean readable() {
        return key.isValid() && key.isReadable();
    }

    @Override
    public boolean wantsMore() {
        return filling.length() < ENOUGH_BYTES;
    }

    @Override
    public void send(ClientMessage.Request request) {
        BinaryCodec.encode(request, filling);
    }

    /** Writes what can be written now, and asks to be called again for the rest. */
    void flush() throws IOException {
        while (true) {
            if (!out.hasRemaining()) {
                if (filling.length() == 0) {
                    break;
                }
                FrameWriter written = writing;
                writing = filling;
                filling = written;
                filling.clear();
                out = writing.toByteBuffer();
            }
            int end = out.limit();
            out.limit(Math.min(end, out.position() + SLICE_BYTES));
            int count = channel.write(out);
            boolean full = out.hasRemaining();
            out.limit(end);
            bytesOut += count;
            if (full) {
                break;
            }
        }
        int wanted = out.hasRemaining() ? SelectionKey.OP_READ | SelectionKey.OP_WRITE : SelectionKey.OP_READ;
        if (key.interestOps() != wanted) {
            key.interestOps(wanted);
        }
    }

    /**
     * Reads once and hands on every whole response.
     *
     * @throws IOException when the connection is closed or broken, or what came is no frame
     */
    void read(Receiver receiver) throws IOException {
        if (!in.hasRemaining()) {
            in = ByteBuffer.allocate((int) Math.min(maxFrameBytes, in.capacity() * 2L))
                    .put(in.flip());
        }
        in.limit(Math.min(in.capacity(), in.position() + SLICE_BYTES));
        int count = channel.read(in);
        in.limit(in.capacity());
        if (count < 0) {
            throw new IOException("it closed the connection");
        }
        bytesIn += count;
        in.flip();
        try {
            while (handOn(receiver)) {
                // one frame after the other
            }
        } catch (ProtocolException broken) {
            throw new IOException("it sent what is no answer: " + broken.getMessage(), broken);
        }
        if (!in.hasRemaining() && in.capacity() > READ_BYTES) {
            in = ByteBuffer.allocate(READ_BYTES);
        } else {
            in.compact();
        }
    }

    private boolean handOn(Receiver receiver) throws ProtocolException {
        partialFrameBytes = 0;
        if (in.remaining() < BinaryCodec.HEADER_BYTES) {
            return false;
        }
        int length = BinaryCodec.frameLength(in, maxFrameBytes);
        if (in.remaining() < length) {
            partialFrameBytes = length;
            return false;
        }
        Message message = BinaryCodec.decodeFrame(in.slice(in.position(), length));
        in.position(in.position() + length);
        if (!(message instanceof ClientMessage.Response response)) {
            throw new ProtocolException("a " + message.getClass().getSimpleName() + " where only responses belong");
        }
        receiver.received(response);
        return true;
    }

    /** Length of a frame that has arrived in part; 0 if there is none. */
    int partialFrameBytes() {
        return partialFrameBytes;
    }

    /** Read since the connection was opened. */
    long bytesIn() {
        return bytesIn;
    }

    /** Written since the connection was opened. */
    long bytesOut() {
        return bytesOut;
    }

    void close() {
        try {
            channel.close();
        } catch (IOException ignored) {
            // It is given up either way; the descriptor is free again.
        }
    }
}
