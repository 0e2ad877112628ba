package com.kvstore.client;

import com.kvstore.backup.BackupFile;
import com.kvstore.common.Command;
import com.kvstore.common.ErrorCode;
import com.kvstore.common.Result;
import com.kvstore.common.SnapshotPage;
import com.kvstore.common.Version;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/**
 * Reads a snapshot of the whole store, part after part, into a file. Used from one thread, which waits.
 *
 * <p>A snapshot that ends early, because a data node went down for instance, is begun anew a few times.
 */
final class SnapshotReader {
    private static final int ATTEMPTS = 4;
    private static final long PART_TIMEOUT_MS = 60_000;
    private static final long RETRY_MS = 10_000;

    /** Hears how far it is. */
    interface Listener {
        void read(long entries, long bytes);
    }

    /** What became of it. */
    record Done(Path file, long entries, long bytes) {}

    private final KvClient client;
    private final Listener listener;

    SnapshotReader(KvClient client, Listener listener) {
        this.client = client;
        this.listener = listener;
    }

    /** @throws KvException when the store cannot give one */
    Done backup(Path directory) throws IOException, InterruptedException {
        for (int attempt = 1; ; attempt++) {
            try {
                return once(directory);
            } catch (KvException failed) {
                if (failed.code() != ErrorCode.CONFLICT || attempt == ATTEMPTS) {
                    throw failed;
                }
            }
        }
    }

    private Done once(Path directory) throws IOException, InterruptedException {
        Result.Value first = await(ask(new Command.Snapshot(0, 0, 0)));
        Version cut = first.version();
        try (BackupFile file = BackupFile.create(directory, Instant.now())) {
            SnapshotPage page = SnapshotPage.decode(first.value());
            while (page.node() != SnapshotPage.END) {
                // The next part is on its way while this one is written.
                CompletableFuture<Result> next = ask(new Command.Snapshot(page.id(), page.node(), page.from()));
                file.add(page.entries());
                listener.read(file.entries(), file.bytes());
                page = SnapshotPage.decode(await(next).value());
            }
            file.add(page.entries());
            return new Done(file.finish(cut), file.entries(), file.bytes());
        }
    }

    private CompletableFuture<Result> ask(Command.Snapshot command) {
        return client.execute(command, PART_TIMEOUT_MS, RETRY_MS);
    }

    private static Result.Value await(CompletableFuture<Result> future) throws InterruptedException {
        Result result;
        try {
            result = future.get();
        } catch (ExecutionException broken) {
            throw new KvException(ErrorCode.UNAVAILABLE, "The client broke down: " + broken.getMessage());
        }
        if (result instanceof Result.Value value) {
            return value;
        }
        if (result instanceof Result.Failure failure) {
            throw KvException.of(failure);
        }
        throw new KvException(ErrorCode.BAD_REQUEST, "The node answered with something that is no part of a snapshot");
    }
}
