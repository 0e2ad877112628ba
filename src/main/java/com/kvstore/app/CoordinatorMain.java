package com.kvstore.app;

import com.kvstore.client.PeriodicBackups;
import com.kvstore.coordinator.CoordinationServer;
import com.kvstore.coordinator.CoordinatorSettings;
import com.kvstore.runtime.CannotStartException;
import com.kvstore.runtime.Console;
import com.kvstore.runtime.Ending;
import com.kvstore.runtime.NodeDriver;
import org.jspecify.annotations.Nullable;

/** The coordinator's process. */
public final class CoordinatorMain {
    private CoordinatorMain() {}

    /** Exits with 0 when stopped, 1 when it cannot start, 2 on a wrong command line, 70 on an internal error. */
    public static void main(String[] arguments) {
        new Launcher<>(CoordinatorCommandLine.form(), Start::read, Start::start, settings -> 0).launch(arguments);
    }

    /** What a command line asks for: a coordinator, and perhaps backups. */
    private record Start(CoordinatorSettings settings, PeriodicBackups.@Nullable Plan backups) {
        static Start read(CommandLineForm.Arguments arguments) throws UsageException {
            return new Start(CoordinatorCommandLine.settings(arguments), BackupOptions.plan(arguments));
        }

        static NodeDriver start(Start start, Console console, Ending ending) throws CannotStartException {
            CoordinatorSettings settings = start.settings;
            PeriodicBackups.Plan plan = start.backups;
            if (plan == null) {
                return CoordinationServer.start(settings, () -> null, console, ending)
                        .driver();
            }
            PeriodicBackups backups =
                    BackupOptions.ofCoordinator(plan, settings.machine().self(), settings.network(), console);
            NodeDriver driver = CoordinationServer.start(settings, backups::status, console, ending)
                    .driver();
            backups.start();
            return driver;
        }
    }
}
