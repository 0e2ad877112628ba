package com.kvstore.runtime;

/** How a process ends. */
@FunctionalInterface
public interface Ending {
    /** @param exitStatus 0 as asked, 1 it could not start, 2 wrong usage, 70 an internal error */
    void end(int exitStatus);
}
