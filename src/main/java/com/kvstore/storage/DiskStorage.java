package com.kvstore.storage;

import com.kvstore.common.Bytes;
import com.kvstore.protocol.parts.RecordTable;
import com.kvstore.protocol.ring.Promise;
import com.kvstore.protocol.ring.SlaveStorage;
import com.kvstore.protocol.twophase.TransactionLog;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * All that a data node keeps, on disk: a journal, and tables in RocksDB.
 *
 * <p>Everything written between two calls of {@link #sync} is one batch, which the journal's thread writes and syncs while
 * the machine goes on; what a batch holds is found in memory until it is there. So a batch is on the disk whole or not at
 * all, and batches are there in their order.
 *
 * <p>Threading: one machine's, but for the outcome of a sync, which is told on the journal's thread.
 *
 * <p>Failure: a batch that could not be written stays in memory and goes again with the next {@link #sync}; nothing is lost
 * for as long as the process lives, and reads go on.
 *
 * <p>On disk: {@code format} says which version of all this it is; {@code data} is RocksDB's, {@code data/journal} the
 * journal's; {@code native} holds RocksDB's library.
 */
public final class DiskStorage implements SlaveStorage, AutoCloseable {
    private static final String FORMAT = "kvstore data, format 2\n";
    private static final byte[] INCARNATION = name("incarnation");
    private static final byte[] PROMISE = name("promise");
    private static final byte[] COUNTS = name("counts");

    private static final long FLUSH_MS = 100;
    private static final long CLOSE_TIMEOUT_MS = 5_000;

    /** Learns what became of a {@link #sync}, on the journal's thread. */
    public interface Outcome {
        /** @param failure for people; null: all is durable */
        void ended(@Nullable String failure);
    }

    /** @param last the batch in which the generation ended */
    private record Ended(Generation generation, long last) {}

    private final RocksEngine engine;
    private final boolean syncs;
    private final BatchBuffer buffer = new BatchBuffer();
    private final Generations generations;
    private final DiskTable table;
    private final DiskTransactions transactions;
    private final ExecutorService journal;
    /** Sees to it that the disk gets what the system has; null: each batch does. */
    private final @Nullable ScheduledExecutorService flushing;

    private final AtomicBoolean unsynced = new AtomicBoolean();
    private final long incarnation;
    private Promise promise = Promise.NONE;
    private long written;
    /** The tables want the newest generation, and a sync was brought about for that. */
    private boolean asked;
    /** Waits for its last batch to arrive; set by the machine's thread, cleared by the journal's. */
    private volatile @Nullable Ended ended;
    /** Batches handed to the journal. */
    private long handed;
    /** What was handed to the journal last. */
    private byte @Nullable [] lastBatch;
    /** Whether that has arrived; written by the journal's thread before the outcome is told. */
    private volatile boolean lastArrived = true;
    /** Found by the journal's thread. */
    private volatile @Nullable StorageFailure fatal;

    private DiskStorage(RocksEngine engine, boolean syncs, long limitBytes) throws IOException {
        this.engine = engine;
        this.syncs = syncs;
        this.generations = new Generations(limitBytes);
        this.table = new DiskTable(engine, buffer, generations, () -> written++);
        this.transactions = new DiskTransactions(buffer, generations, () -> written++);
        byte[] stored = engine.get(RocksEngine.META, INCARNATION);
        if (stored == null) {
            incarnation = new SecureRandom().nextLong();
            putOwn(
                    INCARNATION,
                    ByteBuffer.allocate(Long.BYTES).putLong(incarnation).array());
            engine.write(buffer.take(), true, false);
        } else {
            incarnation = ByteBuffer.wrap(stored).getLong();
            recover();
        }
        journal = Executors.newSingleThreadExecutor(task -> daemon(task, "journal"));
        flushing = syncs ? null : Executors.newSingleThreadScheduledExecutor(task -> daemon(task, "flushing"));
        if (flushing != null) {
            var unused = flushing.scheduleWithFixedDelay(this::askToFlush, FLUSH_MS, FLUSH_MS, TimeUnit.MILLISECONDS);
        }
    }

    /**
     * Opens what is in a directory, or makes it anew. The caller has seen to it that nobody else has it.
     *
     * <p>On a disk that somebody else has filled it waits until there is room.
     *
     * @param syncs false: what is written is handed to the operating system at once and to the disk every 100 ms
     * @param notices hears of such a wait, in sentences for people
     * @throws DamagedDataException if the data are not what was written
     */
    public static DiskStorage open(Path directory, boolean syncs, Consumer<String> notices) throws IOException {
        return open(directory, syncs, FORMAT, Segment::new, notices, Generations.limitBytes());
    }

    /** As above, with a journal whose files may fail on purpose, and with generations of another size. */
    static DiskStorage openWith(Path directory, boolean syncs, Journal.Opener opener, long limitBytes)
            throws IOException {
        return open(directory, syncs, FORMAT, opener, notice -> {}, limitBytes);
    }

    /** @param expected what the file {@code format} says: data of one kind of node are not another's */
    static DiskStorage open(Path directory, boolean syncs, String expected, Consumer<String> notices)
            throws IOException {
        return open(directory, syncs, expected, Segment::new, notices, Generations.limitBytes());
    }

    private static DiskStorage open(
            Path directory,
            boolean syncs,
            String expected,
            Journal.Opener opener,
            Consumer<String> notices,
            long limitBytes)
            throws IOException {
        RocksEngine engine = DataDirectory.open(directory, expected, opener, notices);
        try {
            return new DiskStorage(engine, syncs, limitBytes);
        } catch (IOException | RuntimeException failed) {
            engine.close();
            throw failed;
        }
    }

    private void recover() {
        byte[] promised = engine.get(RocksEngine.META, PROMISE);
        if (promised != null) {
            promise = PromiseCodec.decode(promised);
        }
        byte[] counts = engine.get(RocksEngine.META, COUNTS);
        if (counts != null) {
            table.counts(counts);
        }
        transactions.recover(engine);
        engine.scan(RocksEngine.META, new byte[0], (key, value) -> {
            generations.isTabled(Bytes.wrap(key));
            return true;
        });
    }

    private static byte[] name(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** Keeps a value beside the records; {@code key} is none of this class's own. */
    void put(byte[] key, byte[] value) {
        putOwn(key, value);
        written++;
    }

    void remove(byte[] key) {
        buffer.delete(RocksEngine.META, key);
        generations.remove(Bytes.wrap(key));
        written++;
    }

    private void putOwn(byte[] key, byte[] value) {
        buffer.put(RocksEngine.META, key, value);
        generations.put(Bytes.wrap(key), value);
    }

    /** Visits the values that were kept when this was opened, from {@code from} on, in the order of their keys. */
    void visit(byte[] from, EntryVisitor visitor) {
        engine.scan(RocksEngine.META, from, visitor);
    }

    /**
     * Makes everything written so far durable; not before the one before has ended.
     *
     * @throws StorageFailure if an earlier one has found the data damaged, or that only a new process can go on
     */
    public void sync(Outcome outcome) {
        StorageFailure found = fatal;
        if (found != null) {
            throw found;
        }
        boolean arrived = lastArrived;
        byte[] batch = takeBatch();
        byte[] again = lastBatch;
        if (!arrived && again != null) {
            buffer.append(again);
            buffer.append(batch);
            batch = buffer.take();
        }
        lastBatch = batch;
        long number = ++handed;
        lastArrived = false;
        boolean crowded = generations.isCrowded();
        if (generations.isDue(engine.isAsking())) {
            ended = new Ended(generations.turn(), number);
            asked = false;
        }
        byte[] whole = batch;
        try {
            journal.execute(() -> write(whole, number, crowded, outcome));
        } catch (RejectedExecutionException closing) {
            outcome.ended("the data are being closed");
        }
    }

    private void write(byte[] batch, long handedAs, boolean crowded, Outcome outcome) {
        String failure = null;
        try {
            arrived(handedAs, engine.write(batch, syncs, crowded));
            unsynced.set(true);
            lastArrived = true;
        } catch (DamagedDataException found) {
            fatal = engine.unreadable(found.getMessage(), found);
            failure = String.valueOf(found.getMessage());
        } catch (StorageFailure found) {
            fatal = found;
            failure = String.valueOf(found.getMessage());
        } catch (IOException | RuntimeException failed) {
            failure = String.valueOf(failed.getMessage());
        }
        outcome.ended(failure);
    }

    /** The journal has a batch: the tables may have the generation that ended with it, or with one that failed before. */
    private void arrived(long handedAs, long number) {
        Ended next = ended;
        if (next != null) {
            // A batch that failed went again as the first part of this one, of which the generation lacks the rest.
            engine.takeOver(next.generation, next.last == handedAs ? number : number - 1);
            ended = null;
        }
    }

    private void askToFlush() {
        try {
            journal.execute(this::flush);
        } catch (RejectedExecutionException closing) {
            // What the system has outlives this process.
        }
    }

    private static Thread daemon(Runnable task, String name) {
        Thread thread = new Thread(task, name);
        thread.setDaemon(true);
        return thread;
    }

    private void flush() {
        if (unsynced.compareAndSet(true, false)) {
            try {
                engine.sync();
            } catch (IOException | RuntimeException failed) {
                // The next batch meets the same trouble, and that is told.
                unsynced.set(true);
            }
        }
    }

    @Override
    public RecordTable table() {
        return table;
    }

    @Override
    public TransactionLog transactions() {
        return transactions;
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
        put(PROMISE, PromiseCodec.encode(latest));
    }

    @Override
    public void retire() {
        put(DataDirectory.RETIRED, new byte[] {1});
    }

    @Override
    public boolean isDurable() {
        return true;
    }

    @Override
    public long written() {
        if (engine.isAsking() && !asked) {
            // A generation ends with a sync, also if nobody writes any more.
            asked = true;
            written++;
        }
        return written;
    }

    @Override
    public long unsyncedBytes() {
        byte[] last = lastBatch;
        return (lastArrived || last == null ? 0L : last.length) + buffer.bytes();
    }

    /**
     * Writes what there is, ends the journal's thread and closes the files. What does not get there in time, or because the disk
     * takes nothing, is lost as in a crash, if it was not synced before.
     */
    @Override
    public void close() {
        if (flushing != null) {
            flushing.shutdown();
        }
        journal.shutdown();
        try {
            if (!journal.awaitTermination(CLOSE_TIMEOUT_MS, TimeUnit.MILLISECONDS)) {
                return; // It is in the engine: ending the process is all that is safe.
            }
        } catch (InterruptedException hurried) {
            Thread.currentThread().interrupt();
            return;
        }
        if (lastArrived) {
            writeRest();
        }
        engine.close();
    }

    /** So that the next opening has nothing to read from the journal. */
    private void writeRest() {
        try {
            if (!buffer.isEmpty()) {
                engine.write(takeBatch(), syncs, false);
            }
            if (generations.isDue(true)) {
                engine.takeOver(generations.turn(), engine.newest());
            }
        } catch (IOException | RuntimeException full) {
            // The journal has what was synced.
        }
    }

    private byte[] takeBatch() {
        putOwn(COUNTS, table.counts());
        return buffer.take();
    }
}
