package com.kvstore.protocol.totalorder;

import com.kvstore.common.Bytes;
import com.kvstore.common.ErrorCode;
import com.kvstore.common.Expiry;
import com.kvstore.common.RequestId;
import com.kvstore.common.Result;
import com.kvstore.common.Version;
import com.kvstore.common.Write;
import com.kvstore.protocol.parts.FullCopy;
import com.kvstore.protocol.parts.RecordTable;
import com.kvstore.protocol.totalorder.TotalOrderMessage.Guard;
import com.kvstore.protocol.totalorder.TotalOrderMessage.Transaction;
import java.util.List;
import java.util.function.Consumer;

/**
 * The ordered state: records, clients' answers, the order's own time. A deterministic function of the operations delivered,
 * in their order: nothing here looks at a clock or at who this peer is.
 *
 * <p>A version is (timestamp, number of the operation in the whole order), so no two operations share one.
 *
 * <p>Threading: one machine's.
 */
final class Replica {
    private final FullCopy copy;
    private final Clients clients = new Clients();
    private long delivered;
    private long counter;
    private long wallMs;
    private Consumer<Bytes> onWrite = key -> {};

    Replica(RecordTable table) {
        this.copy = new FullCopy(table);
    }

    FullCopy copy() {
        return copy;
    }

    RecordTable table() {
        return copy.table();
    }

    Clients clients() {
        return clients;
    }

    /** How many operations have been delivered. */
    long delivered() {
        return delivered;
    }

    /** The largest timestamp so far. */
    long counter() {
        return counter;
    }

    /** The order's time of day, milliseconds since 1970: the latest that any delivered entry was sent at. */
    long wallMs() {
        return wallMs;
    }

    /** Is told every key that is written from now on. */
    void onWrite(Consumer<Bytes> listener) {
        onWrite = listener;
    }

    /** The order has come to an entry. */
    void reach(long entryCounter, long entryWallMs) {
        counter = Math.max(counter, entryCounter);
        wallMs = Math.max(wallMs, entryWallMs);
    }

    /** An operation that is no transaction counts too. */
    void count() {
        delivered++;
    }

    /** The next operation of the order. @return its answer */
    Result deliver(Transaction transaction) {
        delivered++;
        RequestId id = transaction.id();
        if (id == null) {
            return execute(transaction);
        }
        Clients.Known known = clients.look(id);
        if (known.fresh()) {
            Result answer = execute(transaction);
            clients.answered(id, answer);
            return answer;
        }
        Result answer = known.answer();
        return answer != null
                ? answer
                : new Result.Failure(
                        ErrorCode.OUTCOME_UNKNOWN,
                        "Outcome unknown: this request was first sent too long ago. Read the key to see what it holds",
                        null,
                        clients.epoch());
    }

    private Result execute(Transaction transaction) {
        for (Guard guard : transaction.guards()) {
            if (!guard.condition().holdsFor(copy.find(guard.key(), wallMs), wallMs)) {
                return Result.Failure.of(
                        ErrorCode.CONFLICT, "Not applied: '" + guard.key().text() + "' has changed meanwhile");
            }
        }
        Result.Failure refusal = copy.refusal(transaction.writes(), wallMs);
        if (refusal != null) {
            return refusal;
        }
        Version version = new Version(counter, delivered);
        for (Write write : transaction.writes()) {
            Bytes value = write.value();
            long deadlineMs =
                    value == null ? Expiry.NO_DEADLINE : write.expiry().deadlineMs(wallMs);
            if (value == null || Expiry.isPast(deadlineMs, wallMs)) {
                table().remove(write.key());
            } else {
                table().apply(FullCopy.POSITION, write.key(), value, deadlineMs, version);
            }
            onWrite.accept(write.key());
        }
        return new Result.Ack(2, List.of(), "", version);
    }

    /** Forgets everything. */
    void clear() {
        table().clear();
        delivered = 0;
        counter = 0;
        wallMs = 0;
        clients.restore(1, List.of());
    }

    /** Goes on where an earlier process was; the records are there already. */
    void restore(StoredOrder.Progress progress, List<StoredOrder.Client> stored) {
        delivered = progress.delivered();
        counter = progress.counter();
        wallMs = progress.wallMs();
        clients.restore(
                progress.epoch(), stored.stream().map(StoredOrder.Client::state).toList());
    }

    /** Puts the state in the place of this one; the records are there already. */
    void restore(TotalOrderMessage.OrderState state) {
        delivered = state.delivered();
        counter = state.counter();
        wallMs = state.wallMs();
        clients.restore(state.epoch(), state.clients());
    }
}
