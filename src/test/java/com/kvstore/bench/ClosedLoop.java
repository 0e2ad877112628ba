package com.kvstore.bench;

import java.io.IOException;

/** A load that goes on when an answer frees a place, in slices that can take turns with others'. */
interface ClosedLoop extends AutoCloseable {
    /** Runs on for so long. */
    Load.Measured run(long ms) throws IOException;

    @Override
    void close() throws IOException;
}
