package com.kvstore.app;

/** A command line that cannot be understood; the message tells a person what is wrong. The process exits with status 2. */
public final class UsageException extends Exception {
    private static final long serialVersionUID = 1;

    public UsageException(String message) {
        super(message);
    }
}
