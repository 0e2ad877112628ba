package com.kvstore.app;

import com.kvstore.backup.ReceivedBackups;
import com.kvstore.client.PeriodicBackups;
import com.kvstore.runtime.CannotStartException;
import com.kvstore.runtime.Console;
import com.kvstore.runtime.Ending;
import com.kvstore.runtime.NodeDriver;
import com.kvstore.slave.BackupAnswers;
import com.kvstore.slave.BackupServer;
import com.kvstore.slave.CoordinatorAddress;
import com.kvstore.slave.SlaveServer;
import com.kvstore.slave.SlaveSettings;
import org.jspecify.annotations.Nullable;

/** A data node's process. */
public final class SlaveMain {
    private SlaveMain() {}

    /** Exits with 0 when stopped, 1 when it cannot start, 2 on a wrong command line, 70 on an internal error. */
    public static void main(String[] arguments) {
        new Launcher<>(
                        SlaveCommandLine.form(),
                        Start::read,
                        Start::start,
                        start -> start.settings.drainTimeoutNs() / 1_000_000)
                .launch(arguments);
    }

    /** What a command line asks for: a data node, a keeper of backups, or both. */
    private record Start(SlaveSettings settings, PeriodicBackups.@Nullable Plan backups, boolean backupsOnly) {
        static Start read(CommandLineForm.Arguments arguments) throws UsageException {
            boolean backupsOnly = arguments.has("backup-only");
            PeriodicBackups.Plan plan = BackupOptions.plan(arguments);
            if (backupsOnly && plan == null) {
                throw new UsageException("--backup-only needs to know where to: --backup-dir DIR");
            }
            return new Start(SlaveCommandLine.settings(arguments), plan, backupsOnly);
        }

        static NodeDriver start(Start start, Console console, Ending ending) throws CannotStartException {
            SlaveSettings settings = start.settings;
            PeriodicBackups.Plan plan = start.backups;
            ReceivedBackups received = BackupOptions.received(plan, console);
            BackupAnswers answers = new BackupAnswers(received);
            NodeDriver driver = plan != null && start.backupsOnly
                    ? BackupServer.start(settings, plan.directory(), answers, console, ending)
                    : SlaveServer.start(settings, answers, console, ending).driver();
            if (plan != null && received != null) {
                CoordinatorAddress coordinator = new CoordinatorAddress(settings.configFile(), console);
                BackupOptions.fetched(plan, coordinator, received, settings.network(), console)
                        .start();
            }
            return driver;
        }
    }
}
