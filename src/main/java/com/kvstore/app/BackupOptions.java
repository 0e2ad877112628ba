package com.kvstore.app;

import com.kvstore.client.KvClientConfig;
import com.kvstore.client.PeriodicBackups;
import com.kvstore.common.ServerNode;
import com.kvstore.runtime.Console;
import com.kvstore.transport.NetworkOptions;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The options of whoever makes backups by itself: a coordinator, or a backup server. */
final class BackupOptions {
    private BackupOptions() {}

    static CommandLineForm addTo(CommandLineForm form) {
        return form.option("backup-dir", "DIR", "make backups of the whole store there (none)")
                .option("backup-every", "TIME", "how often (1m)")
                .option("backup-keep", "N", "how many stay (10)");
    }

    /** Null: none were asked for. */
    static PeriodicBackups.@Nullable Plan plan(CommandLineForm.Arguments arguments) throws UsageException {
        if (!arguments.has("backup-dir")) {
            if (arguments.has("backup-every") || arguments.has("backup-keep")) {
                throw new UsageException("backups need a directory: --backup-dir DIR");
            }
            return null;
        }
        long everyMs = arguments.durationMs("backup-every", "1m");
        if (everyMs < 1_000) {
            throw new UsageException("--backup-every is 1s or more");
        }
        return new PeriodicBackups.Plan(
                NodeOptions.path("backup-dir", arguments.text("backup-dir", "")),
                everyMs,
                arguments.number("backup-keep", 10, 1, 1_000_000));
    }

    static PeriodicBackups make(
            PeriodicBackups.Plan plan, Supplier<ServerNode> coordinator, NetworkOptions network, Console console) {
        KvClientConfig config = KvClientConfig.of(coordinator.get()).withPassword(network.password());
        return new PeriodicBackups(plan, coordinator, config, console::line);
    }
}
