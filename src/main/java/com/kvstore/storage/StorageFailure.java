package com.kvstore.storage;

import org.jspecify.annotations.Nullable;

/**
 * The disk could not be read, what it gave is damaged, or the tables take no writes any more: whoever asked cannot go on,
 * and must not answer.
 */
public final class StorageFailure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public StorageFailure(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
