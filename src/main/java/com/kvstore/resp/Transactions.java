package com.kvstore.resp;

import com.kvstore.common.Bytes;
import com.kvstore.common.Computation;
import com.kvstore.common.Result;
import com.kvstore.common.Version;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * MULTI, EXEC and WATCH of one connection: gathers commands, and makes one transaction of them.
 *
 * <p>Threading: one connection's.
 */
final class Transactions {
    private static final int MAX_COMMANDS = 100_000;
    private static final long MAX_BYTES = 64L << 20;
    private static final long MAX_REPLY_BYTES = 64L << 20;
    private static final Reply TOO_LONG = new Reply.Problem("ERR not applied: the reply would be longer than "
            + (MAX_REPLY_BYTES >> 20) + " MiB; ask for less at once");

    /** What watched keys held: the version that wrote it, {@link Version#ZERO} if nothing was there. */
    private final Map<Bytes, Version> watched = new LinkedHashMap<>();

    /** Bears the memory that queued commands take. */
    interface Memory {
        boolean mayHold(long bytes);

        /** @param bytes negative: given back */
        void count(long bytes);
    }

    private final Memory memory;
    private final List<Operation> queue = new ArrayList<>();
    private long queuedBytes;
    private boolean open;
    private boolean spoilt;

    Transactions(Memory memory) {
        this.memory = memory;
    }

    boolean isOpen() {
        return open;
    }

    void begin() throws RespException {
        if (open) {
            throw new RespException("ERR MULTI calls can not be nested");
        }
        open = true;
    }

    Reply queue(Operation operation, int bytes) throws RespException {
        if (!memory.mayHold(bytes)) {
            spoil();
            throw new RespException("OVERLOADED Not queued: the server holds too much already. Retry a little later.");
        }
        if (queue.size() >= MAX_COMMANDS || queuedBytes + bytes > MAX_BYTES) {
            spoil();
            throw new RespException("ERR a transaction has at most " + MAX_COMMANDS + " commands and "
                    + (MAX_BYTES >> 20) + " MiB; make it several");
        }
        queuedBytes += bytes;
        memory.count(bytes);
        queue.add(operation);
        return Reply.QUEUED;
    }

    /** A command could not be queued: EXEC will do nothing. */
    void spoil() {
        spoilt = open;
    }

    void watched(List<Bytes> keys, List<Optional<Result.Value>> values) {
        for (int i = 0; i < keys.size(); i++) {
            // Watched twice, the first look counts.
            watched.putIfAbsent(
                    keys.get(i), values.get(i).map(Result.Value::version).orElse(Version.ZERO));
        }
    }

    void unwatch() {
        watched.clear();
    }

    void discard() throws RespException {
        if (!open) {
            throw new RespException("ERR DISCARD without MULTI");
        }
        reset();
    }

    /** Forgets everything. */
    void reset() {
        open = false;
        spoilt = false;
        queue.clear();
        memory.count(-queuedBytes);
        queuedBytes = 0;
        watched.clear();
    }

    /**
     * Ends the transaction.
     *
     * @return what to carry out
     */
    Batch exec() throws RespException {
        if (!open) {
            throw new RespException("ERR EXEC without MULTI");
        }
        boolean abort = spoilt;
        Batch batch = new Batch(List.copyOf(queue), Map.copyOf(watched), true);
        reset();
        if (abort) {
            throw new RespException("EXECABORT Transaction discarded because of previous errors.");
        }
        return batch;
    }

    /**
     * Commands that run one after the other as one transaction.
     *
     * @param asArray EXEC answers with an array, a command alone with its own reply
     */
    record Batch(List<Operation> operations, Map<Bytes, Version> watched, boolean asArray) {
        static Batch of(Operation operation) {
            return new Batch(List.of(operation), Map.of(), false);
        }

        /** Each once. */
        List<Bytes> keys() {
            if (operations.size() == 1
                    && watched.isEmpty()
                    && operations.get(0).keys().size() == 1) {
                return operations.get(0).keys();
            }
            Set<Bytes> keys = new LinkedHashSet<>(watched.keySet());
            operations.forEach(operation -> keys.addAll(operation.keys()));
            return List.copyOf(keys);
        }

        boolean readOnly() {
            return operations.stream().allMatch(Operation::readOnly);
        }

        /** What the coordinator runs. Never throws: a coordinator that finds a bug in a face goes on. */
        Computation.Outcome run(Map<Bytes, Result.Value> present, long nowMs, int maxValueBytes) {
            for (Map.Entry<Bytes, Version> watch : watched.entrySet()) {
                Result.Value value = present.get(watch.getKey());
                if (!watch.getValue().equals(value == null ? Version.ZERO : value.version())) {
                    return new Computation.Outcome(List.of(), new Reply.NullArray());
                }
            }
            Workspace workspace = new Workspace(present, nowMs, maxValueBytes);
            try {
                List<Reply> replies = new ArrayList<>(operations.size());
                long bytes = 0;
                for (Operation operation : operations) {
                    Reply reply = operation.run(workspace);
                    bytes += Reply.size(reply);
                    if (bytes > MAX_REPLY_BYTES && bytes > 2L * maxValueBytes) {
                        return new Computation.Outcome(List.of(), TOO_LONG);
                    }
                    replies.add(reply);
                }
                return new Computation.Outcome(workspace.writes(), asArray ? new Reply.Array(replies) : replies.get(0));
            } catch (RuntimeException bug) {
                return new Computation.Outcome(
                        List.of(), new Reply.Problem("ERR not applied, because of a bug in this server: " + bug));
            }
        }
    }
}
