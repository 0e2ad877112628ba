package com.kvstore.protocol.parts;

import com.kvstore.common.Bytes;
import com.kvstore.common.Command;
import com.kvstore.common.ErrorCode;
import com.kvstore.common.Expiry;
import com.kvstore.common.Result;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Answers reads from a table that holds a full copy.
 *
 * <p>Threading: one machine's.
 */
public final class TableReads {
    private final RecordTable table;

    public TableReads(RecordTable table) {
        this.table = table;
    }

    /** Whether {@link #answer} knows what to do with it. */
    public static boolean isRead(Command command) {
        return command instanceof Command.Get
                || command instanceof Command.GetAll
                || command instanceof Command.Scan
                || command instanceof Command.Count;
    }

    /**
     * The latest deadline that has passed at {@code nowMs}, of the values that a command reads; 0 if none has. Where another
     * peer may answer the next read, it must know first that so much time has passed.
     */
    public long passedDeadlineMs(Command command, long nowMs) {
        if (table.expiring() == 0) {
            return 0;
        }
        if (command instanceof Command.Get get) {
            return passed(get.key(), nowMs);
        }
        long latest = 0;
        if (command instanceof Command.GetAll all) {
            for (Bytes key : all.keys()) {
                latest = Math.max(latest, passed(key, nowMs));
            }
        }
        return latest;
    }

    private long passed(Bytes key, long nowMs) {
        StoredRecord record = table.get(key);
        return record != null && Expiry.isPast(record.deadlineMs(), nowMs) ? record.deadlineMs() : 0;
    }

    /**
     * @param command one that {@link #isRead}
     * @param nowMs by which deadlines are judged
     */
    public Result answer(Command command, long nowMs) {
        if (command instanceof Command.Get get) {
            Result.Value value = read(get.key(), nowMs);
            return value != null
                    ? value
                    : Result.Failure.of(
                            ErrorCode.NOT_FOUND, "Key not found: " + get.key().text());
        } else if (command instanceof Command.GetAll all) {
            List<Optional<Result.Value>> values = new ArrayList<>(all.keys().size());
            for (Bytes key : all.keys()) {
                values.add(Optional.ofNullable(read(key, nowMs)));
            }
            return new Result.Values(values);
        } else if (command instanceof Command.Scan scan) {
            Page page = new Page(scan, nowMs);
            page.run(table, scan.cursor());
            return new Result.Page(page.keys, page.reached() + 1);
        }
        return new Result.Count(table.keys() - expired(nowMs));
    }

    private Result.@Nullable Value read(Bytes key, long nowMs) {
        StoredRecord record = table.get(key);
        return record == null || record.value() == null || Expiry.isPast(record.deadlineMs(), nowMs)
                ? null
                : new Result.Value(record.value(), record.version(), record.deadlineMs());
    }

    private long expired(long nowMs) {
        if (table.expiring() == 0) {
            return 0;
        }
        long[] count = {0};
        table.findExpired(0, Integer.MAX_VALUE / 2, nowMs, (position, key, version) -> count[0]++);
        return count[0];
    }

    private static final class Page extends BoundedScan {
        private final Command.Scan scan;
        private final long nowMs;
        private final List<Bytes> keys = new ArrayList<>();

        private Page(Command.Scan scan, long nowMs) {
            this.scan = scan;
            this.nowMs = nowMs;
        }

        @Override
        protected boolean goOn(long nextHash) {
            if (spent() || keys.size() >= scan.limit()) {
                stopAt(nextHash - 1);
                return false;
            }
            return true;
        }

        @Override
        protected void take(long scanHash, StoredRecord record) {
            if (!record.isTombstone()
                    && !Expiry.isPast(record.deadlineMs(), nowMs)
                    && startsWith(record.key(), scan.prefix())) {
                keys.add(record.key());
            }
        }

        private static boolean startsWith(Bytes key, Bytes prefix) {
            if (key.length() < prefix.length()) {
                return false;
            }
            for (int i = 0; i < prefix.length(); i++) {
                if (key.at(i) != prefix.at(i)) {
                    return false;
                }
            }
            return true;
        }
    }
}
