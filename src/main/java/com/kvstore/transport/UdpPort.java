package com.kvstore.transport;

import com.kvstore.common.Message;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.socket.DatagramPacket;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.function.Consumer;

/**
 * A UDP port that carries one message in a datagram.
 *
 * <p>Threading: received messages come on the event loop; {@link #send} is called there.
 *
 * <p>Failure: what cannot be decoded, or sent, is dropped: UDP promises nothing, and heartbeats are repeated.
 */
public final class UdpPort {
    private static final int MAX_DATAGRAM_BYTES = 2_048;

    private final Channel channel;

    private UdpPort(Channel channel) {
        this.channel = channel;
    }

    /**
     * Opens a port; nothing is received before {@link #start}. Blocks; not to be called on the loop.
     *
     * @param port 0: any free one
     */
    public static UdpPort open(EventLoop loop, String host, int port, Consumer<Message> received)
            throws PortUnavailableException {
        Bootstrap bootstrap = new Bootstrap()
                .group(loop)
                .channel(SocketEngine.of(loop).datagramSocket())
                .option(ChannelOption.RECVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(MAX_DATAGRAM_BYTES))
                .option(ChannelOption.AUTO_READ, false)
                .handler(new Receiver(received));
        return new UdpPort(Binding.take("UDP", host, port, bootstrap::bind));
    }

    /** Begins to receive. */
    public void start() {
        channel.config().setAutoRead(true);
    }

    public int port() {
        return ((InetSocketAddress) channel.localAddress()).getPort();
    }

    @SuppressWarnings("FutureReturnValueIgnored") // best effort
    void send(InetSocketAddress to, Message message) {
        ByteBuf bytes = Unpooled.wrappedBuffer(Datagrams.encode(message));
        channel.writeAndFlush(new DatagramPacket(bytes, to));
    }

    @SuppressWarnings("FutureReturnValueIgnored") // nothing depends on it
    public void close() {
        channel.close();
    }

    private static final class Receiver extends SimpleChannelInboundHandler<DatagramPacket> {
        private final Consumer<Message> received;

        Receiver(Consumer<Message> received) {
            this.received = received;
        }

        @Override
        protected void channelRead0(ChannelHandlerContext context, DatagramPacket packet) {
            ByteBuffer bytes = packet.content().nioBuffer();
            Message message = Datagrams.decodeOrNull(bytes);
            if (message != null) {
                received.accept(message);
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            // ICMP "port unreachable" for something sent earlier, say. The port stays open.
        }
    }
}
