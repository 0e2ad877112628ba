package com.kvstore.storage;

import java.io.IOException;

/** The data are whole, and somebody else's: the wrong directory was named. The message says whose they are. */
public final class OtherOwnerException extends IOException {
    private static final long serialVersionUID = 1;

    OtherOwnerException(String message) {
        super(message);
    }
}
