package com.kvstore.wire;

import com.kvstore.common.Bytes;
import com.kvstore.common.Command;
import com.kvstore.common.ErrorCode;
import com.kvstore.common.Limits;
import com.kvstore.common.Result.Failure;
import com.kvstore.common.Write;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What every request must keep, in whatever language it came: keys of 1 byte to 64 KiB, values up to the limit, and a
 * transaction of one write or more with no key twice.
 *
 * <p>Thread-safe: no state.
 */
public final class RequestLimits {
    private RequestLimits() {}

    /**
     * @param maxValueBytes the longest value accepted
     * @return what to answer instead of carrying it out; null when all is well
     */
    public static @Nullable Failure check(Command command, int maxValueBytes) {
        if (command instanceof Command.Get get) {
            return checkKey(get.key());
        }
        if (command instanceof Command.GetLocal get) {
            return checkKey(get.key());
        }
        if (command instanceof Command.GetFromTable get) {
            return checkKey(get.key());
        }
        if (command instanceof Command.Describe describe && describe.subject() == Command.Describe.Subject.WHERE) {
            return checkKey(describe.key());
        }
        if (command instanceof Command.GetAll get) {
            return checkKeys(get.keys());
        }
        if (command instanceof Command.Compute compute) {
            return checkKeys(compute.keys());
        }
        if (command instanceof Command.Scan scan) {
            return checkScan(scan);
        }
        if (command instanceof Command.StoreBackup part) {
            return part.chunk().length() <= Limits.MAX_BACKUP_PART_BYTES
                    ? null
                    : Failure.of(
                            ErrorCode.TOO_LARGE,
                            "a part of a backup has at most " + Limits.MAX_BACKUP_PART_BYTES + " bytes, and this one "
                                    + part.chunk().length());
        }
        return command instanceof Command.Transact transact ? checkWrites(transact.writes(), maxValueBytes) : null;
    }

    private static @Nullable Failure checkKeys(List<Bytes> keys) {
        if (keys.isEmpty() || keys.size() > Limits.MAX_WRITES) {
            return Failure.of(
                    ErrorCode.BAD_REQUEST,
                    "a request is about 1 to " + Limits.MAX_WRITES + " keys, and this one about " + keys.size());
        }
        for (Bytes key : keys) {
            Failure wrong = checkKey(key);
            if (wrong != null) {
                return wrong;
            }
        }
        return null;
    }

    private static @Nullable Failure checkScan(Command.Scan scan) {
        if (scan.limit() < 1 || scan.limit() > Limits.MAX_SCAN) {
            return Failure.of(
                    ErrorCode.BAD_REQUEST,
                    "a scan's limit is 1 to " + Limits.MAX_SCAN + ", and this one's is " + scan.limit());
        }
        return scan.prefix().length() == 0 ? null : checkKey(scan.prefix());
    }

    private static @Nullable Failure checkWrites(List<Write> writes, int maxValueBytes) {
        if (writes.isEmpty()) {
            return Failure.of(ErrorCode.BAD_REQUEST, "a transaction has one write or more, and this one has none");
        }
        if (writes.size() > Limits.MAX_WRITES) {
            return Failure.of(
                    ErrorCode.TOO_LARGE,
                    "a transaction has at most " + Limits.MAX_WRITES + " writes, and this one has " + writes.size());
        }
        // One write, as most have, cannot name a key twice.
        Set<Bytes> keys = writes.size() == 1 ? Set.of() : new HashSet<>();
        for (Write write : writes) {
            Failure wrong = checkKey(write.key());
            if (wrong != null) {
                return wrong;
            }
            if (writes.size() > 1 && !keys.add(write.key())) {
                return Failure.of(
                        ErrorCode.BAD_REQUEST, "a transaction writes a key once, and this one twice: " + write.key());
            }
            Bytes value = write.value();
            if (value != null && value.length() > maxValueBytes) {
                return Failure.of(
                        ErrorCode.TOO_LARGE,
                        "the value has " + value.length() + " bytes; the limit is " + maxValueBytes
                                + " (--max-value on the servers)");
            }
        }
        return null;
    }

    private static @Nullable Failure checkKey(Bytes key) {
        if (key.length() == 0) {
            return Failure.of(ErrorCode.BAD_REQUEST, "the key is empty; a key has 1 byte to 64 KiB");
        }
        if (key.length() > Limits.MAX_KEY_BYTES) {
            return Failure.of(
                    ErrorCode.TOO_LARGE,
                    "the key has " + key.length() + " bytes; the limit is " + Limits.MAX_KEY_BYTES);
        }
        return null;
    }
}
