package com.kvstore.client;

import com.kvstore.client.PromptCommand.Ask;
import com.kvstore.common.Bytes;
import com.kvstore.common.ErrorCode;
import com.kvstore.common.Result;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * Puts each line of a file as a key, with the line's number, from 1, as its value. Blank lines are skipped; of a line that
 * stands there several times the last one counts.
 *
 * <p>Many puts are under way at once; what a node does not take at the moment is tried again for half a minute. A put
 * whose outcome is unknown is put again within its minute: it puts the same value, and nothing else for its key is sent
 * before it is known, so that a first attempt that takes effect late changes nothing. After {@value #MOST_FAILURES} failures
 * it stops.
 *
 * <p>Threading: used from one thread, once; answers are counted on the client's thread.
 */
final class Loader {
    private static final long TIMEOUT_MS = 60_000;
    private static final long RETRY_MS = 30_000;
    private static final long REPEAT_AFTER_MS = 200;
    private static final int MOST_FAILURES = 1_000;
    private static final int MAX_LINE_BYTES = 1024 * 1024;

    private final KvClient client;
    private final Answers answers;
    private final Progress progress;
    private final Pipeline pipeline = new Pipeline();

    /** Guards the tallies below. */
    private final Object lock = new Object();

    private long done;
    private long degraded;
    private String degradedNote = "";
    private long failures;
    private long firstFailedLine;
    private String firstFailure = "";
    private ErrorCode firstFailureCode = ErrorCode.UNAVAILABLE;

    Loader(KvClient client, Answers answers, Progress progress) {
        this.client = client;
        this.answers = answers;
        this.progress = progress;
    }

    Answer load(String file) {
        long begin = System.nanoTime();
        long lines = 0;
        boolean interrupted = false;
        try {
            Path path = Path.of(file);
            long size = Files.size(path);
            progress.begin(nowMs());
            try (InputStream in = Files.newInputStream(path)) {
                lines = send(new ByteLines(in, MAX_LINE_BYTES), begin, size);
            }
            pipeline.awaitIdle();
        } catch (IOException | InvalidPathException unreadable) {
            return answers.failed(ErrorCode.BAD_REQUEST, FileTransfer.unreadable(file, unreadable));
        } catch (InterruptedException stopped) {
            interrupted = true;
        } finally {
            progress.end();
        }
        return summary(lines, (System.nanoTime() - begin) / 1_000_000, interrupted);
    }

    /** @return how many lines were sent */
    private long send(ByteLines lines, long begin, long size) throws IOException, InterruptedException {
        long number = 0;
        long sent = 0;
        for (Bytes line = lines.next(); line != null; line = lines.next()) {
            number++;
            Bytes key = withoutCarriageReturn(line);
            if (blank(key)) {
                continue;
            }
            sent++;
            if (lines.truncated()) {
                count(number, key, Result.Failure.of(ErrorCode.TOO_LARGE, "The line is too long for a key."));
            } else {
                send(number, key);
            }
            synchronized (lock) {
                if (failures >= MOST_FAILURES) {
                    return sent;
                }
            }
            long now = nowMs();
            if (progress.due(now)) {
                progress.show(now, line(lines.consumed(), size, (System.nanoTime() - begin) / 1_000_000));
            }
        }
        return sent;
    }

    private void send(long number, Bytes key) throws InterruptedException {
        Ask ask = Session.put(key, Bytes.of(Long.toString(number)));
        pipeline.enter(ask, Pipeline.cost(ask));
        attempt(ask, number, key, nowMs() + TIMEOUT_MS);
    }

    @SuppressWarnings("FutureReturnValueIgnored") // awaitIdle waits for what is counted here
    private void attempt(Ask ask, long number, Bytes key, long untilMs) {
        long timeoutMs = Math.max(1, untilMs - nowMs());
        client.execute(ask.command(), timeoutMs, RETRY_MS).thenAccept(result -> {
            if (isUnknown(result) && nowMs() + REPEAT_AFTER_MS < untilMs) {
                CompletableFuture.delayedExecutor(REPEAT_AFTER_MS, TimeUnit.MILLISECONDS)
                        .execute(() -> attempt(ask, number, key, untilMs));
                return;
            }
            count(number, key, result);
            pipeline.answered(ask);
            pipeline.consumed(Pipeline.cost(ask));
        });
    }

    private static boolean isUnknown(Result result) {
        return result instanceof Result.Failure failure && failure.code() == ErrorCode.OUTCOME_UNKNOWN;
    }

    private void count(long number, Bytes key, Result result) {
        synchronized (lock) {
            if (result instanceof Result.Failure failure) {
                failures++;
                if (firstFailedLine == 0 || number < firstFailedLine) {
                    firstFailedLine = number;
                    firstFailureCode = failure.code();
                    firstFailure = "'" + Printable.text(Bytes.of(key.toString())) + "': "
                            + (failure.code() == ErrorCode.OUTCOME_UNKNOWN ? "outcome unknown: " : "")
                            + failure.message();
                }
                return;
            }
            done++;
            if (result instanceof Result.Ack ack && ack.degraded()) {
                degraded++;
                degradedNote = Answers.degraded(ack);
            }
        }
    }

    private String line(long consumed, long size, long elapsedMs) {
        synchronized (lock) {
            double part = size == 0 ? 1 : (double) consumed / size;
            long leftMs = part > 0 ? (long) (elapsedMs / part) - elapsedMs : 0;
            return Progress.bar(consumed, Math.max(1, size)) + "  " + Quantities.grouped(done) + " keys, "
                    + Quantities.grouped(rate(elapsedMs)) + "/s, " + Quantities.seconds(leftMs) + " left"
                    + (failures == 0 ? "" : ", " + failures + " failed");
        }
    }

    private Answer summary(long lines, long elapsedMs, boolean interrupted) {
        synchronized (lock) {
            if (failures > 0) {
                return answers.failed(
                        firstFailureCode == ErrorCode.NOT_FOUND ? ErrorCode.UNAVAILABLE : firstFailureCode,
                        "LOAD: " + failures + " of " + lines + " keys failed"
                                + (interrupted ? " before the interrupt" : "")
                                + (failures >= MOST_FAILURES ? "; stopped there" : "") + ". The first is line "
                                + firstFailedLine + ", " + firstFailure);
            }
            String so = done + " keys in " + Quantities.seconds(elapsedMs) + " (" + Quantities.grouped(rate(elapsedMs))
                    + "/s)" + (degraded == 0 ? "" : "; " + degraded + " of them degraded" + degradedNote);
            return interrupted
                    ? answers.failed(ErrorCode.UNAVAILABLE, "LOAD interrupted: " + so)
                    : answers.done("LOAD successful: " + so);
        }
    }

    private long rate(long elapsedMs) {
        return done * 1000 / Math.max(1, elapsedMs);
    }

    private static Bytes withoutCarriageReturn(Bytes line) {
        int length = line.length();
        return length > 0 && line.at(length - 1) == '\r' ? Bytes.wrap(Arrays.copyOf(line.array(), length - 1)) : line;
    }

    private static boolean blank(Bytes line) {
        for (int i = 0; i < line.length(); i++) {
            if (!CommandParser.isSpace(line.at(i))) {
                return false;
            }
        }
        return true;
    }

    private static long nowMs() {
        return System.nanoTime() / 1_000_000;
    }
}
