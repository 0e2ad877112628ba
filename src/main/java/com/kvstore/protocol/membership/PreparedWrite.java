package com.kvstore.protocol.membership;

import com.kvstore.common.Bytes;
import com.kvstore.common.Table;
import com.kvstore.common.Write.Condition;
import org.jspecify.annotations.Nullable;

/**
 * One write of a transaction as one participant sees it.
 *
 * @param position the key's position on the ring
 * @param value null deletes
 * @param condition {@link Condition#NONE} for a participant whose copy is still being filled: it cannot know
 */
public record PreparedWrite(
        Table table, int position, Bytes key, @Nullable Bytes value, Condition condition) {}
