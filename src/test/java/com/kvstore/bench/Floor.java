package com.kvstore.bench;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.net.InetAddress;
import java.net.InetSocketAddress;

/**
 * What the sockets alone cost: servers that send every byte back, and a proxy that sends every client's bytes to each of
 * them, waits until all have sent them back, does that as many times as it has rounds, and sends them to the client.
 *
 * <p>{@code echo PORT} or {@code proxy PORT ROUNDS SERVER_PORT...}. One event loop each.
 */
@SuppressWarnings("FutureReturnValueIgnored") // A write or a close that fails closes the channel, and the load notices.
public final class Floor {
    private Floor() {}

    /** Runs until it is killed. */
    public static void main(String[] args) throws InterruptedException {
        int port = Integer.parseInt(args[1]);
        EventLoopGroup loop = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
        ServerBootstrap server = new ServerBootstrap()
                .group(loop)
                .channel(NioServerSocketChannel.class)
                .option(ChannelOption.SO_BACKLOG, 1024)
                .childOption(ChannelOption.TCP_NODELAY, true);
        if (args[0].equals("echo")) {
            server.childHandler(new ChannelInitializer<SocketChannel>() {
                @Override
                protected void initChannel(SocketChannel channel) {
                    channel.pipeline().addLast(new Echo());
                }
            });
        } else {
            int[] servers = new int[args.length - 3];
            for (int i = 0; i < servers.length; i++) {
                servers[i] = Integer.parseInt(args[i + 3]);
            }
            int rounds = Integer.parseInt(args[2]);
            server.childHandler(new ChannelInitializer<SocketChannel>() {
                @Override
                protected void initChannel(SocketChannel channel) {
                    channel.pipeline().addLast(new Proxy(servers, rounds));
                }
            });
        }
        server.bind("127.0.0.1", port).sync().channel().closeFuture().sync();
    }

    private static final class Echo extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext context, Object bytes) {
            context.write(bytes, context.voidPromise());
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext context) {
            context.flush();
        }
    }

    /** One client's connection, with one of its own to each server. */
    private static final class Proxy extends ChannelInboundHandlerAdapter {
        private final int[] ports;
        private final int rounds;
        private final Channel[] servers;
        /** Bytes each server has sent back that were not passed on. */
        private final ByteBuf[] returned;

        private final boolean[] flushed;
        private int connected;

        Proxy(int[] ports, int rounds) {
            this.ports = ports;
            this.rounds = rounds;
            this.servers = new Channel[ports.length * rounds];
            this.returned = new ByteBuf[ports.length * rounds];
            this.flushed = new boolean[rounds + 1];
        }

        @Override
        public void channelActive(ChannelHandlerContext context) {
            context.channel().config().setAutoRead(false);
            for (int i = 0; i < servers.length; i++) {
                int index = i;
                returned[i] = context.alloc().buffer();
                Bootstrap bootstrap = new Bootstrap()
                        .group(context.channel().eventLoop())
                        .channel(NioSocketChannel.class)
                        .option(ChannelOption.TCP_NODELAY, true)
                        .handler(new Returning(context, this, index));
                servers[i] = bootstrap
                        .connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), ports[i % ports.length]))
                        .addListener(done -> {
                            if (++connected == servers.length) {
                                context.channel().config().setAutoRead(true);
                            }
                        })
                        .channel();
            }
        }

        @Override
        public void channelRead(ChannelHandlerContext context, Object bytes) {
            forward(0, (ByteBuf) bytes);
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext context) {
            flush(context, 0);
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            for (Channel server : servers) {
                server.close();
            }
        }

        private void forward(int round, ByteBuf bytes) {
            for (int i = 0; i < ports.length; i++) {
                servers[round * ports.length + i].write(bytes.retainedDuplicate());
            }
            bytes.release();
            flushed[round] = true;
        }

        private void flush(ChannelHandlerContext context, int round) {
            if (!flushed[round]) {
                return;
            }
            flushed[round] = false;
            if (round == rounds) {
                context.flush();
                return;
            }
            for (int i = 0; i < ports.length; i++) {
                servers[round * ports.length + i].flush();
            }
        }

        /** What all servers of a round have sent back goes on. */
        void returned(ChannelHandlerContext context, int index, ByteBuf bytes) {
            returned[index].writeBytes(bytes);
            bytes.release();
            int round = index / ports.length;
            int ready = Integer.MAX_VALUE;
            for (int i = 0; i < ports.length; i++) {
                ready = Math.min(ready, returned[round * ports.length + i].readableBytes());
            }
            if (ready == 0) {
                return;
            }
            ByteBuf passed = returned[round * ports.length].readBytes(ready);
            returned[round * ports.length].discardSomeReadBytes();
            for (int i = 1; i < ports.length; i++) {
                ByteBuf other = returned[round * ports.length + i];
                other.skipBytes(ready).discardSomeReadBytes();
            }
            if (round + 1 < rounds) {
                forward(round + 1, passed);
            } else {
                context.write(passed, context.voidPromise());
                flushed[rounds] = true;
            }
        }

        void returnedAll(ChannelHandlerContext context, int index) {
            flush(context, index / ports.length + 1);
        }
    }

    private static final class Returning extends ChannelInboundHandlerAdapter {
        private final ChannelHandlerContext client;
        private final Proxy proxy;
        private final int index;

        Returning(ChannelHandlerContext client, Proxy proxy, int index) {
            this.client = client;
            this.proxy = proxy;
            this.index = index;
        }

        @Override
        public void channelRead(ChannelHandlerContext context, Object bytes) {
            proxy.returned(client, index, (ByteBuf) bytes);
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext context) {
            proxy.returnedAll(client, index);
        }
    }
}
