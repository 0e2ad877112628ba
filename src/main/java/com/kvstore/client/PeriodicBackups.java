package com.kvstore.client;

import com.kvstore.common.ServerNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Makes a backup every so often, keeps the newest, and says what becomes of it.
 *
 * <p>Threading: a daemon thread of its own; {@link #start} returns at once.
 *
 * <p>Failure: a backup that cannot be made is told, once for each reason in a row, and tried again at the next time; the
 * older ones stay.
 */
public final class PeriodicBackups {
    /**
     * How often and where to.
     *
     * @param keep how many backups stay
     */
    public record Plan(Path directory, long everyMs, int keep) {}

    private final Plan plan;
    private final Supplier<ServerNode> coordinator;
    private final KvClientConfig config;
    private final BiConsumer<String, String> console;
    private @Nullable String told;

    /**
     * @param coordinator asked before each backup
     * @param config its addresses are not used
     * @param console hears tags and texts
     */
    public PeriodicBackups(
            Plan plan, Supplier<ServerNode> coordinator, KvClientConfig config, BiConsumer<String, String> console) {
        this.plan = plan;
        this.coordinator = coordinator;
        this.config = config;
        this.console = console;
    }

    /** Begins; the first backup is made when the first interval is over. */
    public Thread start() {
        Thread thread = new Thread(this::run, "backups");
        thread.setDaemon(true);
        thread.start();
        return thread;
    }

    private void run() {
        try {
            while (true) {
                Thread.sleep(plan.everyMs());
                backup();
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
            told = null;
            dropOld();
        } catch (IOException | RuntimeException failed) {
            String message = String.valueOf(failed.getMessage());
            if (!message.equals(told)) {
                told = message;
                console.accept("ERROR", "Cannot make a backup in " + plan.directory() + ": " + message);
            }
        }
    }

    private void dropOld() throws IOException {
        List<Path> backups = Backups.in(plan.directory());
        for (Path old : backups.subList(0, Math.max(0, backups.size() - plan.keep()))) {
            Files.delete(old);
        }
    }
}
