package com.kvstore.transport;

import com.kvstore.protocol.kernel.Input;
import io.netty.channel.EventLoop;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.stream.Stream;

/** A network on a loop of its own, for tests: keeps every input, and hands it to a behaviour, then ends the turn. */
final class TestNode implements AutoCloseable {
    final EventLoop loop;
    final NettyNetwork network;
    final List<Input> inputs = new CopyOnWriteArrayList<>();
    private NettyNetwork.Listener listener;
    private boolean turnEndQueued;

    /** Those that this system has: the selector, and as a rule io_uring. */
    static List<SocketEngine> engines() {
        return Stream.of(SocketEngine.SELECTOR, SocketEngine.best()).distinct().toList();
    }

    TestNode(SocketEngine engine, NetworkOptions options, BiConsumer<Input, NettyNetwork> behaviour) {
        loop = EventLoops.start("test-node", engine);
        network = new NettyNetwork(loop, options);
        network.deliverTo(input -> {
            inputs.add(input);
            behaviour.accept(input, network);
            if (!turnEndQueued) {
                turnEndQueued = true;
                loop.execute(() -> {
                    turnEndQueued = false;
                    network.endTurn();
                });
            }
        });
    }

    TestNode listen() throws PortUnavailableException {
        listener = network.listen("127.0.0.1", 0);
        listener.start();
        return this;
    }

    int port() {
        return listener.port();
    }

    /** Does something on the loop, and ends the turn. */
    void act(Runnable action) throws Exception {
        loop.submit(() -> {
                    action.run();
                    network.endTurn();
                })
                .get(30, TimeUnit.SECONDS);
    }

    <T extends Input> List<T> inputs(Class<T> type) {
        return inputs.stream().filter(type::isInstance).map(type::cast).toList();
    }

    @Override
    public void close() {
        loop.parent().shutdownGracefully(0, 2, TimeUnit.SECONDS).syncUninterruptibly();
    }
}
