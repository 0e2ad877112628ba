package com.kvstore.storage;

import java.io.IOException;
import java.util.concurrent.locks.LockSupport;
import org.rocksdb.RocksDBException;
import org.rocksdb.Status;
import org.rocksdb.WriteBatch;

/**
 * How a batch is given to RocksDB without waiting in native code, and what is said of one that it refused.
 *
 * <p>Thread-safe: no state.
 */
final class TableWrites {
    private static final long STALL_PAUSE_NS = 500_000L;

    private TableWrites() {}

    /**
     * Gives the tables time to make room for a batch, which is all they need while the disk works. RocksDB itself would wait
     * in native code for as long as the disk is full, and nobody would be told.
     */
    static void write(RocksHandle handle, WriteBatch writes, long patienceNs) throws RocksDBException {
        long firstNs = System.nanoTime();
        while (true) {
            try {
                handle.database.write(handle.writing, writes);
                return;
            } catch (RocksDBException refused) {
                if (!isStalled(refused) || System.nanoTime() - firstNs >= patienceNs) {
                    throw refused;
                }
            }
            LockSupport.parkNanos(STALL_PAUSE_NS);
        }
    }

    private static boolean isStalled(RocksDBException refused) {
        Status status = refused.getStatus();
        return status != null && status.getCode() == Status.Code.Incomplete;
    }

    /** What a write or an opening failed of, by kind. */
    static IOException asException(String what, RocksDBException failed) {
        Status status = failed.getStatus();
        boolean damaged = status != null && status.getCode() == Status.Code.Corruption;
        String why = isStalled(failed)
                ? "the disk is full or too slow: what was written before is not in its files yet"
                : failed.getMessage();
        String message = what + ": " + why;
        return damaged ? new DamagedDataException(message, failed) : new IOException(message, failed);
    }
}
