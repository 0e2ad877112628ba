package com.kvstore.bench;

import java.time.Duration;
import java.util.concurrent.Callable;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;

/** How whoever measures waits for a server. */
final class Waiting {
    private static final Duration EVERY = Duration.ofMillis(50);

    private Waiting() {}

    /** @throws org.awaitility.core.ConditionTimeoutException if it does not come to hold in time; also whatever it throws */
    static void until(String what, Duration within, Callable<Boolean> condition) {
        looking(what).atMost(within).until(condition);
    }

    /** However long it takes. */
    static void until(String what, Callable<Boolean> condition) {
        looking(what).forever().until(condition);
    }

    private static ConditionFactory looking(String what) {
        return Awaitility.await(what)
                .pollInSameThread()
                .pollDelay(Duration.ZERO)
                .pollInterval(EVERY);
    }
}
