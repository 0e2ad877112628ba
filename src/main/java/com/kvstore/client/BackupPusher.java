package com.kvstore.client;

import com.kvstore.backup.BackupDirectory;
import com.kvstore.backup.BackupStatus;
import com.kvstore.common.Bytes;
import com.kvstore.common.Command;
import com.kvstore.common.ErrorCode;
import com.kvstore.common.Limits;
import com.kvstore.common.Result;
import com.kvstore.common.ServerNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.function.BiConsumer;
import org.json.JSONException;
import org.json.JSONObject;
import org.jspecify.annotations.Nullable;

/**
 * Keeps one backup server supplied with the newest backup of a directory, whoever made it.
 *
 * <p>It looks into the directory every second, and pushes the newest backup unless the server is known to have it: one part
 * at a time, each from where the server says that it is. While the server is away it tries again with back-off, always with
 * what is the newest by then; nothing queues up, and what was newer than the last and older than that is not sent.
 *
 * <p>Threading: a daemon thread of its own; {@link #status} from any.
 *
 * <p>Failure: told on the console once for each reason until it works again, and in the status throughout.
 */
final class BackupPusher {
    private static final long LOOK_MS = 1_000;
    private static final long LONGEST_BACKOFF_MS = 30_000;
    private static final long ASK_TIMEOUT_MS = 10_000;
    private static final long PART_TIMEOUT_MS = 15_000;
    /** The answer to the last part comes when the server has synced and read all of it. */
    private static final long VERIFIED_BYTES_PER_MS = 10_000;

    private static final int MOST_REASONS_TOLD = 8;
    /** So often one backup may arrive damaged, or be taken for another: it may be damaged where it lies. */
    private static final int MOST_REFUSALS = 3;

    private final Path directory;
    private final ServerNode server;
    private final KvClientConfig config;
    private final BiConsumer<String, String> console;
    private final Set<String> told = new LinkedHashSet<>();
    private String refusedName = "";
    private int refusals;
    private volatile BackupStatus.Server status;

    /**
     * @param config its addresses are not used
     * @param console hears tags and texts
     */
    BackupPusher(Path directory, ServerNode server, KvClientConfig config, BiConsumer<String, String> console) {
        this.directory = directory;
        this.server = server;
        this.config = config;
        this.console = console;
        this.status = new BackupStatus.Server(server, null, BackupStatus.NEVER, null);
    }

    /** What is known of the server now. */
    BackupStatus.Server status() {
        return status;
    }

    void start() {
        Thread thread = new Thread(this::run, "push to " + server);
        thread.setDaemon(true);
        thread.start();
    }

    private void run() {
        long backoffMs = LOOK_MS;
        try {
            while (true) {
                backoffMs = look() ? LOOK_MS : Math.min(LONGEST_BACKOFF_MS, 2 * backoffMs);
                Thread.sleep(backoffMs);
            }
        } catch (InterruptedException ended) {
            Thread.currentThread().interrupt();
        }
    }

    /** @return whether the server has the newest backup, or there is none */
    private boolean look() throws InterruptedException {
        Path newest = null;
        try {
            newest = BackupDirectory.newest(directory);
            if (newest == null) {
                return true;
            }
            String name = newest.getFileName().toString();
            if (name.equals(status.pushed()) || (name.equals(refusedName) && refusals >= MOST_REFUSALS)) {
                return true;
            }
            boolean sent = push(newest);
            status = new BackupStatus.Server(server, name, System.currentTimeMillis(), null);
            if (sent || !told.isEmpty()) {
                console.accept("BACKUP", name + " is on the backup server " + server);
            }
            told.clear();
            return true;
        } catch (NoSuchFileException replaced) {
            // By a newer one, just now.
            return true;
        } catch (IOException | RuntimeException failed) {
            if (newest != null && failed instanceof KvException refused && refused.code() == ErrorCode.CONFLICT) {
                refused(newest.getFileName().toString());
            }
            failed(newest, String.valueOf(failed.getMessage()));
            return false;
        }
    }

    private void refused(String name) {
        refusals = name.equals(refusedName) ? refusals + 1 : 1;
        refusedName = name;
    }

    private void failed(@Nullable Path file, String reason) {
        BackupStatus.Server before = status;
        status = new BackupStatus.Server(server, before.pushed(), before.pushedAtMs(), reason);
        if (told.size() < MOST_REASONS_TOLD && told.add(reason)) {
            String what = file == null ? "a backup" : file.getFileName().toString();
            console.accept(
                    "ERROR",
                    "Cannot push " + what + " to the backup server " + server + ": " + reason
                            + " The newest backup is pushed as soon as that works again.");
        }
    }

    /** @return whether anything was sent: the server may have it already */
    private boolean push(Path file) throws IOException, InterruptedException {
        String name = file.getFileName().toString();
        try (FileChannel in = FileChannel.open(file, StandardOpenOption.READ);
                KvClient client = KvClient.toNode(server, config)) {
            long totalBytes = in.size();
            JSONObject held = ask(client, new Command.StoreBackup(name, totalBytes, 0, Bytes.EMPTY), ASK_TIMEOUT_MS);
            boolean sent = false;
            while (!held.getBoolean("complete")) {
                long offset = held.getLong("held_bytes");
                Bytes part = read(in, offset, totalBytes, file);
                boolean last = offset + part.length() == totalBytes;
                long timeoutMs = PART_TIMEOUT_MS + (last ? totalBytes / VERIFIED_BYTES_PER_MS : 0);
                held = ask(client, new Command.StoreBackup(name, totalBytes, offset, part), timeoutMs);
                if (held.getLong("held_bytes") <= offset && !held.getBoolean("complete")) {
                    throw new IOException(server + " has not kept what it was sent.");
                }
                sent = true;
            }
            return sent;
        } catch (JSONException strange) {
            throw new IOException(
                    server + " answers in a way that is not understood: run the same release on every node.", strange);
        }
    }

    private static Bytes read(FileChannel in, long offset, long totalBytes, Path file) throws IOException {
        ByteBuffer part =
                ByteBuffer.allocate((int) Math.min(Limits.MAX_BACKUP_PART_BYTES, Math.max(0, totalBytes - offset)));
        while (part.hasRemaining()) {
            if (in.read(part, offset + part.position()) < 0) {
                throw new IOException(file + " has become shorter.");
            }
        }
        return Bytes.wrap(part.array());
    }

    private static JSONObject ask(KvClient client, Command.StoreBackup part, long timeoutMs)
            throws InterruptedException {
        Result result;
        try {
            result = client.execute(part, timeoutMs, 0).get();
        } catch (ExecutionException broken) {
            throw new KvException(ErrorCode.UNAVAILABLE, "The client broke down: " + broken.getMessage());
        }
        if (result instanceof Result.Document document) {
            return new JSONObject(document.json());
        }
        if (result instanceof Result.Failure failure) {
            throw KvException.of(failure);
        }
        throw new JSONException("no document");
    }
}
