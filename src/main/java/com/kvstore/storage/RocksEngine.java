package com.kvstore.storage;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.rocksdb.NativeLibraryLoader;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;

/**
 * A {@link Journal} and behind it the tables, which RocksDB keeps: three column families, batches that are written whole, and
 * no way to use it once it is closed, which would end the process in native code.
 *
 * <p>A batch is durable when the journal has it. The tables get what many batches have written in one piece ({@link
 * Generation}), and are written to sorted files now and then, of their own accord or because the journal has grown long. Each
 * generation carries the number of its last batch in the journal into the tables, so what is in the sorted files says from
 * where the journal has to be read again. Reading a batch again that the tables have changes nothing, as long as all later
 * ones follow.
 *
 * <p>Threading: one thread writes and syncs, any thread reads, a thread of its own writes to the tables. Every use holds the shared side of a lock whose other side
 * {@link #close} takes.
 *
 * <p>Failure: {@link StorageFailure} for what cannot be read; {@link IOException} for what cannot be written. A disk that is
 * nearly full is met before RocksDB is ({@link DiskRoom}). When the tables do not take what they should, no batch
 * is written before they do; RocksDB goes on by itself once it can, and if it does not although there is room, {@link
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
    private static final long CLOSE_NS = 15_000_000_000L;

    private final Path directory;
    private final ReentrantReadWriteLock lock = new ReentrantReadWriteLock();
    private final Journal journal;
    private final DiskRoom room;
    private final ExecutorService keeper;
    private final AtomicBoolean keeping = new AtomicBoolean();
    /** Null: closed. Changed under the exclusive lock only. */
    private @Nullable RocksHandle open;
    /** The newest batch that the tables have, in memory at least. */
    private volatile long applied;
    /** The newest batch that is in the tables' files for certain. */
    private volatile long flushed;
    /** Held while a generation is written to the tables. */
    private final Object merging = new Object();
    /** What the tables are to take next. */
    private volatile @Nullable Due due;
    /** When the tables failed first; 0: they work. Changed under {@link #merging}. */
    private volatile long failedNs;
    /** The journal is to be freed of what the tables lack. */
    private volatile boolean asking;

    /** @param upTo the newest batch all of whose writes are in the generation */
    private record Due(Generation generation, long upTo) {}

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
            engine.flushed = flushed;
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

    private IOException asException(RocksDBException failed) {
        return RocksWrites.asException("cannot write to " + directory, failed);
    }

    byte @Nullable [] get(int family, byte[] key) {
        lock.readLock().lock();
        try {
            RocksHandle handle = handle();
            return handle.database.get(handle.families.get(family), handle.reading, key);
        } catch (RocksDBException failed) {
            throw unreadable(failed.getMessage(), failed);
        } finally {
            lock.readLock().unlock();
        }
    }

    /** Visits entries in the order of their keys, from {@code from} on, included. */
    void scan(int family, byte[] from, EntryVisitor visitor) {
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
            throw unreadable(failed.getMessage(), failed);
        } finally {
            lock.readLock().unlock();
        }
    }

    /**
     * Writes a batch to the journal, whole or not at all; if it fails, either may be the case.
     *
     * @param batch in RocksDB's own format ({@link BatchBuffer})
     * @param crowded not before the tables have the generation they were told to take over
     * @return the batch's number
     * @throws StorageFailure if only a new process can go on
     */
    long write(byte[] batch, boolean sync, boolean crowded) throws IOException {
        lock.readLock().lock();
        try {
            RocksHandle handle = handle();
            if (failedNs != 0 || crowded) {
                merge(handle);
            }
            if (room.demand(batch.length, System.nanoTime())) {
                handle.mindRoom(room.knownBytes());
            }
            return journal.append(batch, sync);
        } catch (RocksDBException failed) {
            throw asException(failed);
        } finally {
            lock.readLock().unlock();
            keep(); // After a failure too: what the tables have written meanwhile gives the journal room.
        }
    }

    /**
     * Has the tables take over a generation, soon; not before they have the one before. If they fail, {@link #write} tries it
     * again, and fails for as long as that does.
     *
     * @param upTo the newest batch all of whose writes are in it. Writes of later batches may be in it too
     */
    void takeOver(Generation generation, long upTo) {
        due = new Due(generation, upTo);
        keep();
    }

    /** The number of the batch written last. */
    long newest() {
        return journal.sequence();
    }

    /** Whether the tables should get what there is soon, so that the journal's files are free. */
    boolean isAsking() {
        return asking;
    }

    private void merge(RocksHandle handle) throws IOException {
        synchronized (merging) {
            Due next = due;
            if (next == null) {
                return;
            }
            try {
                RocksWrites.apply(handle, next.upTo, next.generation, failedNs == 0 ? STALL_NS : 0);
            } catch (RocksDBException failed) {
                throw refused(failed);
            }
            applied = next.upTo;
            due = null;
            failedNs = 0;
            asking = false;
            next.generation.arrivedInTables();
        }
    }

    private IOException refused(RocksDBException failed) throws IOException {
        long nowNs = System.nanoTime();
        failedNs = failedNs == 0 ? nowNs : failedNs;
        if (nowNs - failedNs >= STUCK_AFTER_NS && room.freeBytes() >= DiskRoom.RESERVE_BYTES) {
            throw new StorageFailure(
                    "The data in " + directory + " take no writes since the disk was full or failed ("
                            + failed.getMessage() + "). Nothing is lost: start again once the disk has room",
                    failed);
        }
        return asException(failed);
    }

    /** Tables that had no room need a while once there is some; the journal has what they refuse. */
    private boolean mergedAll(RocksHandle handle) throws IOException {
        boolean sound = failedNs == 0;
        for (long beganNs = System.nanoTime(); sound && due != null; ) {
            try {
                merge(handle);
            } catch (IOException refused) {
                if (System.nanoTime() - beganNs >= CLOSE_NS || room.freeBytes() < DiskRoom.RESERVE_BYTES) {
                    return false;
                }
                LockSupport.parkNanos(STALL_NS / 100);
            }
        }
        return sound;
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

    /** Has the tables take over what is due, and written to their files if the journal is long; and its next file made. */
    private void keep() {
        boolean crowded = journal.isLong();
        boolean helps = applied > flushed;
        if (crowded && !helps && due == null && !keeping.get()) {
            asking = true;
        }
        boolean something = isMergeDue() || (crowded && helps) || journal.isUnprepared();
        if (something && keeping.compareAndSet(false, true)) {
            try {
                keeper.execute(this::keepNow);
            } catch (RejectedExecutionException closing) {
                keeping.set(false);
            }
        }
    }

    /** Tables that have failed are tried again by who writes, and nobody else. */
    private boolean isMergeDue() {
        return due != null && failedNs == 0;
    }

    private void keepNow() {
        lock.readLock().lock();
        try {
            RocksHandle handle = open;
            if (handle == null) {
                return;
            }
            if (isMergeDue()) {
                merge(handle);
            }
            if (journal.isLong() && applied > flushed) {
                long upTo = applied;
                handle.database.flush(handle.flushing, handle.families);
                flushed = upTo;
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
        if (isMergeDue()) {
            keep(); // It was told so when this was at the rest.
        }
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
            if (handle != null && mergedAll(handle)) {
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
