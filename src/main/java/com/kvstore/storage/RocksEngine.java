package com.kvstore.storage;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.jspecify.annotations.Nullable;
import org.rocksdb.Checkpoint;
import org.rocksdb.NativeLibraryLoader;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.Status;
import org.rocksdb.WriteBatch;

/**
 * RocksDB, as far as a data node needs it: three column families, batches that are written whole and synced, and no way to
 * use it once it is closed, which would end the process in native code.
 *
 * <p>Thread-safe. Every use holds the shared side of a lock whose other side {@link #close} takes.
 *
 * <p>Durability: the journal is read back to its end; an incomplete record there, which a crash leaves, is dropped, and
 * anything else that does not fit its checksum refuses the whole ({@link DamagedDataException}).
 *
 * <p>Failure: {@link StorageFailure} for what cannot be read; {@link IOException} for what cannot be written.
 */
final class RocksEngine implements AutoCloseable {
    /** Records, by scan hash and key. */
    static final int RECORDS = 1;
    /** Transactions that are prepared, or committed and not settled. */
    static final int TRANSACTIONS = 2;
    /** One value for each name. */
    static final int META = 0;

    private final Path directory;
    private final ReentrantReadWriteLock lock = new ReentrantReadWriteLock();
    /** Null: closed. Changed under the exclusive lock only. */
    private @Nullable RocksHandle open;

    private RocksEngine(Path directory, RocksHandle open) {
        this.directory = directory;
        this.open = open;
    }

    /**
     * Opens what is in the directory, or makes it anew.
     *
     * @param libraries where the native library is unpacked, over the one that was there
     */
    static RocksEngine open(Path directory, Path libraries) throws IOException {
        Files.createDirectories(directory);
        Files.createDirectories(libraries);
        try {
            NativeLibraryLoader.getInstance().loadLibrary(libraries.toString());
        } catch (UnsatisfiedLinkError | RuntimeException elsewhere) {
            throw new IOException(
                    "the storage engine has no native library for this system (" + elsewhere + "); it runs on Linux",
                    elsewhere);
        }
        try {
            return new RocksEngine(directory, new RocksHandle(directory, false));
        } catch (RocksDBException failed) {
            throw asException("cannot open " + directory, failed);
        }
    }

    /** What a write or an opening failed of, by kind. */
    private static IOException asException(String what, RocksDBException failed) {
        Status status = failed.getStatus();
        boolean damaged = status != null && status.getCode() == Status.Code.Corruption;
        String message = what + ": " + failed.getMessage();
        return damaged ? new DamagedDataException(message, failed) : new IOException(message, failed);
    }

    byte @Nullable [] get(int family, byte[] key) {
        lock.readLock().lock();
        try {
            RocksHandle handle = handle();
            return handle.database.get(handle.families.get(family), handle.reading, key);
        } catch (RocksDBException failed) {
            throw unreadable(failed);
        } finally {
            lock.readLock().unlock();
        }
    }

    /** Sees one entry after the other. */
    interface Visitor {
        /** @return whether to go on */
        boolean visit(byte[] key, byte[] value);
    }

    /** Visits entries in the order of their keys, from {@code from} on, included. */
    void scan(int family, byte[] from, Visitor visitor) {
        lock.readLock().lock();
        try {
            RocksHandle handle = handle();
            try (RocksIterator entries = handle.database.newIterator(handle.families.get(family), handle.scanning)) {
                entries.seek(from);
                while (entries.isValid() && visitor.visit(entries.key(), entries.value())) {
                    entries.next();
                }
                entries.status();
            }
        } catch (RocksDBException failed) {
            throw unreadable(failed);
        } finally {
            lock.readLock().unlock();
        }
    }

    /**
     * Writes a batch, whole or not at all; if it fails, either may be the case.
     *
     * @param batch in RocksDB's own format ({@link BatchBuffer})
     */
    void write(byte[] batch, boolean sync) throws IOException {
        lock.readLock().lock();
        try (WriteBatch writes = new WriteBatch(batch)) {
            RocksHandle handle = handle();
            handle.database.write(sync ? handle.synced : handle.unsynced, writes);
        } catch (RocksDBException failed) {
            throw asException("cannot write to " + directory, failed);
        } finally {
            lock.readLock().unlock();
        }
    }

    /** Makes all that was written durable. */
    void sync() throws IOException {
        lock.readLock().lock();
        try {
            handle().database.syncWal();
        } catch (RocksDBException failed) {
            throw asException("cannot sync " + directory, failed);
        } finally {
            lock.readLock().unlock();
        }
    }

    /** Makes a copy of all that is written, of hard links where that can be, in a directory that is not there yet. */
    void checkpoint(Path target) throws IOException {
        lock.readLock().lock();
        try {
            try (Checkpoint checkpoint = Checkpoint.create(handle().database)) {
                checkpoint.createCheckpoint(target.toString());
            }
        } catch (RocksDBException failed) {
            throw asException("cannot copy " + directory, failed);
        } finally {
            lock.readLock().unlock();
        }
    }

    private StorageFailure unreadable(RocksDBException failed) {
        return new StorageFailure(
                "the data in " + directory + " cannot be read: " + failed.getMessage()
                        + ". If the disk is sound, start this data node with --repair: it sets these data aside and is"
                        + " filled from the other copies",
                failed);
    }

    private RocksHandle handle() {
        RocksHandle handle = open;
        if (handle == null) {
            throw new IllegalStateException("the data in " + directory + " are closed");
        }
        return handle;
    }

    /**
     * Closes and opens again: after a failed write RocksDB takes no other one. If that fails the data can be read still,
     * and this may be tried again.
     */
    void reopen() throws IOException {
        lock.writeLock().lock();
        try {
            handle().close();
            open = null;
            try {
                open = new RocksHandle(directory, false);
            } catch (RocksDBException failed) {
                open = new RocksHandle(directory, true);
                throw asException("cannot open " + directory + " again", failed);
            }
        } catch (RocksDBException unreadable) {
            throw asException("cannot open " + directory + " again, not even to read", unreadable);
        } finally {
            lock.writeLock().unlock();
        }
    }

    /** Bytes that can be written to the disk. */
    long room() throws IOException {
        return Files.getFileStore(directory).getUsableSpace();
    }

    /** Waits for who is at it, then closes; a second time does nothing. */
    @Override
    public void close() {
        lock.writeLock().lock();
        try {
            RocksHandle handle = open;
            open = null;
            if (handle != null) {
                handle.close();
            }
        } finally {
            lock.writeLock().unlock();
        }
    }
}
