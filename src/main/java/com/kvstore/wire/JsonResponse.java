package com.kvstore.wire;

import com.kvstore.common.Result;
import org.jspecify.annotations.Nullable;

/**
 * An answer's line, understood.
 *
 * @param id the JSON value of {@code "id"}, null if there is none
 */
public record JsonResponse(Result result, @Nullable Object id) {}
