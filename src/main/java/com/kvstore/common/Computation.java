package com.kvstore.common;

import java.util.List;
import java.util.Map;

/**
 * A transaction whose writes depend on what its keys hold: it is shown their committed values, all of one moment, and
 * says what to write and what to answer; nobody else writes these keys in between.
 *
 * <p>Pure and quick: it may be called again, after a failover, and runs on the thread that serves everybody. It never
 * crosses the wire: a face of the coordinator makes it in the coordinator's process.
 */
@FunctionalInterface
public interface Computation {
    /**
     * @param present the keys that are there; a key without an entry is absent, or its deadline has passed
     * @param nowMs the time that deadlines are judged by, milliseconds since 1970
     */
    Outcome compute(Map<Bytes, Result.Value> present, long nowMs);

    /**
     * What comes of it.
     *
     * @param writes to its own keys, each at most once, without conditions; none: nothing is written
     * @param answer for the client, once the writes are decided; whatever the face that made the computation understands
     */
    record Outcome(List<Write> writes, Object answer) {
        public Outcome {
            writes = List.copyOf(writes);
        }
    }
}
