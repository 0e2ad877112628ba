package com.kvstore.peer;

import com.kvstore.common.Command;
import com.kvstore.common.ErrorCode;
import com.kvstore.common.Result;
import com.kvstore.common.ServerNode;
import com.kvstore.protocol.kernel.Input;
import com.kvstore.resp.RespLanguage;
import com.kvstore.runtime.Addresses;
import com.kvstore.runtime.CannotStartException;
import com.kvstore.runtime.Console;
import com.kvstore.runtime.Ending;
import com.kvstore.runtime.NodeDriver;
import com.kvstore.transport.EventLoops;
import com.kvstore.transport.NettyNetwork;
import com.kvstore.transport.PortUnavailableException;
import io.netty.channel.EventLoop;
import java.security.SecureRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * One peer's process: its table, its port, its event loop, and on it the machine of the group's protocol, which decides
 * everything.
 *
 * <p>Threading: {@link #start} blocks and is called from a main thread; then everything runs on the loop.
 */
public final class PeerServer {
    private final NodeDriver driver;
    private final EventLoop loop;

    private PeerServer(NodeDriver driver, EventLoop loop) {
        this.driver = driver;
        this.loop = loop;
    }

    /** Starts a peer; it looks for the others as soon as this returns. */
    public static PeerServer start(PeerSettings settings, Console console, Ending ending) throws CannotStartException {
        PeerDisk disk = settings.disk();
        PeerData data = disk == null ? PeerData.inMemory() : PeerData.open(settings, disk, console);
        EventLoop loop = EventLoops.start("peer");
        try {
            PeerProtocol protocol = PeerProtocol.of(settings, data.storage(), new SecureRandom());
            if (protocol == null) {
                throw new CannotStartException("The group file names the protocol '"
                        + settings.group().protocol() + "'; known are " + PeerProtocol.names() + ".");
            }
            NettyNetwork network = new NettyNetwork(loop, settings.network());
            network.speak(RespLanguage.factory());
            network.tellProblemsTo(problem -> console.line("ERROR", problem));
            NodeDriver driver = new NodeDriver(
                    loop,
                    protocol.machine(),
                    (command, nowNs) -> answer(protocol, command),
                    network,
                    data.persistence(),
                    console,
                    closing(data, ending));
            network.deliverTo(driver);
            NettyNetwork.Listener listener = open(network, settings.address());
            Addresses.warnIfReachable(settings.address(), settings.network().password() != null, console);
            greet(settings, console);
            driver.submit(new Input.Started(System.currentTimeMillis()));
            listener.start();
            return new PeerServer(driver, loop);
        } catch (CannotStartException | RuntimeException failed) {
            var unused = loop.parent().shutdownGracefully();
            data.closing().run();
            throw failed;
        }
    }

    /** After an internal error nothing more is done with the data. */
    private static Ending closing(PeerData data, Ending ending) {
        return status -> {
            if (status == 0) {
                data.closing().run();
            }
            ending.end(status);
        };
    }

    private static NettyNetwork.Listener open(NettyNetwork network, ServerNode self) throws CannotStartException {
        try {
            return network.listen(self.host(), self.port());
        } catch (PortUnavailableException taken) {
            throw new CannotStartException(
                    taken.getMessage() + " Stop what uses it, or give this peer another port in the group file, on all"
                            + " peers.",
                    taken);
        }
    }

    private static void greet(PeerSettings settings, Console console) {
        console.line(
                "INFO",
                "Peer " + settings.self() + " of " + settings.group().size() + " starting on " + settings.address()
                        + ", protocol " + settings.group().protocol());
        for (int other : settings.group().others(settings.self())) {
            console.line(
                    "INFO",
                    "Connecting to peer " + other + " at " + settings.group().address(other));
        }
    }

    private static @Nullable CompletionStage<Result> answer(PeerProtocol protocol, Command command) {
        Result result = document(protocol, command);
        return result == null ? null : CompletableFuture.completedFuture(result);
    }

    private static @Nullable Result document(PeerProtocol protocol, Command command) {
        if (command instanceof Command.StoreBackup) {
            return Result.Failure.of(
                    ErrorCode.BAD_REQUEST,
                    "A peer of a group keeps no backups. Push them to a data node of the ring that was started with"
                            + " --backup-dir DIR, or to a backup server: run-slave.sh IP PORT --backup-only");
        }
        if (!(command instanceof Command.Describe describe)) {
            return null;
        }
        return describe.subject() == Command.Describe.Subject.STATUS
                ? new Result.Document(protocol.status().get())
                : Result.Failure.of(
                        ErrorCode.BAD_REQUEST, "A group of peers has no ring: every peer holds every key. Try status.");
    }

    /** For whoever asks it to end. */
    public NodeDriver driver() {
        return driver;
    }

    /** The event loop it runs on: its thread ends with the process, or when a test shuts it down. */
    public EventLoop loop() {
        return loop;
    }
}
