package com.kvstore.wire;

import com.kvstore.common.Command;
import com.kvstore.common.RequestId;
import org.jspecify.annotations.Nullable;

/**
 * A client's line, understood.
 *
 * @param id the JSON value of {@code "id"}, to be echoed; null if none was given ({@code JSONObject.NULL} for a null)
 * @param requestId null: a retry may apply it twice
 * @param reqType as the client spelled it: {@code set} and {@code put} are the same command
 */
public record JsonRequest(@Nullable Object id, @Nullable RequestId requestId, Command command, String reqType) {}
