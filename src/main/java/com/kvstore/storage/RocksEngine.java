package com.kvstore.storage;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.jspecify.annotations.Nullable;
import org.rocksdb.Checkpoint;
import org.rocksdb.NativeLibraryLoader;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.Status;
import org.rocksdb.WriteBatch;

/**
 * A {@link Journal} and behind it the tables, which RocksDB keeps: three column families, batches that are written whole, and
 * no way to use it once it is closed, which would end the process in native code.
 *
 * <p>A batch is durable when the journal has it; the tables take it over in memory and are written to sorted files now and
 * then, of their own accord or because the journal has grown long. Each batch carries its number in the journal into the
 * tables, so what is in the sorted files says from where the journal has to be read again.
 *
 * <p>Threading: one thread writes and syncs, any thread reads. Every use holds the shared side of a lock whose other side
 * {@link #close} takes.
 *
 * <p>Failure: {@link StorageFailure} for what cannot be read; {@link IOException} for what cannot be written. When the tables
 * do not take a batch that the journal has, which a full disk is enough for, no other one is taken before it: RocksDB goes
 * on by itself when there is room again, and is closed and opened again where it does not. A journal that ends in the middle
 * of a batch, which a crash leaves, is cut off there; anything else that does not fit its checksum refuses the whole
 * ({@link DamagedDataException}).
 */
final class RocksEngine implements AutoCloseable {
    /** Records, by scan hash and key. */
    static final int RECORDS = 1;
    /** Transactions that are prepared, or committed and not settled. */
    static final int TRANSACTIONS = 2;
    /** One value for each name. */
    static final int META = 0;

    private static final byte[] JOURNALED = "journal".getBytes(StandardCharsets.UTF_8);
    private static final long REOPEN_AFTER_NS = 10_000_000_000L;
    private static final long REOPEN_ROOM_BYTES = 64L << 20;

    private final Path directory;
    private final ReentrantReadWriteLock lock = new ReentrantReadWriteLock();
    private final Journal journal;
    private final ExecutorService keeper;
    private final AtomicBoolean keeping = new AtomicBoolean();
    /** Null: closed. Changed under the exclusive lock only. */
    private @Nullable RocksHandle open;

    private volatile long applied;
    /** A batch that the journal has, as its newest, and the tables perhaps not. */
    private byte @Nullable [] unapplied;

    /** When the tables failed first, or were opened again for it; 0: they work. */
    private long failedNs;

    private RocksEngine(Path directory, RocksHandle open, Journal journal) {
        this.directory = directory;
        this.open = open;
        this.journal = journal;
        keeper = Executors.newSingleThreadExecutor(task -> {
            Thread thread = new Thread(task, "tables");
            thread.setDaemon(true);
            return thread;
        });
    }

    /**
     * Opens what is in the directory, or makes it anew.
     *
     * @param libraries where the native library is unpacked, over the one that was there
     */
    static RocksEngine open(Path directory, Path libraries) throws IOException {
        return open(directory, libraries, Segment::new);
    }

    static RocksEngine open(Path directory, Path libraries, Journal.Opener opener) throws IOException {
        Files.createDirectories(directory);
        Files.createDirectories(libraries);
        try {
            NativeLibraryLoader.getInstance().loadLibrary(libraries.toString());
        } catch (UnsatisfiedLinkError | RuntimeException elsewhere) {
            throw new IOException(
                    "the storage engine has no native library for this system (" + elsewhere + "); it runs on Linux",
                    elsewhere);
        }
        RocksHandle handle = null;
        Journal journal = null;
        try {
            handle = new RocksHandle(directory);
            long flushed = journaled(handle);
            journal = Journal.open(directory.resolve("journal"), flushed, opener);
            RocksEngine engine = new RocksEngine(directory, handle, journal);
            engine.replay(handle, flushed);
            engine.keep();
            return engine;
        } catch (RocksDBException | IOException failed) {
            if (journal != null) {
                journal.close();
            }
            if (handle != null) {
                handle.close();
            }
            throw failed instanceof RocksDBException engines
                    ? asException("cannot open " + directory, engines)
                    : (IOException) failed;
        }
    }

    /** The newest batch that is in the tables' files. */
    private static long journaled(RocksHandle handle) throws RocksDBException {
        byte[] stored = handle.database.get(handle.families.get(META), handle.reading, JOURNALED);
        return stored == null ? 0 : ByteBuffer.wrap(stored).getLong();
    }

