package com.kvstore.client;

import com.kvstore.common.Command;
import com.kvstore.common.RequestId;
import com.kvstore.common.Result;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * One request on its way to an answer. Made by the caller's thread, then owned by the client's; only {@code answer} is
 * shared.
 */
final class Call {
    final Command command;
    final CompletableFuture<Result> answer;
    final long deadlineNs;
    /** Until when an answer "not applied" leads to another attempt. */
    final long retryUntilNs;
    /** How long the caller waits, for messages. */
    final long timeoutMs;

    /** Notes what was written before anybody hears of it; null: nobody does. */
    @Nullable SessionToken session;

    private final Places places;

    /** Null: not a write, or to be sent under a new number. */
    @Nullable RequestId id;
    /** How often it was sent without it being known that this sending applied nothing. */
    int openSends;

    long sentNs;
    long retryAtNs;
    long backoffNs;
    /** The last answer "not applied", for when time runs out before the next attempt. */
    Result.@Nullable Failure refusal;

    /** @param places of which this call has taken one */
    Call(Command command, long nowNs, long timeoutMs, long retryMs, Places places) {
        this.command = command;
        this.answer = new CompletableFuture<>();
        this.timeoutMs = timeoutMs;
        this.deadlineNs = nowNs + timeoutMs * 1_000_000;
        this.retryUntilNs = nowNs + Math.min(retryMs, timeoutMs) * 1_000_000;
        this.places = places;
    }

    /** A write that carries a {@link RequestId}: sending it twice applies it once. */
    boolean isWrite() {
        return command instanceof Command.Transact;
    }

    /** Its place among what is sent again: reads, which have no number, go first. */
    long number() {
        return id == null ? 0 : id.number();
    }

    /** Changes something but carries no id: once sent, it must not be sent again. */
    boolean isOperation() {
        return command instanceof Command.Drain
                || command instanceof Command.Forget
                || command instanceof Command.AcceptLoss;
    }

    /** The caller has cancelled the future: nobody waits for an answer. */
    boolean abandoned() {
        return answer.isDone();
    }

    void finish(Result result) {
        places.leave();
        if (session != null) {
            session.answered(command, result);
        }
        answer.complete(result);
    }
}
