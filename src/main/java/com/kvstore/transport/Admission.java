package com.kvstore.transport;

import com.kvstore.common.Bytes;
import com.kvstore.common.Command;
import com.kvstore.common.ErrorCode;
import com.kvstore.common.Password;
import com.kvstore.common.Result;
import com.kvstore.wire.RequestLimits;
import org.jspecify.annotations.Nullable;

/** What one connection may ask for: nothing but the password first, then whatever keeps the limits. The event loop only. */
final class Admission {
    /** The answer to everything but a password. */
    static final Result.Failure CLOSED = Result.Failure.of(
            ErrorCode.UNAUTHORIZED,
            "This node asks for a password first: --password-file FILE with run-client.sh and run-slave.sh,"
                    + " {\"req_type\":\"auth\",\"password\":\"…\"} in JSON lines");

    static final Result.Failure WRONG_PASSWORD =
            Result.Failure.of(ErrorCode.UNAUTHORIZED, "The password is wrong: it is not the one this node was given");

    private static final Result.Failure INPUT_FULL = Result.Failure.of(
            ErrorCode.OVERLOADED, "Not applied: the server has too many requests in hand. Retry a little later.");

    private final @Nullable Password password;
    private final int maxValueBytes;
    private final MemoryBudget inputBudget;
    private boolean open;

    /** @param trusted this side opened the connection */
    Admission(NetworkOptions options, MemoryBudget inputBudget, boolean trusted) {
        this.password = options.password();
        this.maxValueBytes = options.maxValueBytes();
        this.inputBudget = inputBudget;
        this.open = trusted || password == null;
    }

    boolean isOpen() {
        return open;
    }

    /** A password that nobody asked for changes nothing; a wrong one closes what was open. */
    void enter(Bytes given) {
        open = password == null || password.matches(given);
    }

    /** Why a request is not carried out; null: it is. */
    Result.@Nullable Failure refusal(Command command) {
        if (!open) {
            return CLOSED;
        }
        Result.Failure wrong = RequestLimits.check(command, maxValueBytes);
        return wrong == null && inputBudget.isFull() ? INPUT_FULL : wrong;
    }
}
