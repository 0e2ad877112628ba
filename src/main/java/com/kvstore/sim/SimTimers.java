package com.kvstore.sim;

import com.kvstore.protocol.kernel.Input;
import com.kvstore.protocol.kernel.TimerId;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;

/**
 * The timers of one process.
 *
 * <p>Invariant: a timer that was moved or cancelled after it came due, but before the machine was told, does not fire:
 * {@link #stillDue} is asked at the last moment.
 */
final class SimTimers {
    private record Timer(Input.TimerFired fired, Scheduler.Event event) {}

    private final Scheduler scheduler;
    private final LocalClock clock;
    private final Consumer<Input> due;
    private final Map<TimerId, Timer> timers = new HashMap<>();

    /** @param due gets each timer when its time has come */
    SimTimers(Scheduler scheduler, LocalClock clock, Consumer<Input> due) {
        this.scheduler = scheduler;
        this.clock = clock;
        this.due = due;
    }

    void set(TimerId id, long atLocalNs) {
        cancel(id);
        Input.TimerFired fired = new Input.TimerFired(id);
        Scheduler.Event event = scheduler.at(clock.simulated(atLocalNs), () -> due.accept(fired));
        timers.put(id, new Timer(fired, event));
    }

    void cancel(TimerId id) {
        Timer timer = timers.remove(id);
        if (timer != null) {
            timer.event.cancel();
        }
    }

    void cancelAll() {
        timers.values().forEach(timer -> timer.event.cancel());
        timers.clear();
    }

    /** Whether {@code fired}, once due, still counts; it is used up by asking. */
    @SuppressWarnings("ReferenceEquality") // a timer set anew is an equal object, and another timer
    boolean stillDue(Input.TimerFired fired) {
        Timer timer = timers.get(fired.timer());
        if (timer == null || timer.fired != fired) {
            return false;
        }
        timers.remove(fired.timer());
        return true;
    }
}
