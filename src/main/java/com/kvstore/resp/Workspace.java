package com.kvstore.resp;

import com.kvstore.common.Bytes;
import com.kvstore.common.Condition;
import com.kvstore.common.Expiry;
import com.kvstore.common.Result;
import com.kvstore.common.Write;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The keys of a transaction while its commands run: what is committed, and over it what the commands before have changed.
 * Nothing leaves it before all have run.
 */
final class Workspace {
    /** @param deadlineMs as in {@link Result.Value} */
    record Entry(Bytes value, long deadlineMs) {}

    private final Map<Bytes, Result.Value> committed;
    private final Map<Bytes, @Nullable Entry> changed = new LinkedHashMap<>();
    private final long nowMs;
    private final int maxValueBytes;

    /**
     * @param committed the keys that are there
     * @param nowMs by which deadlines are judged
     */
    Workspace(Map<Bytes, Result.Value> committed, long nowMs, int maxValueBytes) {
        this.committed = committed;
        this.nowMs = nowMs;
        this.maxValueBytes = maxValueBytes;
    }

    long nowMs() {
        return nowMs;
    }

    @Nullable Entry get(Bytes key) {
        if (changed.containsKey(key)) {
            return changed.get(key);
        }
        Result.Value value = committed.get(key);
        return value == null ? null : new Entry(value.value(), value.deadlineMs());
    }

    boolean holds(Bytes key) {
        return get(key) != null;
    }

    /** A deadline that has passed already deletes. */
    void put(Bytes key, Bytes value, long deadlineMs) throws RespException {
        checkLength(value.length());
        changed.put(key, Expiry.isPast(deadlineMs, nowMs) ? null : new Entry(value, deadlineMs));
    }

    /** Before memory is taken for a value of this length. */
    void checkLength(int bytes) throws RespException {
        if (bytes > maxValueBytes) {
            throw new RespException("ERR string exceeds maximum allowed size (proto-max-bulk-len)");
        }
    }

    void delete(Bytes key) {
        changed.put(key, null);
    }

    /** What has changed, for the store. */
    List<Write> writes() {
        List<Write> writes = new ArrayList<>(changed.size());
        changed.forEach((key, entry) -> {
            if (entry != null) {
                writes.add(new Write(key, entry.value(), Expiry.ofDeadline(entry.deadlineMs()), Condition.NONE));
            } else if (committed.containsKey(key)) {
                writes.add(Write.remove(key));
            }
        });
        return writes;
    }
}
