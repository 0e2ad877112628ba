package com.kvstore.protocol.parts;

import com.kvstore.common.Bytes;
import com.kvstore.common.Expiry;
import com.kvstore.common.Version;
import org.jspecify.annotations.Nullable;

/**
 * What a table holds for one key: a value or a tombstone, and the version that wrote it.
 *
 * @param position the key's position on the ring
 * @param value null: a tombstone
 * @param deadlineMs when the value begins to count as absent; {@link Expiry#NO_DEADLINE} for never
 */
public record StoredRecord(
        int position, Bytes key, @Nullable Bytes value, long deadlineMs, Version version) {

    /** Of a value that does not expire, or a tombstone. */
    public StoredRecord(int position, Bytes key, @Nullable Bytes value, Version version) {
        this(position, key, value, Expiry.NO_DEADLINE, version);
    }

    public boolean isTombstone() {
        return value == null;
    }
}
