package com.kvstore.bench;

import com.kvstore.bench.Load.Measured;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.codec.http2.DefaultHttp2DataFrame;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersFrame;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2HeadersFrame;
import io.netty.handler.codec.http2.Http2MultiplexHandler;
import io.netty.handler.codec.http2.Http2StreamChannel;
import io.netty.handler.codec.http2.Http2StreamChannelBootstrap;
import io.netty.handler.codec.http2.Http2StreamFrame;
import io.netty.util.concurrent.Future;
import java.io.IOException;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * Puts to an etcd: so many connections with one request in flight each, the keys and values of {@link Requests}.
 *
 * <p>A put is one call of gRPC (an HTTP/2 stream whose one message is five bytes of prefix and a protobuf message). Between
 * two slices nothing is in flight.
 *
 * <p>Threading: one event loop sends and counts; {@link #run} waits for it.
 */
@SuppressWarnings("FutureReturnValueIgnored") // what fails closes its stream, and that is counted
final class EtcdLoad implements ClosedLoop {
    private static final Duration DRAINED = Duration.ofSeconds(30);
    private static final int FILLING_CONNECTIONS = 50;
    private static final byte KEY_FIELD = 1 << 3 | 2;
    private static final byte VALUE_FIELD = 2 << 3 | 2;

    private final EventLoopGroup loop = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    private final Requests requests;
    private final Http2Headers headers;
    private final List<Channel> connections = new ArrayList<>();
    private final AtomicInteger inFlight = new AtomicInteger();

    // The event loop's alone.
    private @Nullable Histogram latencyNs;
    private long answers;
    private long errors;

    EtcdLoad(int port, Requests requests, int connections) throws IOException {
        this.requests = requests;
        this.headers = new DefaultHttp2Headers()
                .method("POST")
                .scheme("http")
                .authority("127.0.0.1:" + port)
                .path("/etcdserverpb.KV/Put")
                .set("content-type", "application/grpc")
                .set("te", "trailers");
        Bootstrap bootstrap = new Bootstrap()
                .group(loop)
                .channel(NioSocketChannel.class)
                .handler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channel.pipeline()
                                .addLast(
                                        Http2FrameCodecBuilder.forClient().build(),
                                        new Http2MultiplexHandler(new ChannelInboundHandlerAdapter()));
                    }
                });
        for (int i = 0; i < connections; i++) {
            this.connections.add(done(bootstrap.connect(InetAddress.getLoopbackAddress(), port))
                    .channel());
        }
    }

    private static <F extends Future<?>> F done(F future) throws IOException {
        if (!future.awaitUninterruptibly().isSuccess()) {
            throw new IOException(future.cause());
        }
        return future;
    }

    /** Writes every key once. */
    static void fill(int port, Requests requests) throws IOException {
        try (EtcdLoad load = new EtcdLoad(port, requests, FILLING_CONNECTIONS)) {
            AtomicInteger next = new AtomicInteger();
            load.inFlight.set(FILLING_CONNECTIONS);
            load.loop.execute(() -> load.connections.forEach(each -> load.fillFrom(each, next)));
            Waiting.until("every key is in etcd", () -> load.inFlight.get() == 0);
            if (load.errors() > 0) {
                throw new IOException("a key could not be written to etcd");
            }
        }
    }

    private void fillFrom(Channel connection, AtomicInteger next) {
        int number = next.getAndIncrement();
        if (number >= requests.keys() || errors > 0) {
            inFlight.decrementAndGet();
        } else {
            put(connection, requests.setOf(number), () -> fillFrom(connection, next));
        }
    }

    @Override
    public Measured run(long ms) throws IOException {
        long startNs = System.nanoTime();
        long endNs = startNs + ms * 1_000_000;
        Histogram slice = new Histogram(60_000_000_000L, 3);
        long errorsBefore = errors();
        inFlight.set(connections.size());
        loop.execute(() -> {
            latencyNs = slice;
            answers = 0;
            connections.forEach(each -> next(each, endNs));
        });
        Waiting.until("etcd has answered", Duration.ofMillis(ms).plus(DRAINED), () -> inFlight.get() == 0);
        long[] count = new long[1];
        done(loop.submit(() -> count[0] = answers));
        return new Measured(count[0] * 1e9 / (endNs - startNs), slice, errors() - errorsBefore);
    }

    private long errors() throws IOException {
        long[] count = new long[1];
        done(loop.submit(() -> count[0] = errors));
        return count[0];
    }

    /** Sends the next request of a connection, as long as the slice lasts. */
    private void next(Channel connection, long endNs) {
        long sentNs = System.nanoTime();
        if (sentNs >= endNs) {
            inFlight.decrementAndGet();
            return;
        }
        put(connection, requests.next(), () -> {
            long nowNs = System.nanoTime();
            if (latencyNs != null && nowNs < endNs) {
                latencyNs.recordValue(nowNs - sentNs);
                answers++;
            }
            next(connection, endNs);
        });
    }

    private void put(Channel connection, byte[] set, Runnable answered) {
        new Http2StreamChannelBootstrap(connection)
                .handler(new Answer(answered))
                .open()
                .addListener((Future<Http2StreamChannel> opened) -> {
                    if (!opened.isSuccess()) {
                        errors++;
                        answered.run();
                        return;
                    }
                    Http2StreamChannel stream = opened.getNow();
                    stream.write(new DefaultHttp2HeadersFrame(headers));
                    stream.writeAndFlush(new DefaultHttp2DataFrame(message(set), /* endStream= */ true));
                });
    }

    /** A PutRequest of what a request in the Redis protocol says, with gRPC's prefix: not compressed, so long. */
    private static ByteBuf message(byte[] set) {
        int keyAt = "*3\r\n$3\r\nSET\r\n$16\r\n".length();
        int valueAt = set.length - 2 - Requests.VALUE_BYTES;
        int bytes = 2 + Requests.KEY_BYTES + 2 + Requests.VALUE_BYTES;
        return Unpooled.buffer(5 + bytes)
                .writeByte(0)
                .writeInt(bytes)
                .writeByte(KEY_FIELD)
                .writeByte(Requests.KEY_BYTES)
                .writeBytes(set, keyAt, Requests.KEY_BYTES)
                .writeByte(VALUE_FIELD)
                .writeByte(Requests.VALUE_BYTES)
                .writeBytes(set, valueAt, Requests.VALUE_BYTES);
    }

    @Override
    public void close() throws IOException {
        done(loop.shutdownGracefully(0, 1, java.util.concurrent.TimeUnit.SECONDS));
    }

    /** Waits for the end of one call. */
    private final class Answer extends SimpleChannelInboundHandler<Http2StreamFrame> {
        private final Runnable answered;
        private boolean over;
        private boolean well;

        private Answer(Runnable answered) {
            this.answered = answered;
        }

        @Override
        protected void channelRead0(ChannelHandlerContext context, Http2StreamFrame frame) {
            if (frame instanceof Http2HeadersFrame said && said.isEndStream()) {
                well = "0".contentEquals(said.headers().get("grpc-status", "none"));
                end();
            }
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            end();
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            context.close();
        }

        private void end() {
            if (!over) {
                over = true;
                errors += well ? 0 : 1;
                answered.run();
            }
        }
    }
}
