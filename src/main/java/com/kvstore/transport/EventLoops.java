package com.kvstore.transport;

import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.util.concurrent.DefaultThreadFactory;

/** The one event loop of a node, and its memory: kept small, because a node may be one of many on a laptop. */
public final class EventLoops {
    private static final int PAGE_BYTES = 8 * 1024;
    /** Pages doubled so often make a chunk: 512 KiB. Larger buffers are allocated on their own. */
    private static final int CHUNK_ORDER = 6;

    /** One arena of direct memory, since one thread allocates. */
    static final ByteBufAllocator ALLOCATOR =
            new PooledByteBufAllocator(true, 0, 1, PAGE_BYTES, CHUNK_ORDER, 64, 16, true);

    private EventLoops() {}

    /** A new loop with its own thread; {@code loop.parent().shutdownGracefully()} ends it. */
    public static EventLoop start(String name) {
        try {
            return start(name, SocketEngine.best());
        } catch (IllegalStateException refused) {
            // Before Linux 5.12 the queues of io_uring count as locked memory, of which a process may have little.
            return start(name, SocketEngine.SELECTOR);
        }
    }

    static EventLoop start(String name, SocketEngine engine) {
        return new MultiThreadIoEventLoopGroup(1, new DefaultThreadFactory(name), engine.newHandlers()).next();
    }
}
