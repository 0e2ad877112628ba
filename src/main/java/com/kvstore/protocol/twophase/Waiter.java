package com.kvstore.protocol.twophase;

import com.kvstore.common.RequestId;
import org.jspecify.annotations.Nullable;

/**
 * A client waiting for an answer.
 *
 * @param client as in {@code Input.ClientRequested}
 * @param id null: the client does not ask for at most once
 */
record Waiter(long client, @Nullable RequestId id) {}
