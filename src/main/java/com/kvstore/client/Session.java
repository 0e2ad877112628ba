package com.kvstore.client;

import com.kvstore.client.PromptCommand.Ask;
import com.kvstore.common.Bytes;
import com.kvstore.common.Command;
import com.kvstore.common.ErrorCode;
import com.kvstore.common.Result;
import com.kvstore.common.Write;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/** Carries out one command and waits for its answer. Used from one thread; an interrupt ends the waiting. */
final class Session {
    private static final int KEYS_A_PAGE = 1_000;
    private static final int MOST_KEYS = 1_000_000;

    private final KvClient client;
    private final Answers answers;
    private final Progress progress;
    private final int maxValueBytes;
    private final long timeoutMs;

    Session(KvClient client, Answers answers, Progress progress, KvClientConfig config) {
        this.client = client;
        this.answers = answers;
        this.progress = progress;
        this.maxValueBytes = config.maxValueBytes();
        this.timeoutMs = config.requestTimeoutMs();
    }

    /** @param command not an exit: who leads the session ends it */
    Answer run(PromptCommand command) {
        if (command instanceof Ask ask) {
            return ask(ask);
        }
        if (command instanceof PromptCommand.Bad bad) {
            return answers.failed(ErrorCode.BAD_REQUEST, bad.message());
        }
        if (command instanceof PromptCommand.Scan scan) {
            return scan(scan.prefix());
        }
        if (command instanceof PromptCommand.Load load) {
            return new Loader(client, answers, progress).load(load.file());
        }
        if (command instanceof PromptCommand.Backup backup) {
            return new Backups(client, answers, progress).run(backup);
        }
        if (command instanceof PromptCommand.PutFile put) {
            return files().put(put.key(), put.file());
        }
        if (command instanceof PromptCommand.GetFile get) {
            return files().get(get.key(), get.file());
        }
        if (command instanceof PromptCommand.Directory directory) {
            return new DirectoryTransfer(client, answers, progress, maxValueBytes).run(directory);
        }
        return Answers.said(command instanceof PromptCommand.Help ? Help.COMMANDS : "");
    }

    private FileTransfer files() {
        return new FileTransfer(client, answers, progress, maxValueBytes, timeoutMs);
    }

    /** All keys, page after page. */
    private Answer scan(Bytes prefix) {
        List<Bytes> keys = new ArrayList<>();
        long cursor = 0;
        try {
            do {
                Result result = client.execute(new Command.Scan(cursor, KEYS_A_PAGE, prefix))
                        .get();
                if (!(result instanceof Result.Page page)) {
                    Result.Failure failure = (Result.Failure) result;
                    return answers.failed(failure.code(), failure.message());
                }
                keys.addAll(page.keys());
                cursor = page.cursor();
            } while (cursor != 0 && keys.size() <= MOST_KEYS);
        } catch (InterruptedException stopped) {
            return answers.failed(ErrorCode.UNAVAILABLE, "Interrupted.");
        } catch (ExecutionException | RuntimeException broken) {
            return answers.failed(ErrorCode.UNAVAILABLE, "The client broke down: " + broken.getMessage());
        }
        return keys.size() > MOST_KEYS
                ? answers.failed(
                        ErrorCode.TOO_LARGE,
                        "There are more than " + MOST_KEYS + " keys: give a longer prefix, or use KvClient.scan")
                : answers.keys(keys);
    }

    private Answer ask(Ask ask) {
        CompletableFuture<Result> future = client.execute(ask.command());
        try {
            return answers.of(ask, future.get());
        } catch (InterruptedException stopped) {
            return answers.of(ask, stopped(ask));
        } catch (ExecutionException | RuntimeException broken) {
            return answers.failed(ErrorCode.UNAVAILABLE, "The client broke down: " + broken.getMessage());
        }
    }

    /** The answer to a request that a person no longer waits for. */
    private static Result.Failure stopped(Ask ask) {
        boolean reads = ask.command() instanceof Command.Get
                || ask.command() instanceof Command.GetAll
                || ask.command() instanceof Command.Count
                || ask.command() instanceof Command.Describe
                || ask.command() instanceof Command.Plan;
        return reads
                ? Result.Failure.of(ErrorCode.UNAVAILABLE, "Interrupted.")
                : Result.Failure.of(
                        ErrorCode.OUTCOME_UNKNOWN,
                        "interrupted while waiting; it may or may not be applied. Read the key to see.");
    }

    /** One put of a whole value, as the file commands send it. */
    static Ask put(Bytes key, Bytes value) {
        return new Ask(PromptCommand.Word.PUT, key, Command.Transact.of(Write.put(key, value)), null);
    }
}
