package com.kvstore.app;

import com.kvstore.common.ServerNode;
import com.kvstore.slave.DiskSettings;
import com.kvstore.slave.SlaveSettings;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The slave's command line. */
final class SlaveCommandLine {
    /** Never used: both arguments must be there. */
    private static final ServerNode NONE = new ServerNode("127.0.0.1", 1);

    private SlaveCommandLine() {}

    static CommandLineForm form() {
        CommandLineForm form = new CommandLineForm("run-slave.sh IP PORT [options]")
                .option("data-dir", "DIR", "keep the data there; without it they are in memory only")
                .option("durability", "sync|async", "answer when data are on disk, or up to 100 ms earlier (sync)")
                .option("profile", "classic|production", "production keeps data in data/IP-PORT by default (classic)")
                .flag("backup-only", "hold no data: only keep backups, with --backup-dir")
                .flag("repair", "set damaged data aside and be filled from the other copies")
                .option("heartbeat-interval", "TIME", "between two heartbeats (5s)")
                .option("drain-timeout", "TIME", "how long a stop waits while only this slave has some data (30s)");
        return NodeOptions.addTo(BackupOptions.addToSlave(form));
    }

    static SlaveSettings settings(CommandLineForm.Arguments arguments) throws UsageException {
        if (arguments.name(1) == null) {
            throw new UsageException(
                    arguments.name(0) == null ? "IP and PORT are missing" : "PORT is missing: IP and PORT are needed");
        }
        ServerNode self = NodeOptions.address(arguments.name(0), arguments.name(1), NONE);
        return new SlaveSettings(
                self,
                NodeOptions.path("config", arguments.text("config", "cs_config.txt")),
                disk(arguments, self),
                TimeUnit.MILLISECONDS.toNanos(arguments.durationMs("heartbeat-interval", "5s")),
                TimeUnit.MILLISECONDS.toNanos(arguments.durationMs("drain-timeout", "30s")),
                NodeOptions.network(arguments));
    }

    private static @Nullable DiskSettings disk(CommandLineForm.Arguments arguments, ServerNode self)
            throws UsageException {
        boolean production = arguments
                .word("profile", "classic", List.of("classic", "production"))
                .equals("production");
        boolean syncs =
                arguments.word("durability", "sync", List.of("sync", "async")).equals("sync");
        if (!production && !arguments.has("data-dir")) {
            for (String option : List.of("durability", "repair")) {
                if (arguments.has(option)) {
                    throw new UsageException(
                            "--" + option + " is about data on disk: name a directory with --data-dir");
                }
            }
            return null;
        }
        String byDefault = "data/" + self.host().replace(':', '_') + "-" + self.port();
        Path directory = NodeOptions.path("data-dir", arguments.text("data-dir", byDefault));
        return new DiskSettings(directory, syncs, arguments.has("repair"));
    }
}
