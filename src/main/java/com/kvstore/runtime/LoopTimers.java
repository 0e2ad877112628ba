package com.kvstore.runtime;

import com.kvstore.protocol.kernel.TimerId;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.ScheduledFuture;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A machine's timers on the event loop.
 *
 * <p>Time-outs are moved far more often than they fire: moving one to a later time only writes the time down, and the
 * loop's task, when it comes, finds that it is early and goes back to sleep.
 *
 * <p>Threading: the loop's only.
 */
final class LoopTimers {
    private static final class Timer {
        final TimerId id;
        /** When to fire; {@link #OFF} when cancelled. */
        long atNs;
        /** When the loop's task wakes up; not after {@code atNs} unless the timer is off. */
        long wakeNs;

        @Nullable ScheduledFuture<?> task;

        Timer(TimerId id) {
            this.id = id;
        }
    }

    private static final long OFF = Long.MAX_VALUE;

    private final EventLoop loop;
    private final LongSupplier clockNs;
    private final Consumer<TimerId> fired;
    private final Map<TimerId, Timer> timers = new HashMap<>();

    LoopTimers(EventLoop loop, LongSupplier clockNs, Consumer<TimerId> fired) {
        this.loop = loop;
        this.clockNs = clockNs;
        this.fired = fired;
    }

    void set(TimerId id, long atNs) {
        Timer timer = timers.computeIfAbsent(id, Timer::new);
        timer.atNs = Math.min(atNs, OFF - 1);
        ScheduledFuture<?> task = timer.task;
        if (task != null && timer.wakeNs > timer.atNs) {
            task.cancel(false);
            timer.task = null;
        }
        if (timer.task == null) {
            sleep(timer);
        }
    }

    void cancel(TimerId id) {
        Timer timer = timers.get(id);
        if (timer != null) {
            timer.atNs = OFF;
        }
    }

    /** Timers that hold a task of the loop: for tests. */
    int size() {
        return timers.size();
    }

    private void sleep(Timer timer) {
        timer.wakeNs = timer.atNs;
        long delayNs = Math.max(0, timer.atNs - clockNs.getAsLong());
        timer.task = loop.schedule(() -> wake(timer), delayNs, TimeUnit.NANOSECONDS);
    }

    private void wake(Timer timer) {
        timer.task = null;
        if (timer.atNs == OFF) {
            timers.remove(timer.id);
        } else if (timer.atNs > clockNs.getAsLong()) {
            sleep(timer);
        } else {
            timers.remove(timer.id);
            fired.accept(timer.id);
        }
    }
}
