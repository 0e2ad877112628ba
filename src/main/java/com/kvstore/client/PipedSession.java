package com.kvstore.client;

import com.kvstore.client.PromptCommand.Ask;
import com.kvstore.common.Bytes;
import com.kvstore.common.Limits;
import com.kvstore.common.Result;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * Commands from a pipe: one answer line for each, in order, with many under way at once.
 *
 * <p>Threading: {@link #run} reads and sends; a second thread prints, so that an answer is out as soon as it is there, also
 * while the next line is long in coming.
 *
 * <p>Failure: when nobody reads the answers any more, the commands are still carried out, and the status is 2.
 */
final class PipedSession {
    /** A value of the largest size, every byte of it written as an escape. */
    private static final int MAX_LINE_BYTES = 4 * (Limits.DEFAULT_MAX_VALUE_BYTES + Limits.MAX_KEY_BYTES) + 64;

    private final KvClient client;
    private final Session session;
    private final Answers answers;
    private final Output out;
    private final Pipeline pipeline = new Pipeline();
    /** Bounded by the pipeline, but for answers of the client's own, which wait for it to be empty. */
    private final LinkedBlockingQueue<Pending> pending = new LinkedBlockingQueue<>();

    /** Written by the printing thread, read once that has ended. */
    private int status = Answer.DONE;

    /** An answer to come; {@code last}: nothing follows. */
    private record Pending(CompletableFuture<Answer> answer, int cost, boolean last) {}

    PipedSession(KvClient client, Session session, Answers answers, Output out) {
        this.client = client;
        this.session = session;
        this.answers = answers;
        this.out = out;
    }

    /** @return the status to end the process with */
    int run(InputStream in) throws IOException {
        Thread printer = new Thread(this::print, "answers");
        printer.setDaemon(true);
        printer.start();
        try {
            try {
                send(new ByteLines(in, MAX_LINE_BYTES));
            } finally {
                pending.add(new Pending(CompletableFuture.completedFuture(Answers.said("")), 0, true));
            }
            printer.join();
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            return Answer.ERROR;
        }
        return status;
    }

    private void send(ByteLines lines) throws IOException, InterruptedException {
        for (Bytes line = lines.next(); line != null; line = lines.next()) {
            PromptCommand command = lines.truncated()
                    ? new PromptCommand.Bad("The line is longer than " + Quantities.bytes(MAX_LINE_BYTES) + ".")
                    : CommandParser.parse(line);
            if (command instanceof Ask ask && ask.aboutKey()) {
                send(ask);
            } else if (!(command instanceof PromptCommand.Blank)) {
                // What is not about one key sees everything before it done, and is done before everything after it.
                pipeline.awaitIdle();
                boolean exit = command instanceof PromptCommand.Exit;
                Answer answer = exit ? Answers.said(Client.FAREWELL) : answer(command);
                pending.add(new Pending(CompletableFuture.completedFuture(answer), 0, false));
                if (exit) {
                    return;
                }
            }
        }
    }

    private Answer answer(PromptCommand command) {
        return command instanceof PromptCommand.Help ? Answers.said(Help.COMMANDS_LINE) : session.run(command);
    }

    private void send(Ask ask) throws InterruptedException {
        int cost = Pipeline.cost(ask);
        pipeline.enter(ask, cost);
        CompletableFuture<Answer> answer = client.execute(ask.command()).thenApply(result -> answered(ask, result));
        pending.add(new Pending(answer, cost, false));
    }

    private Answer answered(Ask ask, Result result) {
        pipeline.answered(ask);
        return answers.of(ask, result);
    }

    private void print() {
        boolean reader = true;
        while (true) {
            try {
                Pending next = pending.poll();
                if (next == null || !next.answer().isDone()) {
                    reader = reader && flush();
                    next = next == null ? pending.take() : next;
                }
                if (next.last()) {
                    return;
                }
                Answer answer = next.answer().join();
                status = Math.max(status, answer.status());
                if (reader) {
                    reader = write(answer);
                }
                pipeline.consumed(next.cost());
            } catch (InterruptedException stopped) {
                return;
            }
        }
    }

    private boolean write(Answer answer) {
        try {
            out.line(answer.body());
            return true;
        } catch (UncheckedIOException nobodyReads) {
            status = Answer.ERROR;
            return false;
        }
    }

    private boolean flush() {
        try {
            out.flush();
            return true;
        } catch (UncheckedIOException nobodyReads) {
            status = Answer.ERROR;
            return false;
        }
    }
}
