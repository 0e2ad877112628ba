package com.kvstore.wire;

import com.kvstore.common.ErrorCode;
import com.kvstore.common.Result;
import org.jspecify.annotations.Nullable;

/**
 * A client's line that cannot be carried out; nothing was executed, and the connection can go on with its next line.
 *
 * <p>The message is for people: it names the field and what was expected there.
 */
public final class RequestException extends Exception {
    private static final long serialVersionUID = 1L;

    private final ErrorCode code;

    /** A JSON value; exceptions are never serialized here. */
    private final transient @Nullable Object id;

    /** @param id the request's {@code "id"}, null if it had none or could not be read */
    public RequestException(ErrorCode code, String message, @Nullable Object id) {
        super(message);
        this.code = code;
        this.id = id;
    }

    public ErrorCode code() {
        return code;
    }

    public @Nullable Object id() {
        return id;
    }

    /** The answer to send, together with {@link #id()}. */
    public Result.Failure failure() {
        String message = getMessage();
        return Result.Failure.of(code, message == null ? "" : message);
    }
}
