package com.kvstore.transport;

/** The requests of one connection that have no answer yet, and what they took on the wire. The event loop only. */
final class RequestsInHand {
    static final int MOST = 1_024;
    static final long MOST_BYTES = 32L << 20;

    private final MemoryBudget budget;
    private int requests;
    /** At one time, since there was none. */
    private int most;

    private long bytes;

    RequestsInHand(MemoryBudget budget) {
        this.budget = budget;
    }

    void add(ClientRequest request) {
        most = isEmpty() ? 1 : Math.max(most, requests + 1);
        count(1, request.bytes);
    }

    void remove(ClientRequest request) {
        count(-1, -request.bytes);
    }

    private void count(int sign, long moreBytes) {
        requests += sign;
        bytes += moreBytes;
        budget.count(moreBytes);
    }

    boolean isEmpty() {
        return requests == 0;
    }

    /** Whether none is left, and there was never a second one beside it: its client asks one thing at a time. */
    boolean wasOnlyOne() {
        return isEmpty() && most == 1;
    }

    /** Whether another may be taken. */
    boolean haveRoom() {
        return requests < MOST && bytes < MOST_BYTES;
    }

    /** Whether so few are left that reading should go on. */
    boolean areFew() {
        return requests <= MOST / 2 && bytes <= MOST_BYTES / 2;
    }
}
