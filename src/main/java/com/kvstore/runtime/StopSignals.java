package com.kvstore.runtime;

import com.kvstore.protocol.kernel.Input;
import java.lang.reflect.Proxy;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * SIGTERM, SIGINT and SIGHUP: the first asks the node to end, the second ends it at once.
 *
 * <p>A JVM's shutdown hook cannot do this: once it runs, further signals are ignored, and the exit status is the
 * signal's. So the handlers are set with {@code sun.misc.Signal}, by reflection because it is not part of the Java SE
 * platform; where that fails (another JVM, {@code -Xrs}), a shutdown hook does what it can.
 */
public final class StopSignals {
    /** As a shell shows the end by a second Ctrl-C. */
    private static final int AT_ONCE_STATUS = 130;

    private static final String[] NAMES = {"TERM", "INT", "HUP"};

    private final NodeDriver driver;
    private final long timeoutMs;
    private final Ending ending;
    private final AtomicInteger received = new AtomicInteger();

    StopSignals(NodeDriver driver, long timeoutMs, Ending ending) {
        this.driver = driver;
        this.timeoutMs = timeoutMs;
        this.ending = ending;
    }

    /**
     * Handles signals from now on.
     *
     * @param timeoutMs after which the process ends, with status 0, although its machine has not said it may
     */
    public static void handle(NodeDriver driver, long timeoutMs, Ending ending) {
        StopSignals signals = new StopSignals(driver, timeoutMs, ending);
        int handled = 0;
        for (String name : NAMES) {
            if (signals.install(name)) {
                handled++;
            }
        }
        if (handled == 0) {
            Runtime.getRuntime().addShutdownHook(new Thread(signals::stopAndWait, "stop"));
        }
    }

    private boolean install(String name) {
        try {
            Class<?> signal = Class.forName("sun.misc.Signal");
            Class<?> handlerType = Class.forName("sun.misc.SignalHandler");
            Object handler = Proxy.newProxyInstance(
                    StopSignals.class.getClassLoader(), new Class<?>[] {handlerType}, (proxy, method, arguments) -> {
                        if (method.getName().equals("handle")) {
                            signalled();
                        }
                        return null;
                    });
            signal.getMethod("handle", signal, handlerType)
                    .invoke(null, signal.getConstructor(String.class).newInstance(name), handler);
            return true;
        } catch (ReflectiveOperationException | RuntimeException notHere) {
            return false;
        }
    }

    void signalled() {
        if (received.incrementAndGet() == 1) {
            Thread waiting = new Thread(this::stopAndWait, "stop");
            waiting.setDaemon(true);
            waiting.start();
        } else {
            ending.end(AT_ONCE_STATUS);
        }
    }

    private void stopAndWait() {
        driver.submit(new Input.StopRequested());
        try {
            if (!new CountDownLatch(1).await(timeoutMs, TimeUnit.MILLISECONDS)) {
                ending.end(0);
            }
        } catch (InterruptedException nobodyDoes) {
            Thread.currentThread().interrupt();
        }
    }
}
