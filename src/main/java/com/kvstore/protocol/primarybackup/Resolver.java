package com.kvstore.protocol.primarybackup;

import com.kvstore.common.Bytes;
import com.kvstore.common.Command;
import com.kvstore.common.Computation;
import com.kvstore.common.Condition;
import com.kvstore.common.ErrorCode;
import com.kvstore.common.Expiry;
import com.kvstore.common.RequestId;
import com.kvstore.common.Result;
import com.kvstore.common.Write;
import com.kvstore.protocol.parts.StoredRecord;
import com.kvstore.protocol.primarybackup.LogEntry.KeyWrite;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Makes a log's entries of commands: judges conditions and computes by the state at the end of the log, which is the table
 * and, on top of it, what is not decided yet.
 *
 * <p>Threading: one machine's.
 */
final class Resolver {
    private record Latest(long op, KeyWrite write) {}

    private final Replica replica;
    /** For each key, the last entry that writes it and is not applied. */
    private final Map<Bytes, Latest> undecided = new HashMap<>();
    /** Whether the last look at a key depended on a deadline having passed. */
    private boolean usedClock;

    Resolver(Replica replica) {
        this.replica = replica;
    }

    /** Begins anew with the log as it is now. */
    void rebuild() {
        undecided.clear();
        for (long op = replica.applied + 1; op <= replica.log.last(); op++) {
            appended(op, replica.log.get(op));
        }
    }

    void appended(long op, LogEntry entry) {
        for (KeyWrite write : entry.writes()) {
            undecided.put(write.key(), new Latest(op, write));
        }
    }

    void applied(long op, LogEntry entry) {
        for (KeyWrite write : entry.writes()) {
            Latest latest = undecided.get(write.key());
            if (latest != null && latest.op == op) {
                undecided.remove(write.key());
            }
        }
    }

    boolean isUndecided(Bytes key) {
        return undecided.containsKey(key);
    }

    /** Whether what was resolved since the last call took a value for absent because its deadline had passed. */
    boolean takeUsedClock() {
        boolean used = usedClock;
        usedClock = false;
        return used;
    }

    /** What the writes come to; null if their conditions hold. */
    Result.@Nullable Failure refusal(Command.Transact command, long nowMs) {
        for (Write write : command.writes()) {
            Condition condition = write.condition();
            if (condition.isNone()) {
                continue;
            }
            Result.Value present = latest(write.key());
            usedClock |= present != null && Expiry.isPast(present.deadlineMs(), nowMs);
            if (!condition.holdsFor(present, nowMs)) {
                return refusalOf(write.key(), condition);
            }
        }
        return null;
    }

    private static Result.Failure refusalOf(Bytes key, Condition condition) {
        return condition.kind() == Condition.Kind.EXISTS
                ? Result.Failure.of(ErrorCode.NOT_FOUND, "Key not found: " + key)
                : Result.Failure.of(
                        ErrorCode.CONFLICT, "The condition on '" + key + "' does not hold: nothing was written");
    }

    static LogEntry entry(Command.Transact command, @Nullable RequestId id, long nowMs) {
        return new LogEntry(id, writes(command.writes(), nowMs));
    }

    static List<KeyWrite> writes(List<Write> writes, long nowMs) {
        if (writes.size() == 1) {
            return List.of(keyWrite(writes.get(0), nowMs));
        }
        List<KeyWrite> resolved = new ArrayList<>(writes.size());
        for (Write write : writes) {
            resolved.add(keyWrite(write, nowMs));
        }
        return resolved;
    }

    private static KeyWrite keyWrite(Write write, long nowMs) {
        return new KeyWrite(
                write.key(),
                write.value(),
                write.value() == null ? 0 : write.expiry().deadlineMs(nowMs));
    }

    Computation.Outcome compute(Command.Compute command, long nowMs) {
        Map<Bytes, Result.Value> present = new HashMap<>();
        for (Bytes key : command.keys()) {
            Result.Value value = latest(key);
            if (value != null && Expiry.isPast(value.deadlineMs(), nowMs)) {
                usedClock = true;
            } else if (value != null) {
                present.put(key, value);
            }
        }
        return command.computation().compute(present, nowMs);
    }

    /** What the key will hold once all of the log is applied. */
    private Result.@Nullable Value latest(Bytes key) {
        Latest latest = undecided.get(key);
        if (latest != null) {
            Bytes value = latest.write.value();
            return value == null
                    ? null
                    : new Result.Value(value, Replica.version(latest.op), latest.write.deadlineMs());
        }
        StoredRecord record = replica.table.get(key);
        return record == null || record.value() == null
                ? null
                : new Result.Value(record.value(), record.version(), record.deadlineMs());
    }
}
