package com.kvstore.e2e;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;

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

    static {
        Thread ticker = new Thread(AwakeClock::tick, "awake clock");
        ticker.setDaemon(true);
        ticker.start();
    }

    private AwakeClock() {}

    private static void tick() {
        long lastNs = System.nanoTime();
        try {
            while (true) {
                Thread.sleep(TICK_MS);
                long nowNs = System.nanoTime();
                AWAKE_NS.addAndGet(Math.min(nowNs - lastNs, MOST_NS));
                lastNs = nowNs;
            }
        } catch (InterruptedException ended) {
            Thread.currentThread().interrupt();
        }
    }

    /** Looks every {@code everyMs}, for {@code within} of waking time. @return whether it has come to hold */
    static boolean await(Duration within, long everyMs, BooleanSupplier condition) {
        long endNs = AWAKE_NS.get() + within.toNanos();
        while (!condition.getAsBoolean()) {
            if (AWAKE_NS.get() >= endNs) {
                return false;
            }
            try {
                Thread.sleep(everyMs);
            } catch (InterruptedException stopped) {
                Thread.currentThread().interrupt();
                throw new AssertionError("interrupted while waiting", stopped);
            }
        }
        return true;
    }
}
