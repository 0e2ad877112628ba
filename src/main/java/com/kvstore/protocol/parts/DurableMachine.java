package com.kvstore.protocol.parts;

import com.kvstore.common.Command;
import com.kvstore.common.Message;
import com.kvstore.protocol.kernel.Effects;
import com.kvstore.protocol.kernel.Machine;

/**
 * A machine that can be stopped at any moment and go on from its disk, if {@link OutputCommit} drives it.
 *
 * <p>Threading: see {@link Machine}.
 */
public interface DurableMachine extends Machine {
    /** How soon what a turn has written must be durable. */
    enum Saved {
        /** With whatever is written next, or a moment later. */
        LATER,
        /** At once: somebody waits for it. */
        NEEDED,
        /** At once, and before it not even what {@link #mayPrecede} may leave. */
        VITAL
    }

    /** A turn has ended: writes to the storage what has changed of all that must outlive the process. */
    Saved save();

    /** Whether this may leave before what its turn wrote is durable, but for what is vital. */
    default boolean mayPrecede(Message message) {
        return false;
    }

    /** The same of answers to clients. */
    default boolean answersMayPrecede() {
        return false;
    }

    /**
     * Whether this may be answered while the disk takes nothing: it promises nothing about what others hold, or may be
     * answered too old.
     */
    default boolean needsNoDisk(Command command) {
        return false;
    }

    /** What was written when the storage had counted this far is durable. */
    default void durable(long written, long nowNs, Effects effects) {}

    /** The disk has begun to fail, or is well again. */
    default void diskFails(boolean fails, long nowNs) {}
}
