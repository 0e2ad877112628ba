package com.kvstore.client;

import com.kvstore.common.ErrorCode;
import com.kvstore.common.ServerNode;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * {@code run-client.sh record}: a {@link Recorder} with a file, a progress line and an end.
 *
 * <p>SIGINT and SIGTERM end it early; what was recorded until then is complete and may be judged.
 *
 * <p>Threading: used from one thread, once.
 */
final class RecordCommand {
    private static final long PROGRESS_MS = 100;
    private static final long FINAL_READS_MS = 30_000;
    private static final long LONGEST_END_MS = 6_000;
    private static final long LAST_WORDS_MS = 200;

    private final RecordSettings settings;
    private final KvClientConfig config;
    private final Supplier<List<ServerNode>> addresses;
    private final Answers answers;
    private final Progress progress;
    private final CountDownLatch closed = new CountDownLatch(1);

    RecordCommand(
            RecordSettings settings,
            KvClientConfig config,
            Supplier<List<ServerNode>> addresses,
            Answers answers,
            Progress progress) {
        this.settings = settings;
        this.config = config;
        this.addresses = addresses;
        this.answers = answers;
        this.progress = progress;
    }

    Answer run() {
        Thread here = Thread.currentThread();
        Thread onSignal = new Thread(() -> interruptAndAwaitEnd(here), "ends the recording");
        try (BufferedWriter out = Files.newBufferedWriter(settings.out())) {
            Runtime.getRuntime().addShutdownHook(onSignal);
            return record(out);
        } catch (IOException unwritable) {
            return answers.failed(
                    ErrorCode.BAD_REQUEST, settings.out() + " cannot be written: " + unwritable.getMessage());
        } finally {
            closed.countDown();
            removeHook(onSignal);
        }
    }

    private void interruptAndAwaitEnd(Thread recording) {
        recording.interrupt();
        try {
            // The file is closed before the process ends, and there is a moment left to say so.
            if (closed.await(LONGEST_END_MS, TimeUnit.MILLISECONDS)) {
                recording.join(LAST_WORDS_MS);
            }
        } catch (InterruptedException impatient) {
            Thread.currentThread().interrupt();
        }
    }

    private static void removeHook(Thread hook) {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException alreadyEnding) {
            // The hook runs, which is why this ends.
            return;
        }
    }

    private Answer record(BufferedWriter out) throws IOException {
        int unread = 0;
        boolean interrupted = false;
        try (Recorder recorder = new Recorder(settings, config, addresses, out)) {
            try {
                progress.begin(nowMs());
                recorder.start();
                while (!recorder.stopped()) {
                    Thread.sleep(PROGRESS_MS);
                    if (progress.due(nowMs())) {
                        progress.show(nowMs(), recorder.summary());
                    }
                }
                recorder.stop();
                unread = recorder.readEverything(FINAL_READS_MS);
            } catch (InterruptedException signalled) {
                interrupted = true;
            } finally {
                progress.end();
            }
            IOException trouble = recorder.trouble();
            if (trouble != null) {
                throw trouble;
            }
            return answer(recorder, unread, interrupted);
        }
    }

    private Answer answer(Recorder recorder, int unread, boolean interrupted) {
        String so = recorder.summary();
        String next = ". Judge them: ./run-sim.sh check " + settings.out();
        if (recorder.answered() == 0) {
            return answers.failed(ErrorCode.UNAVAILABLE, "RECORD: nothing was answered: " + so);
        }
        if (interrupted) {
            return answers.failed(ErrorCode.UNAVAILABLE, "RECORD interrupted: " + so + next);
        }
        if (unread > 0) {
            return answers.failed(
                    ErrorCode.UNAVAILABLE,
                    "RECORD: " + unread + " keys could not be read at the end, so that losses among them do not show: "
                            + so + next);
        }
        return answers.done("RECORD successful (seed " + settings.seed() + "): " + so + next);
    }

    private static long nowMs() {
        return System.nanoTime() / 1_000_000;
    }
}
