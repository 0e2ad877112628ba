package com.kvstore.client;

import com.kvstore.common.ErrorCode;
import com.kvstore.common.Result;

/**
 * A request was not done, or is not known to be done: {@link #code()} says which, the message says it to people.
 *
 * <p>{@link ErrorCode#OUTCOME_UNKNOWN} is not a failure: the write may have been applied. Every other code means that it
 * was not.
 */
public final class KvException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final ErrorCode code;

    public KvException(ErrorCode code, String message) {
        super(message);
        this.code = code;
    }

    static KvException of(Result.Failure failure) {
        return new KvException(failure.code(), failure.message());
    }

    public ErrorCode code() {
        return code;
    }
}
