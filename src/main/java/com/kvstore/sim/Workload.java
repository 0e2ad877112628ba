package com.kvstore.sim;

import com.kvstore.common.Command;
import com.kvstore.common.Result;
import org.jspecify.annotations.Nullable;

/** What a {@link SimClient} is to do, one thing after the other. */
public interface Workload {
    /**
     * @param thinkNs to wait before it is sent
     * @param insist whether to ask again until the answer says something about the key: for reads
     */
    record Task(Command command, long thinkNs, boolean insist) {}

    /** An answer came to what was asked. */
    default void heard(Command command, Result result) {}

    /** Null: nothing more. */
    @Nullable Task next();
}
