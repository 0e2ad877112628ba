package com.kvstore.client;

import com.kvstore.backup.BackupDirectory;
import com.kvstore.backup.BackupStatus;
import com.kvstore.common.ServerNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Makes a backup every so often, keeps the newest, says what becomes of it, and sees to it that backup servers have the newest
 * too ({@link BackupPusher}).
 *
 * <p>Threading: daemon threads of its own; {@link #start} returns at once; {@link #status} from any thread.
 *
 * <p>Failure: a backup that cannot be made is told, once for each reason in a row, and tried again at the next time; the
 * older ones stay.
 */
public final class PeriodicBackups {
    /**
     * How often and where to.
     *
     * @param keep how many backups stay
     * @param pushTo the backup servers that get a copy of the newest one
     */
    public record Plan(Path directory, long everyMs, int keep, List<ServerNode> pushTo) {
        public Plan {
            pushTo = List.copyOf(pushTo);
        }
    }

    private final Plan plan;
    private final Supplier<ServerNode> coordinator;
    private final KvClientConfig config;
    private final BiConsumer<String, String> console;
    private final BooleanSupplier needless;
    private final List<BackupPusher> pushers = new ArrayList<>();
    private volatile BackupStatus status;

    /**
     * @param coordinator asked before each backup
     * @param config its addresses are not used
     * @param console hears tags and texts
     * @param needless asked when a backup is due: somebody else has brought one lately
     */
    public PeriodicBackups(
            Plan plan,
            Supplier<ServerNode> coordinator,
            KvClientConfig config,
            BiConsumer<String, String> console,
            BooleanSupplier needless) {
        this.plan = plan;
        this.coordinator = coordinator;
        this.config = config;
        this.console = console;
        this.needless = needless;
        for (ServerNode server : plan.pushTo()) {
            pushers.add(new BackupPusher(plan.directory(), server, config, console));
        }
        this.status = status(null, BackupStatus.NEVER, null);
    }

    /** Begins; the first backup is made when the first interval is over. */
    public void start() {
        Thread thread = new Thread(this::run, "backups");
        thread.setDaemon(true);
        thread.start();
        pushers.forEach(BackupPusher::start);
    }

    /** What has become of them up to now. */
    public BackupStatus status() {
        BackupStatus own = status;
        return new BackupStatus(
                own.directory(),
                own.everyMs(),
                own.made(),
                own.madeAtMs(),
                own.problem(),
                pushers.stream().map(BackupPusher::status).toList());
    }

    private void run() {
        try {
            while (true) {
                Thread.sleep(plan.everyMs());
                if (!needless.getAsBoolean()) {
                    backup();
                }
            }
        } catch (InterruptedException ended) {
            Thread.currentThread().interrupt();
        }
    }

    private void backup() throws InterruptedException {
        ServerNode address = coordinator.get();
        try (KvClient client = KvClient.connect(config, () -> List.of(address), ConnectionListener.NONE)) {
            SnapshotReader.Done done = new SnapshotReader(client, (entries, bytes) -> {}).backup(plan.directory());
            console.accept(
                    "BACKUP",
                    done.file() + ": " + Quantities.grouped(done.entries()) + " keys, "
                            + Quantities.bytes(done.bytes()));
            status = status(done.file().getFileName().toString(), System.currentTimeMillis(), null);
            BackupDirectory.dropOld(plan.directory(), plan.keep());
        } catch (IOException | RuntimeException failed) {
            String message = String.valueOf(failed.getMessage());
            BackupStatus before = status;
            status = status(before.made(), before.madeAtMs(), message);
            if (!message.equals(before.problem())) {
                console.accept("ERROR", "Cannot make a backup in " + plan.directory() + ": " + message);
            }
        }
    }

    private BackupStatus status(@Nullable String made, long madeAtMs, @Nullable String problem) {
        return new BackupStatus(plan.directory().toString(), plan.everyMs(), made, madeAtMs, problem, List.of());
    }
}
