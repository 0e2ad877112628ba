package com.kvstore.storage;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.rocksdb.Checkpoint;
import org.rocksdb.NativeLibraryLoader;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;

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
 * <p>Failure: {@link StorageFailure} for what cannot be read; {@link IOException} for what cannot be written. A disk that is
 * nearly full is met before RocksDB is ({@link DiskRoom}). When the tables do not take a batch that the journal has, no other
 * one is taken before it; RocksDB goes on by itself once it can, and if it does not although there is room, {@link
 * StorageFailure} says that a new process is needed, which reads from the journal what the tables lack. A journal that ends in
 * the middle of a batch, which a crash leaves, is cut off there; anything else that does not fit its checksum refuses the
 * whole ({@link DamagedDataException}).
 */
final class RocksEngine implements AutoCloseable {
    /** Records, by scan hash and key. */
    static final int RECORDS = 1;
    /** Transactions that are prepared, or committed and not settled. */
    static final int TRANSACTIONS = 2;
    /** One value for each name. */
    static final int META = 0;

    static final long STALL_NS = 5_000_000_000L;
    private static final long STUCK_AFTER_NS = 30_000_000_000L;

    private final Path directory;
    private final ReentrantReadWriteLock lock = new ReentrantReadWriteLock();
    private final Journal journal;
    private final DiskRoom room;
    private final ExecutorService keeper;
    private final AtomicBoolean keeping = new AtomicBoolean();
    /** Null: closed. Changed under the exclusive lock only. */
    private @Nullable RocksHandle open;

    private volatile long applied;
    /** A batch that the journal has, as its newest, and the tables perhaps not. */
    private byte @Nullable [] unapplied;

    /** When the tables failed first; 0: they work. Written by the one that writes. */
    private volatile long failedNs;

    private RocksEngine(Path directory, RocksHandle open, Journal journal, DiskRoom room) {
        this.directory = directory;
        this.open = open;
        this.journal = journal;
        this.room = room;
        keeper = Executors.newSingleThreadExecutor(task -> {
            Thread thread = new Thread(task, "tables");
            thread.setDaemon(true);
            return thread;
        });
    }

    /**
     * Opens what is in the directory, or makes it anew.
     *
     * <p>On a disk that somebody else has filled it waits until there is room, and says so.
     *
     * @param libraries where the native library is unpacked, over the one that was there
     * @param notices hears of that, in sentences
     */
    static RocksEngine open(Path directory, Path libraries, Journal.Opener opener, Consumer<String> notices)
            throws IOException {
        return open(directory, libraries, opener, new DiskRoom(directory), notices);
    }

    /** As above, on a disk of which something else than the truth is said. */
    static RocksEngine open(
            Path directory, Path libraries, Journal.Opener opener, DiskRoom room, Consumer<String> notices)
            throws IOException {
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
        RoomAtStart start = new RoomAtStart(directory, room, notices);
        try {
            handle = RocksWrites.open(directory, start);
            long flushed = RocksWrites.journaled(handle);
            journal = Journal.open(directory.resolve("journal"), flushed, opener);
            RocksEngine engine = new RocksEngine(directory, handle, journal, room);
            engine.applied = RocksWrites.replay(handle, journal, flushed, start);
            engine.keep();
            start.end();
            return engine;
        } catch (RocksDBException | IOException failed) {
            if (journal != null) {
                journal.close();
            }
            if (handle != null) {
                handle.close();
            }
            throw failed instanceof RocksDBException engines
                    ? RocksWrites.asException("cannot open " + directory, engines)
                    : (IOException) failed;
        }
    }

    private void apply(RocksHandle handle, long sequence, byte[] batch, long patienceNs) throws RocksDBException {
        RocksWrites.apply(handle, sequence, batch, patienceNs);
        applied = sequence;
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
     * @throws StorageFailure if only a new process can go on
     */
    void write(byte[] batch, boolean sync) throws IOException {
        lock.readLock().lock();
        try {
            RocksHandle handle = handle();
            takeOver(handle);
            if (room.demand(batch.length, System.nanoTime())) {
                handle.mindRoom(room.knownBytes());
            }
            journal.append(batch, sync);
            unapplied = batch;
            takeOver(handle);
        } catch (RocksDBException failed) {
            throw RocksWrites.asException("cannot write to " + directory, failed);
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
            apply(handle, journal.sequence(), next, failedNs == 0 ? STALL_NS : 0);
        } catch (RocksDBException failed) {
            long nowNs = System.nanoTime();
            failedNs = failedNs == 0 ? nowNs : failedNs;
            if (nowNs - failedNs >= STUCK_AFTER_NS && room.freeBytes() >= DiskRoom.RESERVE_BYTES) {
                throw new StorageFailure(
                        "The data in " + directory + " take no writes since the disk was full or failed ("
                                + failed.getMessage() + "). Nothing is lost: start again once the disk has room",
                        failed);
            }
            throw RocksWrites.asException("cannot write to " + directory, failed);
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
            if (room.freeBytes() >= DiskRoom.RESERVE_BYTES) { // Else the tables need what there is.
                journal.prepare();
            }
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
            throw RocksWrites.asException("cannot copy " + directory, failed);
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
            throw unreadable("they are closed", null);
        }
        return handle;
    }

    /**
     * Waits for who is at it, has the tables written to their files, then closes; a second time does nothing. Tables that
     * take no writes are left to the end of the process, as closing them may wait for ever: the journal has what they lack.
     */
    @Override
    public void close() {
        keeper.shutdown();
        lock.writeLock().lock();
        try {
            RocksHandle handle = open;
            open = null;
            if (handle != null && failedNs == 0) {
                handle.flushIfSound();
                handle.close();
            }
            if (handle != null) {
                journal.close();
            }
        } catch (IOException readAgain) {
            // All there is was written; the next opening shows whether it arrived.
        } finally {
            lock.writeLock().unlock();
        }
    }
}
