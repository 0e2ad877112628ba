package com.kvstore.sim;

import com.kvstore.common.Bytes;
import com.kvstore.common.Command;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Only reads, so that nothing it has written itself keeps it from being told something old. */
final class Watcher implements Workload {
    private final SimRandom random;
    private final List<Bytes> keys;
    private boolean ended;

    Watcher(SimRandom random, List<Bytes> keys) {
        this.random = random;
        this.keys = keys;
    }

    /** Nothing more is asked for. */
    void end() {
        ended = true;
    }

    @Override
    public @Nullable Task next() {
        return ended
                ? null
                : new Task(new Command.Get(random.pick(keys)), random.skewed(1_000_000, 500_000_000L), false);
    }
}
