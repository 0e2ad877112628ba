package com.kvstore.transport;

import com.kvstore.common.ClientMessage;
import com.kvstore.common.Command;
import com.kvstore.common.Password;
import com.kvstore.common.ServerNode;
import com.kvstore.protocol.kernel.Input;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ConnectTimeoutException;
import io.netty.channel.EventLoop;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;

/**
 * The active side of a node's TCP: opens links to other nodes and says first what this side speaks, and the password.
 *
 * <p>Threading: the event loop only.
 *
 * <p>Invariant: every attempt ends in one {@link Input.LinkOpened} or one {@link Input.ConnectFailed}.
 */
final class Connector {
    private final NettyNetwork network;
    private final EventLoop loop;
    private final NetworkOptions options;
    private final Names names;
    private final Bootstrap client;

    Connector(NettyNetwork network, EventLoop loop, NetworkOptions options, Names names) {
        this.network = network;
        this.loop = loop;
        this.options = options;
        this.names = names;
        this.client = Sockets.outgoing(loop, options.connectTimeoutMs());
    }

    void connect(ServerNode peer) {
        names.lookUp(peer.host(), address -> {
            if (address == null) {
                network.deliver(new Input.ConnectFailed(peer, false));
            } else {
                connect(peer, address);
            }
        });
    }

    private void connect(ServerNode peer, InetAddress address) {
        Bootstrap bootstrap = client.clone().handler(new ChannelInitializer<>() {
            @Override
            protected void initChannel(Channel channel) {
                channel.pipeline().addLast(network.connectionOf(channel, peer));
            }
        });
        bootstrap.connect(new InetSocketAddress(address, peer.port())).addListener((ChannelFuture done) -> {
            // Where no channel could be made at all, Netty calls from another thread.
            if (loop.inEventLoop()) {
                connected(peer, done);
            } else {
                loop.execute(() -> connected(peer, done));
            }
        });
    }

    private void connected(ServerNode peer, ChannelFuture done) {
        if (!done.isSuccess()) {
            network.deliver(new Input.ConnectFailed(peer, isRefusal(done.cause())));
            return;
        }
        Channel channel = done.channel();
        Connection connection = channel.pipeline().get(Connection.class);
        if (channel.localAddress().equals(channel.remoteAddress())) {
            // TCP's simultaneous open: the port nobody listens on was the one this socket was given.
            connection.closeNow();
            network.deliver(new Input.ConnectFailed(peer, true));
            return;
        }
        network.add(connection);
        if (options.jsonLinks()) {
            connection.opened(new JsonLanguage(connection));
        } else {
            BinaryLanguage binary = network.binary(connection);
            connection.opened(binary);
            binary.sendPreamble();
            network.dirty(connection);
        }
        Password password = options.password();
        if (password != null) {
            connection.send(new ClientMessage.Request(0, new Command.Authenticate(password.bytes()), null));
        }
        network.deliver(new Input.LinkOpened(connection.id(), peer));
    }

    private static boolean isRefusal(Throwable cause) {
        return cause instanceof ConnectException && !(cause instanceof ConnectTimeoutException);
    }
}
