package com.kvstore.transport;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/**
 * Takes a port of this host.
 *
 * <p>One that is in use is tried again for a second. Who had it may have been killed a moment ago: the system ends what a process
 * had under way with io_uring after the process itself, and until then its sockets are open.
 *
 * <p>Thread-safe: no state.
 */
final class Binding {
    private static final long PATIENCE_NS = 1_000_000_000L;
    private static final long PAUSE_MS = 20;

    private Binding() {}

    /**
     * Blocks; not to be called on the event loop.
     *
     * @param protocol TCP or UDP, for people
     * @param bind tries it once
     */
    static Channel take(String protocol, String host, int port, Function<InetSocketAddress, ChannelFuture> bind)
            throws PortUnavailableException {
        InetSocketAddress address = new InetSocketAddress(host, port);
        long firstNs = System.nanoTime();
        while (true) {
            ChannelFuture bound = bind.apply(address).awaitUninterruptibly();
            if (bound.isSuccess()) {
                return bound.channel();
            }
            PortUnavailableException unavailable = new PortUnavailableException(protocol, host, port, bound.cause());
            if (!unavailable.isInUse() || System.nanoTime() - firstNs >= PATIENCE_NS) {
                throw unavailable;
            }
            try {
                TimeUnit.MILLISECONDS.sleep(PAUSE_MS);
            } catch (InterruptedException hurried) {
                Thread.currentThread().interrupt();
                throw unavailable;
            }
        }
    }
}
