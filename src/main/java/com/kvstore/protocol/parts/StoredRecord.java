package com.kvstore.protocol.parts;

import com.kvstore.common.Bytes;
import com.kvstore.common.Version;
import org.jspecify.annotations.Nullable;

/**
 * What a table holds for one key: a value or a tombstone, and the version that wrote it.
 *
 * @param position the key's position on the ring
 * @param value null: a tombstone
 */
public record StoredRecord(
        int position, Bytes key, @Nullable Bytes value, Version version) {
    public boolean isTombstone() {
        return value == null;
    }
}
