package com.kvstore.runtime;

/** A node cannot start; the message tells a person why and what to do. The process exits with status 1. */
public final class CannotStartException extends Exception {
    private static final long serialVersionUID = 1;

    public CannotStartException(String message) {
        super(message);
    }

    public CannotStartException(String message, Throwable cause) {
        super(message, cause);
    }
}
