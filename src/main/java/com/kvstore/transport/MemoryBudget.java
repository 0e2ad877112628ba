package com.kvstore.transport;

/** Memory that several connections share; counted, so that one more can be refused in time. The event loop's only. */
final class MemoryBudget {
    private final long limitBytes;
    private long usedBytes;

    MemoryBudget(long limitBytes) {
        this.limitBytes = limitBytes;
    }

    /** For links this node opened itself: its machine keeps them in bounds. */
    static MemoryBudget unlimited() {
        return new MemoryBudget(Long.MAX_VALUE);
    }

    /** @param bytes negative: given back */
    void count(long bytes) {
        usedBytes += bytes;
    }

    boolean isFull() {
        return usedBytes > limitBytes;
    }

    boolean fits(long bytes) {
        return usedBytes <= limitBytes - bytes;
    }
}
