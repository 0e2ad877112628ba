package com.kvstore.common;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** STUB: being written. */
public final class HashRing {
    /** A server's place on the ring. */
    public record Point(int position, ServerNode server) {}

    public static HashRing empty(int ringSize) {
        throw new UnsupportedOperationException();
    }

    public int ringSize() {
        throw new UnsupportedOperationException();
    }
    /** Points on the ring. */
    public int size() {
        throw new UnsupportedOperationException();
    }
    /** Different servers on the ring. */
    public int servers() {
        throw new UnsupportedOperationException();
    }

    public HashRing insert(int position, ServerNode server) {
        throw new UnsupportedOperationException();
    }

    public HashRing remove(int position) {
        throw new UnsupportedOperationException();
    }
    /** The first point at or after position, clockwise, wrapping; null on an empty ring. */
    public @Nullable Point successor(int position) {
        throw new UnsupportedOperationException();
    }
    /** The first point strictly before position, wrapping. */
    public @Nullable Point predecessor(int position) {
        throw new UnsupportedOperationException();
    }
    /** The first point of another server than {@code server} strictly before position, wrapping; null if there is none. */
    public @Nullable Point predecessorOther(int position, ServerNode server) {
        throw new UnsupportedOperationException();
    }
    /** position if free, else the next free one clockwise; -1 if full. */
    public int freePosition(int position) {
        throw new UnsupportedOperationException();
    }

    public boolean isTaken(int position) {
        throw new UnsupportedOperationException();
    }
    /** In order of position. */
    public List<Point> points() {
        throw new UnsupportedOperationException();
    }
}
