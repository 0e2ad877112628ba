package com.kvstore.protocol.ring;

import com.kvstore.protocol.parts.RecordTable;
import com.kvstore.protocol.twophase.TransactionLog;

/**
 * The port to all that a data node keeps: its records, its transactions, its promise, its incarnation.
 *
 * <p>Whatever is written shows at once, and becomes durable in the order in which it was written, by
 * {@link com.kvstore.protocol.kernel.Effects#sync} at the latest.
 *
 * <p>Threading: belongs to one machine and is used from its thread only.
 */
public interface SlaveStorage {
    RecordTable table();

    TransactionLog transactions();

    /** Drawn at random when the storage was made, empty. */
    long incarnation();

    /** The latest one, of an earlier life too. */
    Promise promise();

    void promise(Promise promise);

    /** This node has left for good, all it held is elsewhere: its next life begins empty, as another incarnation. */
    void retire();

    /** Whether anything outlives the process. */
    boolean isDurable();

    /**
     * Counts what has been written and somebody may rely on; what was counted when a sync was asked for is durable when it
     * has succeeded.
     */
    long written();

    /** About how many bytes have been written and are not durable yet; 0 where nothing waits for a disk. */
    default long unsyncedBytes() {
        return 0;
    }

    /** A storage that ends with its process. */
    static SlaveStorage inMemory(RecordTable table, long incarnation) {
        return new SlaveStorage() {
            private Promise promise = Promise.NONE;

            @Override
            public RecordTable table() {
                return table;
            }

            @Override
            public TransactionLog transactions() {
                return TransactionLog.NONE;
            }

            @Override
            public long incarnation() {
                return incarnation;
            }

            @Override
            public Promise promise() {
                return promise;
            }

            @Override
            public void promise(Promise latest) {
                promise = latest;
            }

            @Override
            public void retire() {}

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
