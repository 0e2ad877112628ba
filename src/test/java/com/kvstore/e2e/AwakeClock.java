package com.kvstore.e2e;

import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import org.awaitility.Awaitility;

/**
 * Time in which this machine let this process run. Whoever waits by it is patient with a machine that stands still, or that
 * stops all processes for a while, and still gives up on one that hangs: what passes between two ticks counts for no more
 * than a second.
 *
 * <p>Thread-safe.
 */
final class AwakeClock {
    private static final long TICK_MS = 100;
    private static final long MOST_NS = 1_000_000_000L;
    private static final AtomicLong AWAKE_NS = new AtomicLong();
    /** The ticker's alone. */
    private static long lastNs = System.nanoTime();

    static {
        var unused = Executors.newSingleThreadScheduledExecutor(AwakeClock::daemon)
                .scheduleWithFixedDelay(AwakeClock::tick, TICK_MS, TICK_MS, TimeUnit.MILLISECONDS);
    }

    private AwakeClock() {}

    private static Thread daemon(Runnable work) {
        Thread thread = new Thread(work, "awake clock");
        thread.setDaemon(true);
        return thread;
    }

    private static void tick() {
        long nowNs = System.nanoTime();
        AWAKE_NS.addAndGet(Math.min(nowNs - lastNs, MOST_NS));
        lastNs = nowNs;
    }

    /** Looks every {@code everyMs}, for {@code within} of waking time. @return whether it has come to hold */
    static boolean await(Duration within, long everyMs, BooleanSupplier condition) {
        long endNs = AWAKE_NS.get() + within.toNanos();
        AtomicBoolean holds = new AtomicBoolean();
        Awaitility.await()
                .pollInSameThread()
                .pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(everyMs))
                .forever()
                .until(() -> {
                    if (Thread.currentThread().isInterrupted()) {
                        throw new AssertionError("interrupted while waiting");
                    }
                    holds.set(condition.getAsBoolean());
                    return holds.get() || AWAKE_NS.get() >= endNs;
                });
        return holds.get();
    }
}
