package com.kvstore.protocol.kernel;

/**
 * A protocol as a plain object: one event and the present time go in, effects come out.
 *
 * <p>Nothing inside a machine reads a clock, opens a socket or a file, starts a thread, takes a lock or draws an
 * unseeded random number. Given the same inputs at the same times it produces the same effects, in the same order.
 *
 * <p>Threading: a machine belongs to one driver, which calls it from one thread and never re-enters it from within an
 * {@link Effects} call.
 *
 * <p>Batches: a driver hands over every input that is waiting, then calls {@link #turnEnded} once. What can wait for
 * company (prepares, commits, reads) is sent there.
 *
 * <p>A crash is an input that never comes: a machine must be right if it is never called again after any effect.
 */
public interface Machine {
    /**
     * Handles one event to completion.
     *
     * @param nowNs the driver's monotonic clock; never goes back within one life of the process
     */
    void on(Input input, long nowNs, Effects effects);

    /** Every input that was waiting has been handed over: sends what was gathered. */
    void turnEnded(long nowNs, Effects effects);
}
