package com.kvstore.protocol.parts;

import com.kvstore.common.Bytes;
import com.kvstore.common.Command;
import com.kvstore.common.Computation;
import com.kvstore.common.Condition;
import com.kvstore.common.ErrorCode;
import com.kvstore.common.Expiry;
import com.kvstore.common.Result;
import com.kvstore.common.Version;
import com.kvstore.common.Write;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a peer that holds every key can answer from its own table: reads, conditions, computations, pages of keys.
 *
 * <p>A value whose deadline has passed counts as absent everywhere here; the caller says what time it is.
 *
 * <p>Threading: one machine's. Nothing here changes the table but {@link #store}.
 */
public final class FullCopy {
    /** Peers know no ring: every record lies at this position. */
    public static final int POSITION = 0;

    private final RecordTable table;

    public FullCopy(RecordTable table) {
        this.table = table;
    }

    public RecordTable table() {
        return table;
    }

    /** The value of {@code key}; null if it is absent. */
    public Result.@Nullable Value find(Bytes key, long nowMs) {
        StoredRecord record = table.get(key);
        if (record == null || record.value() == null || Expiry.isPast(record.deadlineMs(), nowMs)) {
            return null;
        }
        return new Result.Value(record.value(), record.version(), record.deadlineMs());
    }

    public Result get(Bytes key, long nowMs) {
        Result.Value value = find(key, nowMs);
        return value != null ? value : notFound(key);
    }

    public Result getAll(List<Bytes> keys, long nowMs) {
        List<Optional<Result.Value>> values = new ArrayList<>(keys.size());
        keys.forEach(key -> values.add(Optional.ofNullable(find(key, nowMs))));
        return new Result.Values(values);
    }

    /** Why {@code writes} must not be applied as the table stands; null: they may. */
    public Result.@Nullable Failure refusal(List<Write> writes, long nowMs) {
        for (Write write : writes) {
            if (!holds(write, nowMs)) {
                return refused(write);
            }
        }
        return null;
    }

    private boolean holds(Write write, long nowMs) {
        Condition condition = write.condition();
        if (condition.isNone()) {
            return true;
        }
        if (condition.kind() == Condition.Kind.EXISTS && table.expiring() == 0) {
            return table.holds(write.key());
        }
        StoredRecord record = table.get(write.key());
        Bytes value = record == null ? null : record.value();
        return condition.holdsFor(
                record == null || value == null ? null : new Result.Value(value, record.version(), record.deadlineMs()),
                nowMs);
    }

    private static Result.Failure refused(Write write) {
        String key = write.key().text();
        return switch (write.condition().kind()) {
            case ABSENT -> Result.Failure.of(ErrorCode.CONFLICT, "Not applied: '" + key + "' is there already");
            case VERSION, EXPIRED ->
                Result.Failure.of(
                        ErrorCode.CONFLICT,
                        "Not applied: '" + key + "' has changed since version "
                                + write.condition().version() + ", or is gone");
            case VALUE ->
                Result.Failure.of(ErrorCode.CONFLICT, "Not applied: '" + key + "' does not have the expected value");
            case EXISTS, NONE -> notFound(write.key());
        };
    }

    private static Result.Failure notFound(Bytes key) {
        return Result.Failure.of(ErrorCode.NOT_FOUND, "Key not found: " + key.text());
    }

    /** {@code writes} with times to live made deadlines: once for each request, so that a retry puts nothing off. */
    public static List<Write> withDeadlines(List<Write> writes, long nowMs) {
        for (Write write : writes) {
            if (write.expiry().kind() == Expiry.Kind.AFTER) {
                return writes.stream()
                        .map(each -> new Write(
                                each.key(),
                                each.value(),
                                Expiry.ofDeadline(each.expiry().deadlineMs(nowMs)),
                                each.condition()))
                        .toList();
            }
        }
        return writes;
    }

    /** What comes of a computation now. */
    public Computation.Outcome compute(Command.Compute compute, long nowMs) {
        Map<Bytes, Result.Value> present = new LinkedHashMap<>();
        for (Bytes key : compute.keys()) {
            Result.Value value = find(key, nowMs);
            if (value != null) {
                present.put(key, value);
            }
        }
        return compute.computation().compute(present, nowMs);
    }

    /**
     * The same writes, each on the condition that its key is as it is now: for a protocol that can apply them only later.
     * Keys that are only read are not among them.
     */
    public List<Write> onPresentState(List<Write> writes, long nowMs) {
        List<Write> conditional = new ArrayList<>(writes.size());
        for (Write write : writes) {
            Result.Value present = find(write.key(), nowMs);
            Condition condition = present == null ? Condition.ABSENT : Condition.versionIs(present.version());
            conditional.add(new Write(write.key(), write.value(), write.expiry(), condition));
        }
        return conditional;
    }

    /** Stores what a write says under {@code version}; a delete leaves a tombstone. */
    public void store(Write write, Version version, long nowMs) {
        Bytes value = write.value();
        long deadlineMs = value == null ? Expiry.NO_DEADLINE : write.expiry().deadlineMs(nowMs);
        table.apply(POSITION, write.key(), value, deadlineMs, version);
    }

    /** A page of keys; the cursor is the scan hash the next page begins at. */
    public Result scan(Command.Scan scan, long nowMs) {
        Keys step = new Keys(scan, nowMs);
        step.run(table, scan.cursor());
        long cursor = step.reached() == BoundedScan.END ? 0 : step.reached() + 1;
        return new Result.Page(step.keys, cursor);
    }

    /** How many keys there are, those past their deadline included until they are swept. */
    public Result count() {
        return new Result.Count(table.keys());
    }

    private static final class Keys extends BoundedScan {
        private final Command.Scan scan;
        private final long nowMs;
        private final List<Bytes> keys = new ArrayList<>();
        private int looked;

        Keys(Command.Scan scan, long nowMs) {
            this.scan = scan;
            this.nowMs = nowMs;
        }

        @Override
        protected boolean goOn(long nextHash) {
            if (spent() || looked >= scan.limit()) {
                stopAt(nextHash - 1);
                return false;
            }
            return true;
        }

        @Override
        protected void take(long scanHash, StoredRecord record) {
            looked++;
            if (!record.isTombstone() && !Expiry.isPast(record.deadlineMs(), nowMs) && startsWith(record.key())) {
                keys.add(record.key());
            }
        }

        private boolean startsWith(Bytes key) {
            int n = scan.prefix().length();
            return key.length() >= n
                    && Arrays.equals(key.array(), 0, n, scan.prefix().array(), 0, n);
        }
    }
}
