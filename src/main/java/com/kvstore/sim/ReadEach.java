package com.kvstore.sim;

import com.kvstore.common.Bytes;
import com.kvstore.common.Command;
import java.util.ArrayDeque;
import java.util.Collection;
import org.jspecify.annotations.Nullable;

/** Reads every key once, insisting on an answer. */
final class ReadEach implements Workload {
    private final ArrayDeque<Bytes> keys;

    ReadEach(Collection<Bytes> keys) {
        this.keys = new ArrayDeque<>(keys);
    }

    @Override
    public @Nullable Task next() {
        Bytes key = keys.poll();
        return key == null ? null : new Task(new Command.Get(key), 0, true);
    }
}
