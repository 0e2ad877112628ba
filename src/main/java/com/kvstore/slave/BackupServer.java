package com.kvstore.slave;

import com.kvstore.common.ErrorCode;
import com.kvstore.common.Result;
import com.kvstore.common.ServerNode;
import com.kvstore.protocol.kernel.Effects;
import com.kvstore.protocol.kernel.Input;
import com.kvstore.protocol.kernel.Machine;
import com.kvstore.runtime.Addresses;
import com.kvstore.runtime.CannotStartException;
import com.kvstore.runtime.Console;
import com.kvstore.runtime.Ending;
import com.kvstore.runtime.NodeDriver;
import com.kvstore.runtime.Persistence;
import com.kvstore.transport.EventLoops;
import com.kvstore.transport.NettyNetwork;
import io.netty.channel.EventLoop;
import java.nio.file.Path;
import java.util.function.Supplier;

/**
 * A process that holds no part of the ring and keeps backups of all of it: {@code run-slave.sh IP PORT --backup-only}.
 *
 * <p>It takes the backups that are pushed to it, and sends everybody who asks for anything else to the coordinator.
 *
 * <p>Threading: {@link #start} blocks and is called from a main thread; then everything runs on the loop, but for files.
 */
public final class BackupServer {
    private BackupServer() {}

    /** Knows the way to the coordinator, and how to end. */
    private record Signpost(Supplier<ServerNode> coordinator) implements Machine {
        @Override
        public void on(Input input, long nowNs, Effects effects) {
            if (input instanceof Input.ClientRequested request) {
                ServerNode ask = coordinator.get();
                effects.reply(
                        request.client(),
                        new Result.Failure(
                                ErrorCode.WRONG_NODE,
                                "This is a backup server, which holds no keys; ask the coordinator at " + ask,
                                ask,
                                0));
            } else if (input instanceof Input.Received received) {
                // Another node's: whoever it takes this one for is not here.
                effects.close(received.link());
            } else if (input instanceof Input.StopRequested) {
                effects.stop(0);
            }
        }

        @Override
        public void turnEnded(long nowNs, Effects effects) {
            // Nothing waits for the end of a turn.
        }
    }

    /**
     * Starts one; it takes backups when this returns.
     *
     * @param directory named on the console
     */
    public static NodeDriver start(
            SlaveSettings settings, Path directory, BackupAnswers backups, Console console, Ending ending)
            throws CannotStartException {
        EventLoop loop = EventLoops.start("backup-server");
        try {
            NettyNetwork network = new NettyNetwork(loop, settings.network());
            network.tellProblemsTo(problem -> console.line("ERROR", problem));
            NodeDriver driver = new NodeDriver(
                    loop,
                    new Signpost(new CoordinatorAddress(settings.configFile(), console)),
                    backups,
                    network,
                    Persistence.NONE,
                    console,
                    ending);
            network.deliverTo(driver);
            NettyNetwork.Listener listener = RequestHandler.open(network, settings.self());
            Addresses.warnIfReachable(settings.self(), settings.network().password() != null, console);
            console.line("INFO", "Backup server starting on " + settings.self() + ": backups go to " + directory);
            driver.submit(new Input.Started(System.currentTimeMillis()));
            listener.start();
            console.line("INFO", "Ready to take backups");
            return driver;
        } catch (CannotStartException | RuntimeException failed) {
            var unused = loop.parent().shutdownGracefully();
            throw failed;
        }
    }
}
