package com.kvstore.common;

import org.jspecify.annotations.Nullable;

/**
 * One key's part of a transaction.
 *
 * @param key 1 byte to 64 KiB
 * @param value null deletes the key
 * @param expiry when the value begins to count as absent
 * @param condition what must hold of the key's committed state for the whole transaction to be applied
 */
public record Write(Bytes key, @Nullable Bytes value, Expiry expiry, Condition condition) {

    /** Of a value that does not expire. */
    public Write(Bytes key, @Nullable Bytes value, Condition condition) {
        this(key, value, Expiry.NEVER, condition);
    }

    /** Inserts or overwrites. */
    public static Write put(Bytes key, Bytes value) {
        return new Write(key, value, Condition.NONE);
    }

    /** Overwrites a key that is there. */
    public static Write update(Bytes key, Bytes value) {
        return new Write(key, value, Condition.EXISTS);
    }

    /** Deletes a key that is there. */
    public static Write delete(Bytes key) {
        return new Write(key, null, Condition.EXISTS);
    }

    /** Makes sure that a key is not there. */
    public static Write remove(Bytes key) {
        return new Write(key, null, Condition.NONE);
    }
}
