package com.kvstore.client;

import java.util.ArrayDeque;

/**
 * Hands things from any number of threads to one. Nothing is lost: what {@link #put} has taken, a later {@link #take}
 * yields, in order; after {@link #close} nothing more is taken.
 *
 * <p>Threading: safe; {@link #take} is for one thread, which owns what it got until it calls it again.
 *
 * @param <T> what is handed over
 */
final class Inbox<T> {
    /** What became of a thing that was put in. */
    enum Put {
        /** It is the first since the last {@link #take}: whoever takes should be woken. */
        FIRST,
        /** Whoever takes has been woken already. */
        MORE,
        /** It was not taken: the inbox is closed. */
        REFUSED
    }

    private ArrayDeque<T> waiting = new ArrayDeque<>();
    private ArrayDeque<T> taken = new ArrayDeque<>();
    private boolean closed;

    synchronized Put put(T thing) {
        if (closed) {
            return Put.REFUSED;
        }
        Put outcome = waiting.isEmpty() ? Put.FIRST : Put.MORE;
        waiting.addLast(thing);
        return outcome;
    }

    /** All that was put in since the last call; the caller empties it before the next one. */
    synchronized ArrayDeque<T> take() {
        ArrayDeque<T> full = waiting;
        waiting = taken;
        taken = full;
        return full;
    }

    /** What comes later is refused; what is in it can still be taken. */
    synchronized void close() {
        closed = true;
    }
}
