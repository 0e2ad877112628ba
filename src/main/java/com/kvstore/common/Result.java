package com.kvstore.common;

import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The answer to a {@link Command}. "Unknown" is an outcome beside "done" and "not done". Immutable. */
public sealed interface Result {

    /**
     * Done.
     *
     * @param copies on how many in-sync copies the write stands; 2 for commands that write nothing
     * @param missing the servers whose copy the write lacks; empty unless degraded
     * @param note why a copy is missing, or what an operator's command set in motion; empty if there is nothing to say
     * @param version under which the write stands, where a client may ask for it again ({@link Command.GetLocal}); else
     *     {@link Version#ZERO}
     */
    record Ack(int copies, List<ServerNode> missing, String note, Version version) implements Result {
        public static final Ack WHOLE = new Ack(2, List.of(), "");

        public Ack(int copies, List<ServerNode> missing, String note) {
            this(copies, missing, note, Version.ZERO);
        }

        public Ack {
            missing = List.copyOf(missing);
        }

        public boolean degraded() {
            return copies < 2;
        }
    }

    /**
     * A value.
     *
     * @param version the transaction that wrote it
     * @param deadlineMs when it begins to count as absent, milliseconds since 1970; {@link Expiry#NO_DEADLINE} for never
     */
    record Value(Bytes value, Version version, long deadlineMs) implements Result {
        /** One that does not expire. */
        public Value(Bytes value, Version version) {
            this(value, version, Expiry.NO_DEADLINE);
        }
    }

    /** The values of several keys in the order they were asked for; empty where a key is absent. */
    record Values(List<Optional<Value>> values) implements Result {
        public Values {
            values = List.copyOf(values);
        }
    }

    /**
     * What a {@link Computation} answered, once its writes were decided.
     *
     * @param ack on how many copies they stand; {@link Ack#WHOLE} if it wrote nothing
     */
    record Computed(Object answer, Ack ack) implements Result {}

    /**
     * @param keys what was found, each once
     * @param cursor asks for the next page; 0: there is none
     */
    record Page(List<Bytes> keys, long cursor) implements Result {
        public Page {
            keys = List.copyOf(keys);
        }
    }

    /** How many: keys, or, for {@link Command.AwaitCopies}, peers. */
    record Count(long keys) implements Result {}

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
