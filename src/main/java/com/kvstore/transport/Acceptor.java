package com.kvstore.transport;

import com.kvstore.common.ErrorCode;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.EventLoop;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The passive side of a node's TCP: the ports it listens on, and how many connections it accepts there.
 *
 * <p>Threading: the event loop only, but for {@link #listen}, which blocks and is called from outside.
 *
 * <p>Invariant: no more connections are open than {@link NetworkOptions} allow. One more is told so and closed. Who says
 * nothing for a while is closed as well: see {@link Newcomers}.
 */
final class Acceptor {
    private final NettyNetwork network;
    private final EventLoop loop;
    private final int maxConnections;
    private final Newcomers newcomers;
    private final List<Channel> listening = new ArrayList<>();
    /** The ports where one language is spoken, whatever comes first. */
    private final Map<Channel, Language.Factory> dedicated = new HashMap<>();

    private int accepted;

    Acceptor(NettyNetwork network, EventLoop loop, NetworkOptions options) {
        this.network = network;
        this.loop = loop;
        this.maxConnections = options.maxConnections();
        this.newcomers = new Newcomers(loop, options.silenceTimeoutMs());
    }

    /**
     * Takes a port, where nothing is accepted before its channel reads. Blocks; not to be called on the loop.
     *
     * @param only the one language spoken there; null: the first byte of a connection tells
     */
    Channel listen(String host, int port, Language.@Nullable Factory only) throws PortUnavailableException {
        Channel channel = Binding.take("TCP", host, port, address -> Sockets.incoming(loop, this::accept)
                .bind(address));
        loop.execute(() -> {
            listening.add(channel);
            if (only != null) {
                dedicated.put(channel, only);
            }
        });
        return channel;
    }

    @SuppressWarnings("FutureReturnValueIgnored") // a listener closes the channel
    private void accept(Channel channel) {
        if (accepted >= maxConnections) {
            String full = "The server has " + accepted + " connections open, which is its limit (--max-connections)."
                    + " Retry a little later.";
            Language.Factory only = onlyLanguageOf(channel);
            byte[] line = only == null
                    ? JsonLanguage.errorLine(ErrorCode.OVERLOADED, full)
                    : only.refusal().apply(ErrorCode.OVERLOADED, full);
            channel.writeAndFlush(Unpooled.wrappedBuffer(line)).addListener(ChannelFutureListener.CLOSE);
            return;
        }
        accepted++;
        Connection connection = network.connectionOf(channel, null);
        network.add(connection);
        channel.pipeline().addLast(connection);
        newcomers.add(connection);
    }

    /** The one language that is spoken on an accepted connection; null: its first byte tells. */
    Language.@Nullable Factory onlyLanguageOf(Channel channel) {
        return dedicated.get(channel.parent());
    }

    /** One that was accepted has closed. */
    void closed() {
        accepted--;
    }

    /** Nothing is accepted any more. */
    @SuppressWarnings("FutureReturnValueIgnored") // nothing depends on it
    void stop() {
        for (Channel channel : listening) {
            channel.close();
        }
    }
}
