package com.kvstore.transport;

import io.netty.channel.EventLoop;
import java.util.ArrayDeque;
import java.util.concurrent.TimeUnit;

/**
 * Closes connections that have said nothing for a while. They queue in the order of their deadlines, so that ten thousand
 * silent ones cost one timer.
 *
 * <p>Threading: the event loop only.
 */
final class Newcomers {
    private static final long SWEEP_MS = 500;

    private record Newcomer(Connection connection, long deadlineNs) {}

    private final EventLoop loop;
    private final long timeoutMs;
    private final ArrayDeque<Newcomer> queue = new ArrayDeque<>();
    private boolean sweeping;

    Newcomers(EventLoop loop, long timeoutMs) {
        this.loop = loop;
        this.timeoutMs = timeoutMs;
    }

    void add(Connection connection) {
        queue.add(new Newcomer(connection, System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(timeoutMs)));
        sweepLater();
    }

    private void sweepLater() {
        if (!sweeping && !queue.isEmpty()) {
            sweeping = true;
            var unused = loop.schedule(this::sweep, Math.min(SWEEP_MS, timeoutMs), TimeUnit.MILLISECONDS);
        }
    }

    private void sweep() {
        sweeping = false;
        long nowNs = System.nanoTime();
        for (Newcomer next = queue.peek(); next != null; next = queue.peek()) {
            Connection connection = next.connection();
            if (connection.channel().isOpen() && !connection.hasLanguage()) {
                if (next.deadlineNs() - nowNs > 0) {
                    break;
                }
                connection.closeNow();
            }
            queue.remove();
        }
        sweepLater();
    }
}