    private void replay(RocksHandle handle, long after) throws RocksDBException, IOException {
        applied = after;
        journal.replay(after, (sequence, batch) -> {
            try {
                apply(handle, sequence, batch);
            } catch (RocksDBException failed) {
                throw asException("cannot write to " + directory, failed);
            }
        });
    }

    private void apply(RocksHandle handle, long sequence, byte[] batch) throws RocksDBException {
        try (WriteBatch writes = new WriteBatch(batch)) {
            byte[] number = ByteBuffer.allocate(Long.BYTES).putLong(sequence).array();
            writes.put(handle.families.get(META), JOURNALED, number);
            handle.database.write(handle.writing, writes);
        }
        applied = sequence;
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
        if (failedNs != 0 && System.nanoTime() - failedNs >= REOPEN_AFTER_NS && room() >= REOPEN_ROOM_BYTES) {
            failedNs = System.nanoTime();
            reopen();
        }
        lock.readLock().lock();
        try {
            RocksHandle handle = handle();
            takeOver(handle);
            journal.append(batch, sync);
            unapplied = batch;
            takeOver(handle);
        } finally {
            lock.readLock().unlock();
            keep(); // After a failure too: what the tables have written meanwhile gives the journal room.
        }
    }

    private void takeOver(RocksHandle handle) throws IOException {
        byte[] next = unapplied;
        if (next == null) {
            return;
        }
        try {
            apply(handle, journal.sequence(), next);
        } catch (RocksDBException failed) {
            failedNs = failedNs == 0 ? System.nanoTime() : failedNs;
            throw asException("cannot write to " + directory, failed);
        }
        unapplied = null;
        failedNs = 0;
    }

    /** Makes all that was written durable. */
    void sync() throws IOException {
        lock.readLock().lock();
        try {
            handle();
            journal.sync();
        } finally {
            lock.readLock().unlock();
        }
        keep();
    }

    /** Has the tables written to their files if the journal is long, and the journal's next file made ready. */
    private void keep() {
        if ((journal.isLong() || journal.isUnprepared()) && keeping.compareAndSet(false, true)) {
            try {
                keeper.execute(this::keepNow);
            } catch (RejectedExecutionException closing) {
                keeping.set(false);
            }
        }
    }

    private void keepNow() {
        lock.readLock().lock();
        try {
            RocksHandle handle = open;
            if (handle == null) {
                return;
            }
            if (journal.isLong()) {
                long upTo = applied;
                handle.database.flush(handle.flushing, handle.families);
                journal.release(upTo);
            }
            journal.prepare();
        } catch (RocksDBException | IOException full) {
            // Whoever writes meets the same trouble, and says so; this is tried again after the next write.
        } finally {
            lock.readLock().unlock();
            keeping.set(false);
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
        return unreadable(failed.getMessage(), failed);
    }

    /** What is said of data that are damaged or cannot be read. */
    StorageFailure unreadable(@Nullable String what, @Nullable Throwable cause) {
        return new StorageFailure(
                "The data in " + directory + " cannot be used: " + what
                        + ". If the disk is sound, start again with --repair: it sets these data aside, begins empty and"
                        + " is filled from the other copies",
                cause);
    }

    private RocksHandle handle() {
        RocksHandle handle = open;
        if (handle == null) {
            throw unreadable("they are closed, or could not be opened again after a failed write", null);
        }
        return handle;
    }

    /** Closes the tables and opens them again, for an error after which RocksDB takes no other write. */
    private void reopen() throws IOException {
        lock.writeLock().lock();
        try {
            handle().close();
            open = null;
            RocksHandle handle = new RocksHandle(directory);
            open = handle;
            unapplied = null;
            replay(handle, journaled(handle));
        } catch (RocksDBException failed) {
            throw asException("cannot open " + directory + " again", failed);
        } finally {
            lock.writeLock().unlock();
        }
    }

    /** Bytes that can be written to the disk. */
    private long room() throws IOException {
        return Files.getFileStore(directory).getUsableSpace();
    }

    /** Waits for who is at it, has the tables written to their files, then closes; a second time does nothing. */
    @Override
    public void close() {
        keeper.shutdown();
        lock.writeLock().lock();
        try {
            RocksHandle handle = open;
            open = null;
            if (handle != null) {
                handle.close();
                journal.close();
            }
        } catch (IOException readAgain) {
            // All there is was written; the next opening shows whether it arrived.
        } finally {
            lock.writeLock().unlock();
        }
    }
}
