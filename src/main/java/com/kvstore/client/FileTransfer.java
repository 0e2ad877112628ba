package com.kvstore.client;

import com.kvstore.client.PromptCommand.Ask;
import com.kvstore.common.Bytes;
import com.kvstore.common.Command;
import com.kvstore.common.ErrorCode;
import com.kvstore.common.Result;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Stores a file as one value and back, byte for byte, with a progress bar above 1 MiB. Used from one thread.
 *
 * <p>Failure: a file is written under another name and renamed, so that a broken transfer leaves the old one as it was.
 */
final class FileTransfer {
    private static final int BAR_FROM_BYTES = 1024 * 1024;
    private static final long POLL_MS = 100;
    /** A slow network still carries a MiB a second. */
    private static final long MS_PER_MIB = 1_000;

    private final KvClient client;
    private final Answers answers;
    private final Progress progress;
    private final int maxValueBytes;
    private final long timeoutMs;

    FileTransfer(KvClient client, Answers answers, Progress progress, int maxValueBytes, long timeoutMs) {
        this.client = client;
        this.answers = answers;
        this.progress = progress;
        this.maxValueBytes = maxValueBytes;
        this.timeoutMs = timeoutMs;
    }

    Answer put(Bytes key, String file) {
        byte[] content;
        try (InputStream in = Files.newInputStream(Path.of(file))) {
            content = in.readNBytes(maxValueBytes + 1);
        } catch (IOException | InvalidPathException unreadable) {
            return answers.failed(ErrorCode.BAD_REQUEST, unreadable(file, unreadable));
        }
        if (content.length > maxValueBytes) {
            return answers.failed(
                    ErrorCode.TOO_LARGE,
                    "'" + file + "' is longer than a value can be: " + Quantities.grouped(maxValueBytes) + " bytes.");
        }
        Ask ask = Session.put(key, Bytes.wrap(content));
        Result result = await(ask, content.length, client::bytesSent);
        if (result instanceof Result.Ack ack) {
            return answers.done("PUT-FILE successful: " + Printable.text(key) + ", "
                    + Quantities.grouped(content.length) + " bytes" + Answers.degraded(ack));
        }
        return answers.of(ask, result);
    }

    Answer get(Bytes key, String file) {
        Ask ask = new Ask(PromptCommand.Word.GET, key, new Command.Get(key), null);
        Result result = await(ask, 0, client::bytesReceived);
        if (!(result instanceof Result.Value value)) {
            return answers.of(ask, result);
        }
        try {
            write(Path.of(file), value.value());
        } catch (IOException | InvalidPathException unwritable) {
            return answers.failed(ErrorCode.BAD_REQUEST, "Cannot write '" + file + "': " + reason(unwritable));
        }
        return answers.done("GET-FILE successful: " + Printable.text(file) + ", "
                + Quantities.grouped(value.value().length()) + " bytes");
    }

    /**
     * Waits for the answer and shows how far it is.
     *
     * @param total bytes to come; 0: as the client says
     */
    private Result await(Ask ask, long total, LongSupplier counter) {
        long before = counter.getAsLong();
        long mebibytes = Math.max(total, maxValueBytes) / BAR_FROM_BYTES;
        long wholeTimeoutMs = timeoutMs + mebibytes * MS_PER_MIB;
        CompletableFuture<Result> future = client.execute(ask.command(), wholeTimeoutMs, timeoutMs);
        progress.begin(System.nanoTime() / 1_000_000);
        try {
            while (true) {
                try {
                    return future.get(POLL_MS, TimeUnit.MILLISECONDS);
                } catch (TimeoutException notYet) {
                    show(counter.getAsLong() - before, total > 0 ? total : client.bytesExpected());
                }
            }
        } catch (InterruptedException stopped) {
            return Result.Failure.of(
                    ask.writes() ? ErrorCode.OUTCOME_UNKNOWN : ErrorCode.UNAVAILABLE, "interrupted while waiting.");
        } catch (ExecutionException broken) {
            return Result.Failure.of(ErrorCode.UNAVAILABLE, "The client broke down: " + broken.getMessage());
        } finally {
            progress.end();
        }
    }

    private void show(long done, long total) {
        if (total > BAR_FROM_BYTES) {
            progress.show(
                    System.nanoTime() / 1_000_000,
                    Progress.bar(done, total) + "  " + Quantities.bytes(Math.min(done, total)) + " of "
                            + Quantities.bytes(total));
        }
    }

    /** Under another name, then renamed. */
    static void write(Path path, Bytes value) throws IOException {
        if (Files.exists(path) && !Files.isRegularFile(path)) {
            // A device or a pipe cannot be replaced by a rename; a directory refuses this with a clear message.
            Files.write(path, value.array());
            return;
        }
        Path target = Files.exists(path) ? path.toRealPath() : path.toAbsolutePath();
        Path part = target.resolveSibling(
                target.getFileName() + ".part-" + ProcessHandle.current().pid());
        try {
            Files.write(part, value.array());
            Files.move(part, target, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(part);
        }
    }

    static String unreadable(String file, Exception why) {
        return "Cannot read '" + file + "': " + reason(why);
    }

    private static String reason(Exception why) {
        if (why instanceof NoSuchFileException) {
            return "there is no such file.";
        }
        if (why instanceof AccessDeniedException) {
            return "permission denied.";
        }
        @Nullable String message = why.getMessage();
        return message == null ? why.getClass().getSimpleName() : message;
    }
}
