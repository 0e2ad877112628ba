package com.kvstore.app;

import com.kvstore.backup.ReceivedBackups;
import com.kvstore.client.KvClientConfig;
import com.kvstore.client.PeriodicBackups;
import com.kvstore.common.ServerNode;
import com.kvstore.runtime.Console;
import com.kvstore.transport.NetworkOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The options of whoever makes or keeps backups: a coordinator, a data node, or a backup server. */
final class BackupOptions {
    private BackupOptions() {}

    static CommandLineForm addToCoordinator(CommandLineForm form) {
        return form.option("backup-dir", "DIR", "make backups of the whole store there (none)")
                .option("backup-every", "TIME", "how often (1m)")
                .option("backup-keep", "N", "how many stay (10)")
                .option(
                        "backup-to",
                        "IP:PORT[,…]",
                        "push the newest one to these servers too, which have --backup-dir");
    }

    static CommandLineForm addToSlave(CommandLineForm form) {
        return form.option(
                        "backup-dir", "DIR", "keep backups of the whole store there: pushed ones, else fetched (none)")
                .option("backup-every", "TIME", "how often to fetch one while none is pushed (1m)")
                .option("backup-keep", "N", "how many stay (10)");
    }

    /** Null: none were asked for. */
    static PeriodicBackups.@Nullable Plan plan(CommandLineForm.Arguments arguments) throws UsageException {
        if (!arguments.has("backup-dir")) {
            if (arguments.has("backup-every") || arguments.has("backup-keep") || arguments.has("backup-to")) {
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
                arguments.number("backup-keep", 10, 1, 1_000_000),
                pushTo(arguments));
    }

    private static List<ServerNode> pushTo(CommandLineForm.Arguments arguments) throws UsageException {
        List<ServerNode> servers = new ArrayList<>();
        if (arguments.has("backup-to")) {
            for (String word : arguments.text("backup-to", "").split(",", -1)) {
                ServerNode server;
                try {
                    server = ServerNode.parse(word.strip());
                } catch (IllegalArgumentException wrong) {
                    throw new UsageException("--backup-to needs addresses IP:PORT, with commas between them, not '"
                            + word.strip() + "'");
                }
                if (servers.contains(server)) {
                    throw new UsageException("--backup-to names " + server + " twice");
                }
                servers.add(server);
            }
        }
        return servers;
    }

    /** A coordinator's own backups. */
    static PeriodicBackups ofCoordinator(
            PeriodicBackups.Plan plan, ServerNode self, NetworkOptions network, Console console) {
        return make(plan, () -> self, network, console, () -> false);
    }

    /** Those that a data node or backup server is sent; null if it keeps none. */
    static @Nullable ReceivedBackups received(PeriodicBackups.@Nullable Plan plan, Console console) {
        return plan == null ? null : new ReceivedBackups(plan.directory(), plan.keep(), console::line);
    }

    /** Those that a server fetches by itself while it is sent none. */
    static PeriodicBackups fetched(
            PeriodicBackups.Plan plan,
            Supplier<ServerNode> coordinator,
            ReceivedBackups received,
            NetworkOptions network,
            Console console) {
        return make(plan, coordinator, network, console, () -> received.receivedWithin(2 * plan.everyMs()));
    }

    private static PeriodicBackups make(
            PeriodicBackups.Plan plan,
            Supplier<ServerNode> coordinator,
            NetworkOptions network,
            Console console,
            BooleanSupplier needless) {
        KvClientConfig config = KvClientConfig.of(coordinator.get()).withPassword(network.password());
        return new PeriodicBackups(plan, coordinator, config, console::line, needless);
    }
}
