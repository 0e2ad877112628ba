package com.kvstore.storage;

import org.jspecify.annotations.Nullable;

/** The disk could not be read, or what it gave is damaged: whoever asked cannot go on, and must not answer. */
public final class StorageFailure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public StorageFailure(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
