package com.kvstore.storage;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.locks.LockSupport;
import org.rocksdb.RocksDBException;
import org.rocksdb.Status;
import org.rocksdb.WriteBatch;

/**
 * How generations and, at the start, batches of the journal get into the tables, and what RocksDB says when they do not.
 *
 * <p>Threading: the thread that writes. No state.
 */
final class RocksWrites {
    private static final byte[] JOURNALED = "journal".getBytes(StandardCharsets.UTF_8);
    private static final long STALL_PAUSE_NS = 500_000L;
    /** So long may tables that have room take nothing at the start: a slow disk is slow, but not for ever. */
    private static final long PATIENCE_NS = 60_000_000_000L;

    private RocksWrites() {}

    /** Opening alone writes a little: it is tried until there is room for that. */
    static RocksHandle open(Path directory, RoomAtStart start) throws RocksDBException, IOException {
        while (true) {
            try {
                return new RocksHandle(directory);
            } catch (RocksDBException failed) {
                if (!isFull(failed)) {
                    throw failed;
                }
            }
            start.pauseForRoom();
        }
    }

    /** The newest batch that is in the tables' files. */
    static long journaled(RocksHandle handle) throws RocksDBException {
        byte[] stored = handle.database.get(handle.families.get(RocksEngine.META), handle.reading, JOURNALED);
        return stored == null ? 0 : ByteBuffer.wrap(stored).getLong();
    }

    /**
     * Has the tables take over what the journal has beyond them.
     *
     * @param after the newest batch that they have
     * @return the newest batch that they have then
     */
    static long replay(RocksHandle handle, Journal journal, long after, RoomAtStart start) throws IOException {
        long[] applied = {after};
        start.begin(journal.bytesAfter(after));
        journal.replay(after, (sequence, batch) -> {
            long freeBytes = start.awaitFor(batch.length);
            try {
                if (freeBytes >= 0) {
                    handle.mindRoom(freeBytes);
                }
                replay(handle, sequence, batch, start);
                applied[0] = sequence;
            } catch (RocksDBException failed) {
                throw asException("cannot write what is in the journal to the tables", failed);
            }
        });
        return applied[0];
    }

    /** The room that there was may have gone to somebody else in that moment: RocksDB goes on once there is some again. */
    private static void replay(RocksHandle handle, long sequence, byte[] batch, RoomAtStart start)
            throws RocksDBException, IOException {
        long hadRoomNs = System.nanoTime();
        while (true) {
            try {
                apply(handle, sequence, batch, RocksEngine.STALL_NS);
                return;
            } catch (RocksDBException failed) {
                boolean mayPass = isFull(failed) || isStalled(failed);
                if (!start.isThere()) {
                    hadRoomNs = System.nanoTime();
                } else if (!mayPass || System.nanoTime() - hadRoomNs >= PATIENCE_NS) {
                    throw failed;
                }
            }
            start.pause();
        }
    }

    /** Writes a batch of the journal, with its number. */
    static void apply(RocksHandle handle, long sequence, byte[] batch, long patienceNs) throws RocksDBException {
        try (WriteBatch writes = new WriteBatch(batch)) {
            apply(handle, sequence, writes, patienceNs);
        }
    }

    /** Writes a generation in one piece, with the number of the newest batch all of whose writes are in it. */
    static void apply(RocksHandle handle, long upTo, Generation generation, long patienceNs) throws RocksDBException {
        try (WriteBatch writes = new WriteBatch()) {
            generation.writeTo((family, key, value) -> {
                if (value.length == 0) {
                    writes.delete(handle.families.get(family), key);
                } else {
                    writes.put(handle.families.get(family), key, value);
                }
            });
            apply(handle, upTo, writes, patienceNs);
        }
    }

    private static void apply(RocksHandle handle, long sequence, WriteBatch writes, long patienceNs)
            throws RocksDBException {
        byte[] number = ByteBuffer.allocate(Long.BYTES).putLong(sequence).array();
        writes.put(handle.families.get(RocksEngine.META), JOURNALED, number);
        write(handle, writes, patienceNs);
    }

    /**
     * Gives the tables time to make room for a batch, which is all they need while the disk works. RocksDB itself would wait
     * in native code for as long as the disk is full, and nobody would be told.
     */
    private static void write(RocksHandle handle, WriteBatch writes, long patienceNs) throws RocksDBException {
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

    private static boolean isFull(RocksDBException failed) {
        Status status = failed.getStatus();
        return (status != null && status.getSubCode() == Status.SubCode.NoSpace)
                || String.valueOf(failed.getMessage()).contains("No space left");
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
