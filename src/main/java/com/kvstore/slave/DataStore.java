package com.kvstore.slave;

import com.kvstore.protocol.parts.RecordTable;
import com.kvstore.storage.MemoryTable;
import java.security.SecureRandom;

/**
 * What a slave holds: the records of its OWN and its PREV table, in one {@link RecordTable}.
 *
 * <p>They are one because no server ever holds two copies of one key: the view says of each arc whether this server's
 * copy of it is the OWN or the PREV one, and when a neighbour comes or goes the copy changes its role without a byte
 * being moved.
 *
 * <p>The incarnation names these data: drawn when the table is made, empty, so that a slave that lost its data is not
 * taken for the one that had them.
 */
final class DataStore {
    private final RecordTable table = new MemoryTable();
    private final long incarnation = new SecureRandom().nextLong();

    RecordTable table() {
        return table;
    }

    long incarnation() {
        return incarnation;
    }

    /** Whether the data survive a restart of the process. */
    boolean durable() {
        return false;
    }
}
