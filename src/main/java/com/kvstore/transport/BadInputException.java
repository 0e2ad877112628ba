package com.kvstore.transport;

import com.kvstore.common.ErrorCode;

/**
 * What a connection sent cannot be understood, and nothing after it can: it is told so and closed. Carries no stack trace,
 * because hostile input must be cheap.
 */
public final class BadInputException extends Exception {
    private static final long serialVersionUID = 1;

    private final ErrorCode code;
    private final String explanation;

    public BadInputException(ErrorCode code, String message) {
        super(message, null, false, false);
        this.code = code;
        this.explanation = message;
    }

    /** What was wrong, for people. */
    public String explanation() {
        return explanation;
    }

    public ErrorCode code() {
        return code;
    }
}
