package com.kvstore.protocol.primarybackup;

import com.kvstore.common.Bytes;
import com.kvstore.common.Expiry;
import com.kvstore.common.RequestId;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One place of the log: what the primary made of a client's request. Conditions and times to live are resolved already, so
 * that whoever applies it needs nothing but the entries before it.
 *
 * @param id the client's; null if it has none
 */
public record LogEntry(@Nullable RequestId id, List<KeyWrite> writes) {
    private static final int OVERHEAD_BYTES = 64;

    public LogEntry {
        writes = List.copyOf(writes);
    }

    /**
     * @param value null deletes the key
     * @param deadlineMs as in {@code StoredRecord}
     */
    public record KeyWrite(Bytes key, @Nullable Bytes value, long deadlineMs) {}

    /** Whether it writes a value that expires. */
    boolean isTimed() {
        for (KeyWrite write : writes) {
            if (write.deadlineMs() != Expiry.NO_DEADLINE && write.value() != null) {
                return true;
            }
        }
        return false;
    }

    /** What it takes in memory and on the wire; roughly. */
    long bytes() {
        long bytes = OVERHEAD_BYTES;
        for (KeyWrite write : writes) {
            bytes += OVERHEAD_BYTES
                    + write.key().length()
                    + (write.value() == null ? 0 : write.value().length());
        }
        return bytes;
    }
}
