package com.kvstore.slave;

import com.kvstore.protocol.kernel.Input;
import com.kvstore.protocol.ring.SlaveConfig;
import com.kvstore.protocol.ring.SlaveMachine;
import com.kvstore.resp.RespLanguage;
import com.kvstore.runtime.Addresses;
import com.kvstore.runtime.CannotStartException;
import com.kvstore.runtime.Console;
import com.kvstore.runtime.Ending;
import com.kvstore.runtime.NodeDriver;
import com.kvstore.transport.EventLoops;
import com.kvstore.transport.NettyNetwork;
import io.netty.channel.EventLoop;

/**
 * A slave's process: its data, its ports, its event loop, and on it the {@link SlaveMachine}, which decides everything.
 *
 * <p>Threading: {@link #start} blocks and is called from a main thread; then everything runs on the loop.
 */
public final class SlaveServer {
    private final EventLoop loop;
    private final NodeDriver driver;

    private SlaveServer(EventLoop loop, NodeDriver driver) {
        this.loop = loop;
        this.driver = driver;
    }

    /**
     * Starts a slave; it registers with its coordinator as soon as that can be reached.
     *
     * @param backups takes the backups that are pushed to it
     */
    public static SlaveServer start(SlaveSettings settings, BackupAnswers backups, Console console, Ending ending)
            throws CannotStartException {
        DiskSettings disk = settings.disk();
        DataStore data = disk == null ? DataStore.inMemory() : DataStore.open(disk, console);
        EventLoop loop = EventLoops.start("slave");
        try {
            SlaveConfig config = new SlaveConfig(
                    settings.self(),
                    new CoordinatorAddress(settings.configFile(), console),
                    data.storage().isDurable(),
                    settings.heartbeatIntervalNs(),
                    settings.drainTimeoutNs(),
                    System.nanoTime() - data.sinceNs());
            SlaveMachine machine = new SlaveMachine(config, data.storage());
            NettyNetwork network = new NettyNetwork(loop, settings.network());
            network.speak(RespLanguage.factory());
            network.tellProblemsTo(problem -> console.line("ERROR", problem));
            NodeDriver driver =
                    new NodeDriver(loop, machine, backups, network, data.persistence(), console, closing(data, ending));
            network.deliverTo(driver);
            NettyNetwork.Listener listener = RequestHandler.open(network, settings.self());
            network.use(HeartbeatSender.open(loop));
            Addresses.warnIfReachable(settings.self(), settings.network().password() != null, console);
            console.line("INFO", "Slave Server starting on " + settings.self());
            driver.submit(new Input.Started(System.currentTimeMillis()));
            listener.start();
            return new SlaveServer(loop, driver);
        } catch (CannotStartException | RuntimeException failed) {
            var unused = loop.parent().shutdownGracefully();
            data.close();
            throw failed;
        }
    }

    /** After an internal error nothing more is done with the data. */
    private static Ending closing(DataStore data, Ending ending) {
        return status -> {
            if (status == 0) {
                data.close();
            }
            ending.end(status);
        };
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
