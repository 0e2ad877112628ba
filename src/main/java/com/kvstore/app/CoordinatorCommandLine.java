package com.kvstore.app;

import com.kvstore.common.ServerNode;
import com.kvstore.coordinator.CoordinatorSettings;
import com.kvstore.coordinator.CoordinatorSettings.Shape;
import com.kvstore.protocol.ring.CoordinatorConfig;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The coordinator's command line. */
final class CoordinatorCommandLine {
    private static final ServerNode DEFAULT_ADDRESS = new ServerNode("127.0.0.1", 8080);
    private static final int DEFAULT_HEARTBEAT_PORT = 3769;
    private static final long DEFAULT_MOVE_BYTES_PER_SECOND = 256L << 20;
    private static final int MAX_WAITING = 100_000;
    private static final int CLASSIC_CACHE_SIZE = 4;
    private static final int PRODUCTION_CACHE_SIZE = 10_000;
    private static final int PRODUCTION_POINTS = 256;

    private CoordinatorCommandLine() {}

    static CommandLineForm form() {
        CommandLineForm form = new CommandLineForm("run-coordinator.sh [IP] [PORT] [options]   (127.0.0.1 8080)")
                .option("heartbeat-port", "PORT", "UDP port for the slaves' heartbeats (3769)")
                .option("heartbeat-timeout", "TIME", "a slave silent for so long has failed (30s)")
                .option("health-check-interval", "TIME", "how often that is checked (30s)")
                .option("request-timeout", "TIME", "a slave that answers nothing for so long is down (500ms)")
                .option("profile", "classic|production", "ring 31, 1 point, cache 4; or 2^31-1, 256, 10000 (classic)")
                .option("ring-size", "N", "positions on the ring (as stored, else 31)")
                .option("virtual-nodes", "N", "points per server on the ring (as stored, else 1)")
                .option("cache-size", "N", "entries; 0 turns the cache off (4)")
                .option("min-copies", "1|2", "2: refuse writes while one copy is out of reach (1)")
                .option(
                        "move-rate",
                        "SIZE",
                        "bytes a second for restoring copies at most, fewer while clients are at work; 0: as fast as it goes (256M)")
                .option("redis-port", "PORT", "a second port, for the Redis protocol alone; PORT speaks it too (none)")
                .option("state", "DIR", "where the membership is kept (cs_state beside the config file)");
        return NodeOptions.addTo(BackupOptions.addToCoordinator(form));
    }

    static CoordinatorSettings settings(CommandLineForm.Arguments arguments) throws UsageException {
        ServerNode self = NodeOptions.address(arguments.name(0), arguments.name(1), DEFAULT_ADDRESS);
        boolean production = arguments
                .word("profile", "classic", List.of("classic", "production"))
                .equals("production");
        int cacheSize =
                arguments.number("cache-size", production ? PRODUCTION_CACHE_SIZE : CLASSIC_CACHE_SIZE, 0, 100_000_000);
        CoordinatorConfig machine = new CoordinatorConfig(
                self,
                arguments.number("heartbeat-port", DEFAULT_HEARTBEAT_PORT, 1, 65_535),
                cacheSize,
                durationNs(arguments, "request-timeout", "500ms"),
                durationNs(arguments, "heartbeat-timeout", "30s"),
                durationNs(arguments, "health-check-interval", "30s"),
                arguments.number("min-copies", 1, 1, 2),
                arguments.size("move-rate", DEFAULT_MOVE_BYTES_PER_SECOND, 0, 1L << 40),
                MAX_WAITING);
        Path config = NodeOptions.path("config", arguments.text("config", "cs_config.txt"));
        Path state = arguments.has("state")
                ? NodeOptions.path("state", arguments.text("state", ""))
                : config.resolveSibling("cs_state");
        return new CoordinatorSettings(
                machine,
                shape(arguments, production),
                config,
                state,
                NodeOptions.network(arguments),
                number(arguments, "redis-port", null, 65_535));
    }

    /** A profile that was asked for asks for its ring; the default one takes what is stored. */
    private static Shape shape(CommandLineForm.Arguments arguments, boolean production) throws UsageException {
        Integer ringSize = null;
        Integer points = null;
        if (arguments.has("profile")) {
            ringSize = production ? Integer.MAX_VALUE : Shape.CLASSIC_RING_SIZE;
            points = production ? PRODUCTION_POINTS : 1;
        }
        return new Shape(
                number(arguments, "ring-size", ringSize, Integer.MAX_VALUE),
                number(arguments, "virtual-nodes", points, 4_096));
    }

    private static @Nullable Integer number(
            CommandLineForm.Arguments arguments, String option, @Nullable Integer otherwise, int max)
            throws UsageException {
        return arguments.has(option) ? Integer.valueOf(arguments.number(option, 1, 1, max)) : otherwise;
    }

    private static long durationNs(CommandLineForm.Arguments arguments, String option, String otherwise)
            throws UsageException {
        return TimeUnit.MILLISECONDS.toNanos(arguments.durationMs(option, otherwise));
    }
}
