package com.kvstore.coordinator;

import com.kvstore.backup.BackupStatus;
import com.kvstore.common.ServerNode;
import com.kvstore.protocol.kernel.Input;
import com.kvstore.protocol.ring.CoordinatorMachine;
import com.kvstore.resp.RespLanguage;
import com.kvstore.runtime.Addresses;
import com.kvstore.runtime.CannotStartException;
import com.kvstore.runtime.Console;
import com.kvstore.runtime.Ending;
import com.kvstore.runtime.NodeDriver;
import com.kvstore.runtime.StateDirectory;
import com.kvstore.transport.EventLoops;
import com.kvstore.transport.Language;
import com.kvstore.transport.NettyNetwork;
import io.netty.channel.EventLoop;
import java.io.IOException;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A coordinator's process: its state directory, its two ports, its event loop, and on it the {@link CoordinatorMachine},
 * which decides everything.
 *
 * <p>Threading: {@link #start} blocks and is called from a main thread; then everything runs on the loop.
 *
 * <p>Failure: what keeps it from starting is a {@link CannotStartException} with a message for people, and nothing is
 * left behind: no port, no lock, no changed configuration file.
 */
public final class CoordinationServer {
    private final CoordinatorSettings settings;
    private final Console console;
    private final NettyNetwork network;
    private final NodeDriver driver;

    private CoordinationServer(
            CoordinatorSettings settings,
            Supplier<@Nullable BackupStatus> backups,
            Console console,
            NettyNetwork network,
            StoredView stored,
            Ending ending)
            throws CannotStartException {
        this.settings = settings;
        this.console = console;
        this.network = network;
        SecureRandom random = new SecureRandom();
        CoordinatorMachine machine = new CoordinatorMachine(
                settings.machine(),
                stored.recover(settings.shape()),
                nonZero(random),
                nonZero(random),
                settings.shape().ringSizeOrClassic(),
                settings.shape().pointsOrOne());
        ConnectionHandler connections = new ConnectionHandler(machine, backups);
        this.driver = new NodeDriver(network.loop(), machine, connections, network, stored.file(), console, ending);
        network.deliverTo(driver);
    }

    /**
     * Starts a coordinator; it is ready when this returns.
     *
     * <p>The ports are taken before anything is written: a second coordinator must neither overwrite the first one's
     * configuration file nor be told about anything but the port, which is what people expect to be in use.
     *
     * @param backups asked, on the event loop, what {@code status} shall say of them; gives null if none are made
     */
    public static CoordinationServer start(
            CoordinatorSettings settings, Supplier<@Nullable BackupStatus> backups, Console console, Ending ending)
            throws CannotStartException {
        EventLoop loop = EventLoops.start("coordinator");
        StateDirectory directory = null;
        try {
            NettyNetwork network = new NettyNetwork(loop, settings.network());
            Language.Factory redis = RespLanguage.factory();
            network.speak(redis);
            network.tellProblemsTo(problem -> console.line("ERROR", problem));
            ServerNode self = settings.machine().self();
            List<NettyNetwork.Listener> listeners = new ArrayList<>();
            listeners.add(ConnectionHandler.open(network, self));
            Integer redisPort = settings.redisPort();
            if (redisPort != null) {
                listeners.add(ConnectionHandler.openRedis(network, self.host(), redisPort, redis));
            }
            directory = StateDirectory.open(settings.stateDirectory(), "--state");
            StoredView stored = new StoredView(directory.path());
            Ending unlocking = unlocking(stored, directory, ending);
            CoordinationServer server = new CoordinationServer(settings, backups, console, network, stored, unlocking);
            server.open(listeners);
            return server;
        } catch (CannotStartException | RuntimeException failed) {
            var unused = loop.parent().shutdownGracefully();
            if (directory != null) {
                unlock(directory);
            }
            throw failed;
        }
    }

    private static Ending unlocking(StoredView stored, StateDirectory directory, Ending ending) {
        return status -> {
            stored.file().close();
            unlock(directory);
            ending.end(status);
        };
    }

    private static void unlock(StateDirectory directory) {
        try {
            directory.close();
        } catch (IOException stillLocked) {
            // The end of the process unlocks it.
        }
    }

    private static long nonZero(SecureRandom random) {
        long number = random.nextLong();
        return number == 0 ? 1 : number;
    }

    private void open(List<NettyNetwork.Listener> listeners) throws CannotStartException {
        ServerNode self = settings.machine().self();
        int heartbeatPort = settings.machine().heartbeatPort();
        HeartbeatMonitor heartbeats = HeartbeatMonitor.open(network.loop(), self, heartbeatPort, driver);
        network.use(heartbeats.port());
        ConfigFile.write(settings.configFile(), self);
        greet(self, heartbeatPort);
        driver.submit(new Input.Started(System.currentTimeMillis()));
        listeners.forEach(NettyNetwork.Listener::start);
        heartbeats.start();
    }

    private void greet(ServerNode self, int heartbeatPort) {
        Addresses.warnIfReachable(self, settings.network().password() != null, console);
        console.line("INFO", "Coordination Server starting on " + self);
        console.line("INFO", "Configuration written to: " + settings.configFile());
        console.line("INFO", "Heartbeat monitor started on UDP port " + heartbeatPort);
        double intervalS = settings.machine().healthCheckIntervalNs() / 1e9;
        String interval =
                intervalS == Math.rint(intervalS) ? String.valueOf((long) intervalS) : String.valueOf(intervalS);
        console.line("INFO", "Timer thread started (checking health every " + interval + "s)");
        Integer redisPort = settings.redisPort();
        if (redisPort != null) {
            console.line("INFO", "Redis protocol on port " + redisPort + " too");
        }
        console.line("INFO", "Ready to accept connections");
    }

    /** For whoever asks it to end. */
    public NodeDriver driver() {
        return driver;
    }

    /** The event loop it runs on: its thread ends with the process, or when a test shuts it down. */
    public EventLoop loop() {
        return network.loop();
    }
}
