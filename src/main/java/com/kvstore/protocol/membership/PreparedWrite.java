package com.kvstore.protocol.membership;

import com.kvstore.common.Bytes;
import com.kvstore.common.Condition;
import com.kvstore.common.Expiry;
import com.kvstore.common.Table;
import org.jspecify.annotations.Nullable;

/**
 * One write of a transaction as one participant sees it.
 *
 * @param position the key's position on the ring
 * @param value null deletes
 * @param deadlineMs when the value begins to count as absent; {@link Expiry#NO_DEADLINE} for never
 * @param condition {@link Condition#NONE} for a participant whose copy is still being filled: it cannot know
 */
public record PreparedWrite(
        Table table, int position, Bytes key, @Nullable Bytes value, long deadlineMs, Condition condition) {

    /** Of a value that does not expire, or a delete. */
    public PreparedWrite(Table table, int position, Bytes key, @Nullable Bytes value, Condition condition) {
        this(table, position, key, value, Expiry.NO_DEADLINE, condition);
    }
}
