package com.kvstore.resp;

import com.kvstore.common.ErrorCode;
import com.kvstore.common.Result;
import com.kvstore.common.ServerNode;
import java.nio.charset.StandardCharsets;

/** What goes wrong in the store, as Redis clients expect to hear it: a code in capitals, then a sentence. */
final class Failures {
    private Failures() {}

    static String code(ErrorCode code) {
        return switch (code) {
            case BAD_REQUEST, TOO_LARGE, NOT_FOUND -> "ERR";
            case UNAUTHORIZED -> "NOAUTH";
            case WRONG_NODE -> "MOVED";
            case UNAVAILABLE, NO_NODES, OUTCOME_UNKNOWN, OVERLOADED, LOST, CONFLICT, NO_SPACE, RING_FULL -> code.name();
        };
    }

    /** For who is turned away before anything is asked. */
    static byte[] line(ErrorCode code, String message) {
        return ("-" + code(code) + " " + message + "\r\n").getBytes(StandardCharsets.UTF_8);
    }

    static String text(Result.Failure failure) {
        ServerNode coordinator = failure.redirect();
        if (failure.code() == ErrorCode.WRONG_NODE && coordinator != null) {
            // As Redis Cluster sends its clients on; one shard has all slots, so any of them will do.
            return "MOVED 0 " + coordinator;
        }
        return code(failure.code()) + " " + failure.message();
    }
}
