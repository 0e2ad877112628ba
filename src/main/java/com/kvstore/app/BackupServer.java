package com.kvstore.app;

import com.kvstore.client.PeriodicBackups;
import com.kvstore.runtime.Console;
import com.kvstore.slave.CoordinatorAddress;
import com.kvstore.slave.SlaveSettings;
import java.io.FileDescriptor;
import java.io.FileOutputStream;

/**
 * A process that holds no part of the ring and keeps backups of all of it: {@code run-slave.sh IP PORT --backup-only}.
 *
 * <p>It fetches them from the coordinator that {@code cs_config.txt} names, and listens nowhere.
 */
final class BackupServer {
    private BackupServer() {}

    /** Blocks for as long as the process lives. */
    static void run(SlaveSettings settings, PeriodicBackups.Plan plan) {
        Console console = new Console(new FileOutputStream(FileDescriptor.out));
        console.line("INFO", "Backup server of " + settings.self() + ": backups go to " + plan.directory());
        Thread backups = BackupOptions.make(
                        plan, new CoordinatorAddress(settings.configFile(), console), settings.network(), console)
                .start();
        try {
            backups.join();
        } catch (InterruptedException ended) {
            Thread.currentThread().interrupt();
        }
    }
}
