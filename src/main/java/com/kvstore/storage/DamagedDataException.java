package com.kvstore.storage;

import java.io.IOException;

/** What is on the disk is not what was written there: the checksums say so, or a part is missing. */
public final class DamagedDataException extends IOException {
    private static final long serialVersionUID = 1L;

    public DamagedDataException(String message, Throwable cause) {
        super(message, cause);
    }
}
