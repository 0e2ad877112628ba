package com.kvstore.common;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** The answer to a {@link Command}. "Unknown" is an outcome beside "done" and "not done". Immutable. */
public sealed interface Result {

    /**
     * Done.
     *
     * @param copies on how many in-sync copies the write stands; 2 for commands that write nothing
     * @param missing the servers whose copy the write lacks; empty unless degraded
     * @param note why a copy is missing, or what an operator's command set in motion; empty if there is nothing to say
     */
    record Ack(int copies, List<ServerNode> missing, String note) implements Result {
        public static final Ack WHOLE = new Ack(2, List.of(), "");

        public Ack {
            missing = List.copyOf(missing);
        }

        public boolean degraded() {
            return copies < 2;
        }
    }

    /** A value, and the version it was written with. */
    record Value(Bytes value, Version version) implements Result {}

    /** A JSON document: status, ring, where, plan. */
    record Document(String json) implements Result {}

    /**
     * Answer to a ping.
     *
     * @param epoch the current epoch
     */
    record Pong(long epoch) implements Result {}

    /**
     * Not done, or not known to be done.
     *
     * @param message what happened, to what, and what to do next
     * @param redirect with {@link ErrorCode#WRONG_NODE}, whom to ask; else null
     * @param epoch the answering node's epoch, 0 if it has none: lets a client refresh the one it sends
     */
    record Failure(ErrorCode code, String message, @Nullable ServerNode redirect, long epoch) implements Result {
        public static Failure of(ErrorCode code, String message) {
            return new Failure(code, message, null, 0);
        }
    }
}
