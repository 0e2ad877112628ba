package com.kvstore.bench;

import com.kvstore.transport.SocketEngine;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.socket.SocketChannel;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/**
 * What the sockets alone cost: servers that send every byte back, and a proxy that sends every client's bytes to each of
 * them, waits until all have sent them back, does that as many times as it has rounds, and sends them to the client.
 *
 * <p>{@code echo PORT}, {@code journal PORT FILE} for one connection that writes ({@link FloorJournal}), or
 * {@code proxy PORT ROUNDS SERVER_PORT...}. One event loop each.
 */
@SuppressWarnings("FutureReturnValueIgnored") // A write or a close that fails closes the channel, and the load notices.
public final class Floor {
    private Floor() {}

    /** Runs until it is killed. */
    public static void main(String[] args) throws InterruptedException, IOException {
        int port = Integer.parseInt(args[1]);
        EventLoopGroup loop =
                new MultiThreadIoEventLoopGroup(1, SocketEngine.best().newHandlers());
        ServerBootstrap server = new ServerBootstrap()
                .group(loop)
                .channel(SocketEngine.best().serverSocket())
                .option(ChannelOption.SO_BACKLOG, 1024)
                .childOption(ChannelOption.TCP_NODELAY, true);
        if (args[0].equals("echo")) {
            server.childHandler(new ChannelInitializer<SocketChannel>() {
                @Override
                protected void initChannel(SocketChannel channel) {
                    channel.pipeline().addLast(new Echo());
                }
            });
        } else if (args[0].equals("journal")) {
            server.childHandler(new ChannelInitializer<SocketChannel>() {
                @Override
                protected void initChannel(SocketChannel channel) throws IOException {
                    channel.pipeline().addLast(new FloorJournal(Path.of(args[2])));
                }
            });
        } else {
            int[] servers = new int[args.length - 3];
            for (int i = 0; i < servers.length; i++) {
                servers[i] = Integer.parseInt(args[i + 3]);
            }
            Proxy proxy = new Proxy(loop.next(), servers, Integer.parseInt(args[2]));
            server.childHandler(new ChannelInitializer<SocketChannel>() {
                @Override
                protected void initChannel(SocketChannel channel) {
                    channel.pipeline().addLast(new ChannelInboundHandlerAdapter() {
                        @Override
                        public void channelRead(ChannelHandlerContext context, Object bytes) {
                            proxy.forward(context.channel(), (ByteBuf) bytes);
                        }
                    });
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

    /**
     * Forwards for all clients over one connection to each server and round, as a store would: what the clients of one turn
     * of the loop have sent leaves in one write.
     */
    private static final class Proxy {
        private record Waiting(Channel client, int bytes) {}

        private final EventLoop loop;
        private final int servers;
        private final int rounds;
        private final Channel[] links;
        private final ByteBuf[] returned;
        private final ArrayDeque<Waiting> waiting = new ArrayDeque<>();
        private final List<Channel> dirty = new ArrayList<>();
        private boolean flushQueued;

        Proxy(EventLoop loop, int[] ports, int rounds) throws InterruptedException {
            this.loop = loop;
            this.servers = ports.length;
            this.rounds = rounds;
            this.links = new Channel[servers * rounds];
            this.returned = new ByteBuf[links.length];
            for (int i = 0; i < links.length; i++) {
                int index = i;
                returned[i] = Unpooled.buffer();
                links[i] = new Bootstrap()
                        .group(loop)
                        .channel(SocketEngine.best().socket())
                        .option(ChannelOption.TCP_NODELAY, true)
                        .handler(new ChannelInboundHandlerAdapter() {
                            @Override
                            public void channelRead(ChannelHandlerContext context, Object bytes) {
                                back(index, (ByteBuf) bytes);
                            }
                        })
                        .connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), ports[i % servers]))
                        .sync()
                        .channel();
            }
        }

        void forward(Channel client, ByteBuf bytes) {
            waiting.add(new Waiting(client, bytes.readableBytes()));
            send(0, bytes);
        }

        private void send(int round, ByteBuf bytes) {
            for (int i = 0; i < servers; i++) {
                Channel link = links[round * servers + i];
                link.write(bytes.retainedDuplicate(), link.voidPromise());
                flushLater(link);
            }
            bytes.release();
        }

        private void flushLater(Channel channel) {
            if (!dirty.contains(channel)) {
                dirty.add(channel);
            }
            if (!flushQueued) {
                flushQueued = true;
                loop.execute(this::flush);
            }
        }

        private void flush() {
            flushQueued = false;
            dirty.forEach(Channel::flush);
            dirty.clear();
        }

        /** What all servers of a round have sent back goes on, or to whom it came from. */
        private void back(int index, ByteBuf bytes) {
            returned[index].writeBytes(bytes);
            bytes.release();
            int round = index / servers;
            int ready = Integer.MAX_VALUE;
            for (int i = 0; i < servers; i++) {
                ready = Math.min(ready, returned[round * servers + i].readableBytes());
            }
            if (ready == 0) {
                return;
            }
            ByteBuf passed = links[index].alloc().buffer(ready);
            returned[round * servers].readBytes(passed, ready);
            for (int i = 1; i < servers; i++) {
                returned[round * servers + i].skipBytes(ready);
            }
            for (int i = 0; i < servers; i++) {
                returned[round * servers + i].discardSomeReadBytes();
            }
            if (round + 1 < rounds) {
                send(round + 1, passed);
            } else {
                answer(passed);
            }
        }

        private void answer(ByteBuf passed) {
            unanswered.writeBytes(passed);
            passed.release();
            for (Waiting next = waiting.peek();
                    next != null && unanswered.readableBytes() >= next.bytes();
                    next = waiting.peek()) {
                ByteBuf answer = next.client().alloc().buffer(next.bytes());
                unanswered.readBytes(answer, next.bytes());
                next.client().write(answer, next.client().voidPromise());
                flushLater(next.client());
                waiting.poll();
            }
            unanswered.discardSomeReadBytes();
        }

        private final ByteBuf unanswered = Unpooled.buffer();
    }
}
