package com.kvstore.protocol.primarybackup;

import com.kvstore.common.Command;
import com.kvstore.common.ErrorCode;
import com.kvstore.common.Result;
import com.kvstore.protocol.kernel.Effects;
import com.kvstore.protocol.parts.TableReads;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * Clients that the primary has not answered: writes until their entry is decided, reads until this peer is known to be the
 * primary still.
 *
 * <p>Threading: one machine's.
 */
final class Waiting {
    private record Write(long op, long client, Result answer, long sinceNs) {}

    /**
     * @param command what to read; null: the answer is {@code fixed}
     * @param op everything up to this must be decided
     * @param clockMs a majority must know that this time of day has come
     */
    private record Read(
            long client,
            @Nullable Command command,
            @Nullable Result fixed,
            long op,
            long clockMs,
            long sinceNs) {}

    private final Replica replica;
    private final TableReads tableReads;
    /** Their ops rise, but for retries of what is in the log already. */
    private final ArrayDeque<Write> writes = new ArrayDeque<>();

    private final ArrayDeque<Write> retries = new ArrayDeque<>();
    private final ArrayDeque<Read> reads = new ArrayDeque<>();

    Waiting(Replica replica, TableReads tableReads) {
        this.replica = replica;
        this.tableReads = tableReads;
    }

    int size() {
        return writes.size() + retries.size() + reads.size();
    }

    boolean isEmpty() {
        return size() == 0;
    }

    boolean hasReads() {
        return !reads.isEmpty();
    }

    void write(long op, long client, Result answer, long nowNs) {
        Write write = new Write(op, client, answer, nowNs);
        if (writes.isEmpty() || writes.getLast().op <= op) {
            writes.add(write);
        } else {
            retries.add(write);
        }
    }

    /** @param op everything up to this must be decided first */
    void read(long client, Command command, long op, long clockMs, long nowNs) {
        reads.add(new Read(client, command, null, op, clockMs, nowNs));
    }

    /** An answer that was worked out from the end of the log, and stands once all of that is decided. */
    void fixed(long client, Result answer, long clockMs, long nowNs) {
        reads.add(new Read(client, null, answer, replica.log.last(), clockMs, nowNs));
    }

    /** More is decided: answers the writes it includes. */
    void decided(Effects effects) {
        while (!writes.isEmpty() && writes.getFirst().op <= replica.commit) {
            Write write = writes.removeFirst();
            effects.reply(write.client, write.answer);
        }
        retries.removeIf(retry -> {
            boolean decided = retry.op <= replica.commit;
            if (decided) {
                effects.reply(retry.client, retry.answer);
            }
            return decided;
        });
    }

    /** This peer is the primary, and nobody else can be at this moment. */
    void answerReads(long agreedMs, Effects effects) {
        while (!reads.isEmpty()) {
            Read read = reads.getFirst();
            if (read.op > replica.applied || read.clockMs > agreedMs) {
                return;
            }
            reads.removeFirst();
            Result fixed = read.fixed;
            if (fixed != null) {
                effects.reply(read.client, fixed);
            } else if (read.command != null) {
                effects.reply(read.client, tableReads.answer(read.command, agreedMs));
            }
        }
    }

    /** Answers who has waited too long. */
    void expire(long nowNs, Effects effects) {
        while (!reads.isEmpty() && nowNs - reads.getFirst().sinceNs > Times.READ_PATIENCE) {
            effects.reply(
                    reads.removeFirst().client,
                    Result.Failure.of(
                            ErrorCode.UNAVAILABLE,
                            "No majority of the peers answers, so nobody knows whether this is still the primary. Retry"
                                    + " in a moment."));
        }
        while (!writes.isEmpty() && nowNs - writes.getFirst().sinceNs > Times.WRITE_PATIENCE) {
            effects.reply(writes.removeFirst().client, unknown());
        }
        while (!retries.isEmpty() && nowNs - retries.getFirst().sinceNs > Times.WRITE_PATIENCE) {
            effects.reply(retries.removeFirst().client, unknown());
        }
    }

    /** Another primary may decide what was begun here, or not. */
    void abandon(Effects effects) {
        writes.forEach(write -> effects.reply(write.client, unknown()));
        retries.forEach(write -> effects.reply(write.client, unknown()));
        reads.forEach(read -> effects.reply(
                read.client,
                Result.Failure.of(ErrorCode.UNAVAILABLE, "Another peer is becoming the primary. Retry in a moment.")));
        writes.clear();
        retries.clear();
        reads.clear();
    }

    /** Without an epoch: with one, a client may take it for never executed. */
    private static Result unknown() {
        return Result.Failure.of(
                ErrorCode.OUTCOME_UNKNOWN,
                "No majority of the peers has confirmed the write in time: it may be applied, now or later, or not at all.");
    }
}
