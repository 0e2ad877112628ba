package com.kvstore.protocol.parts;

import com.kvstore.common.Bytes;
import com.kvstore.protocol.kernel.Persistent;
import java.util.Collection;
import java.util.List;

/**
 * The port to all that a peer of a group keeps: its records, and beside them values of its protocol's own, each under a key.
 *
 * <p>Whatever is written shows at once in the table, and becomes durable by {@link
 * com.kvstore.protocol.kernel.Effects#sync}: all that was written between two calls of it together, or nothing of it. So
 * what a machine writes within one turn is on the disk whole or not at all.
 *
 * <p>Threading: belongs to one machine and is used from its thread only.
 */
public interface PeerStorage {
    /** The records. */
    RecordTable table();

    /** The values that the process before left, in the unsigned order of their keys' bytes. Asked for once, at the start. */
    Collection<Persistent> recovered();

    /** Keeps a value, in the place of the one that the key has. */
    void put(Bytes key, Persistent value);

    /** Forgets a key's value, if it has one. */
    void remove(Bytes key);

    /** Whether anything outlives the process. */
    boolean isDurable();

    /** Counts what has been written; what was counted when a sync was asked for is durable when that has succeeded. */
    long written();

    /** A storage that ends with its process. */
    static PeerStorage inMemory(RecordTable table) {
        return new PeerStorage() {
            @Override
            public RecordTable table() {
                return table;
            }

            @Override
            public Collection<Persistent> recovered() {
                return List.of();
            }

            @Override
            public void put(Bytes key, Persistent value) {}

            @Override
            public void remove(Bytes key) {}

            @Override
            public boolean isDurable() {
                return false;
            }

            @Override
            public long written() {
                return 0;
            }
        };
    }
}
