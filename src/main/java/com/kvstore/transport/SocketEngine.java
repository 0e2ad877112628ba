package com.kvstore.transport;

import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.netty.channel.IoEventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.ServerChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.DatagramChannel;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.channel.uring.IoUring;
import io.netty.channel.uring.IoUringDatagramChannel;
import io.netty.channel.uring.IoUringIoHandler;
import io.netty.channel.uring.IoUringServerSocketChannel;
import io.netty.channel.uring.IoUringSocketChannel;

/**
 * By which interface of the system an event loop reads and writes its sockets. All behave alike towards the rest.
 *
 * <p>Thread-safe: immutable.
 */
public enum SocketEngine {
    /**
     * Linux' io_uring: the reads and writes of a turn are put into a queue that the kernel shares, and one call hands over
     * all of them. It needs Linux 5.9, and leave to use it: containers often have none.
     */
    IO_URING(IoUringSocketChannel.class, IoUringServerSocketChannel.class, IoUringDatagramChannel.class),

    /** Java's own selector: a call for every read and every write; everywhere. */
    SELECTOR(NioSocketChannel.class, NioServerSocketChannel.class, NioDatagramChannel.class);

    private final Class<? extends Channel> socket;
    private final Class<? extends ServerChannel> serverSocket;
    private final Class<? extends DatagramChannel> datagramSocket;

    SocketEngine(
            Class<? extends Channel> socket,
            Class<? extends ServerChannel> serverSocket,
            Class<? extends DatagramChannel> datagramSocket) {
        this.socket = socket;
        this.serverSocket = serverSocket;
        this.datagramSocket = datagramSocket;
    }

    /**
     * The fastest that works here: io_uring if the system lets this process have it, else the selector.
     * {@code -Dio.netty.transport.noNative=true} asks for the selector.
     */
    public static SocketEngine best() {
        return IoUring.isAvailable() ? IO_URING : SELECTOR;
    }

    /** The one of a loop that {@link EventLoops} has started. */
    static SocketEngine of(EventLoop loop) {
        boolean uring = loop.parent() instanceof IoEventLoopGroup group && group.isIoType(IoUringIoHandler.class);
        return uring ? IO_URING : SELECTOR;
    }

    /** Makes what a new loop waits with. */
    public IoHandlerFactory newHandlers() {
        return this == IO_URING ? IoUringIoHandler.newFactory() : NioIoHandler.newFactory();
    }

    /** Of a connection that this side opens. */
    public Class<? extends Channel> socket() {
        return socket;
    }

    /** Of a port that others connect to. */
    public Class<? extends ServerChannel> serverSocket() {
        return serverSocket;
    }

    Class<? extends DatagramChannel> datagramSocket() {
        return datagramSocket;
    }
}
