package com.kvstore.slave;

import com.kvstore.backup.ReceivedBackups;
import com.kvstore.common.Command;
import com.kvstore.common.ErrorCode;
import com.kvstore.common.Result;
import com.kvstore.runtime.NodeDriver;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Takes the parts of backups that are pushed to this server, and nothing else.
 *
 * <p>Threading: files are written on a thread of its own, one part at a time, so that the event loop never waits for them; that
 * thread ends when nothing has come for a while. At most {@value #MOST_WAITING} parts wait; more are {@code OVERLOADED}.
 */
public final class BackupAnswers implements NodeDriver.LocalAnswers {
    private static final int MOST_WAITING = 16;
    private static final long IDLE_S = 10;

    private final @Nullable ReceivedBackups received;
    private final ThreadPoolExecutor files;

    /** @param received where they go; null: this server keeps none, and says so */
    public BackupAnswers(@Nullable ReceivedBackups received) {
        this.received = received;
        this.files =
                new ThreadPoolExecutor(1, 1, IDLE_S, TimeUnit.SECONDS, new ArrayBlockingQueue<>(MOST_WAITING), task -> {
                    Thread thread = new Thread(task, "received backups");
                    thread.setDaemon(true);
                    return thread;
                });
        files.allowCoreThreadTimeOut(true);
    }

    @Override
    public @Nullable CompletionStage<Result> answer(Command command, long nowNs) {
        if (!(command instanceof Command.StoreBackup part)) {
            return null;
        }
        if (received == null) {
            return CompletableFuture.completedFuture(Result.Failure.of(
                    ErrorCode.BAD_REQUEST,
                    "This data node keeps no backups: start it with --backup-dir DIR to make it a backup server too"));
        }
        try {
            return CompletableFuture.supplyAsync(() -> received.store(part), files);
        } catch (RejectedExecutionException tooMany) {
            return CompletableFuture.completedFuture(Result.Failure.of(
                    ErrorCode.OVERLOADED, "Too many parts of backups are waiting to be written. Try again."));
        }
    }
}
