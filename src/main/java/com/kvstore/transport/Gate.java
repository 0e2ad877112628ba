package com.kvstore.transport;

import com.kvstore.common.Command;
import com.kvstore.common.ErrorCode;
import com.kvstore.common.Password;
import com.kvstore.common.Result;
import org.jspecify.annotations.Nullable;

/** Whether a connection may do anything but tell the password. Threading: the event loop only. */
final class Gate {
    /** The answer to everything but a password. */
    static final Result.Failure CLOSED = Result.Failure.of(
            ErrorCode.UNAUTHORIZED,
            "This node asks for a password first: --password-file FILE with run-client.sh and run-slave.sh,"
                    + " {\"req_type\":\"auth\",\"password\":\"…\"} in JSON lines");

    private static final Result.Failure WRONG =
            Result.Failure.of(ErrorCode.UNAUTHORIZED, "The password is wrong: it is not the one this node was given");

    private final @Nullable Password password;
    private boolean open;

    /** @param password null: none is asked for */
    Gate(@Nullable Password password, boolean open) {
        this.password = password;
        this.open = open || password == null;
    }

    boolean isOpen() {
        return open;
    }

    /** A password too many changes nothing; a wrong one closes an open gate. */
    Result enter(Command.Authenticate given) {
        open = password == null || password.matches(given.password());
        return open ? Result.Ack.WHOLE : WRONG;
    }
}
