package com.kvstore.client;

import java.util.concurrent.atomic.AtomicInteger;

/** A bounded number of places, which calls take and give back. Threading: safe, without locks. */
final class Places {
    private final int most;
    private final AtomicInteger taken = new AtomicInteger();

    Places(int most) {
        this.most = most;
    }

    int most() {
        return most;
    }

    int taken() {
        return taken.get();
    }

    /** Takes a place; false: there is none. Never refuses while one is free. */
    boolean enter() {
        int now = taken.get();
        while (now < most) {
            if (taken.compareAndSet(now, now + 1)) {
                return true;
            }
            now = taken.get();
        }
        return false;
    }

    /** Gives back a place that was taken. */
    void leave() {
        taken.decrementAndGet();
    }
}
