package com.kvstore.storage;

import java.io.IOException;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Has the disk get what the system has, every 100 ms, where no batch waits for that ({@code --durability async}).
 *
 * <p>Threading: a daemon thread of its own keeps the time; the flush itself runs on the journal's.
 */
final class PeriodicFlush implements AutoCloseable {
    private static final long FLUSH_MS = 100;

    private final RocksEngine engine;
    private final Executor journal;
    private final AtomicBoolean unsynced = new AtomicBoolean();
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread thread = new Thread(task, "flushing");
        thread.setDaemon(true);
        return thread;
    });

    PeriodicFlush(RocksEngine engine, Executor journal) {
        this.engine = engine;
        this.journal = journal;
        var unused = timer.scheduleWithFixedDelay(this::ask, FLUSH_MS, FLUSH_MS, TimeUnit.MILLISECONDS);
    }

    /** There is something that the disk may not have yet. */
    void written() {
        unsynced.set(true);
    }

    private void ask() {
        try {
            journal.execute(this::flush);
        } catch (RejectedExecutionException closing) {
            // What the system has outlives this process.
        }
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
    public void close() {
        timer.shutdown();
    }
}
