package com.kvstore.app;

import com.kvstore.common.ServerNode;
import com.kvstore.slave.SlaveSettings;
import java.util.concurrent.TimeUnit;

/** The slave's command line. */
final class SlaveCommandLine {
    /** Never used: both arguments must be there. */
    private static final ServerNode NONE = new ServerNode("127.0.0.1", 1);

    private SlaveCommandLine() {}

    static CommandLineForm form() {
        CommandLineForm form = new CommandLineForm("run-slave.sh IP PORT [options]")
                .option("heartbeat-interval", "TIME", "between two heartbeats (5s)")
                .option("drain-timeout", "TIME", "how long a stop waits while only this slave has some data (30s)");
        return NodeOptions.addTo(form);
    }

    static SlaveSettings settings(CommandLineForm.Arguments arguments) throws UsageException {
        if (arguments.name(1) == null) {
            throw new UsageException(
                    arguments.name(0) == null ? "IP and PORT are missing" : "PORT is missing: IP and PORT are needed");
        }
        return new SlaveSettings(
                NodeOptions.address(arguments.name(0), arguments.name(1), NONE),
                NodeOptions.path("config", arguments.text("config", "cs_config.txt")),
                TimeUnit.MILLISECONDS.toNanos(arguments.durationMs("heartbeat-interval", "5s")),
                TimeUnit.MILLISECONDS.toNanos(arguments.durationMs("drain-timeout", "30s")),
                NodeOptions.network(arguments));
    }
}
