package com.kvstore.common;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The hash circle with the servers on it: an immutable AVL tree of points, ordered by position.
 *
 * <p>{@link #insert} and {@link #remove} return a new ring that shares what did not change, so an old and a new ring can
 * be held side by side and readers need no lock. Insert, remove, successor, predecessor and {@link #freePosition} take
 * O(log points).
 *
 * <p>Thread-safe: immutable. Two rings are equal if they have the same size and the same points.
 *
 * <p>Failure: a position outside 0 to ring size - 1, inserting at a taken position and removing at a free one throw
 * {@link IllegalArgumentException}.
 *
 * <p>D. Karger et al.: Consistent Hashing and Random Trees (STOC 1997).
 */
public final class HashRing {
    /** A server's place on the ring. */
    public record Point(int position, ServerNode server) {}

    private final int ringSize;
    private final @Nullable AvlNode<Integer, Point> points;
    /** How many points each server has; a server without points is not in it. */
    private final @Nullable AvlNode<ServerNode, Integer> servers;

    private HashRing(
            int ringSize, @Nullable AvlNode<Integer, Point> points, @Nullable AvlNode<ServerNode, Integer> servers) {
        this.ringSize = ringSize;
        this.points = points;
        this.servers = servers;
    }

    /** @param ringSize positions on the circle, 1 or more */
    public static HashRing empty(int ringSize) {
        if (ringSize < 1) {
            throw new IllegalArgumentException("a ring has at least one position, not " + ringSize);
        }
        return new HashRing(ringSize, null, null);
    }

    public int ringSize() {
        return ringSize;
    }

    /** Points on the ring. */
    public int size() {
        return AvlNode.size(points);
    }

    /** Different servers on the ring; O(1). */
    public int servers() {
        return AvlNode.size(servers);
    }

    /** The ring with one point more. */
    public HashRing insert(int position, ServerNode server) {
        AvlNode<Integer, Point> taken = nodeAt(position);
        if (taken != null) {
            throw new IllegalArgumentException(
                    "position " + position + " is taken by " + taken.value.server() + "; choose a free one");
        }
        return new HashRing(
                ringSize,
                AvlNode.put(points, position, new Point(position, server)),
                AvlNode.put(servers, server, pointsOf(server) + 1));
    }

    /** The ring with one point less. */
    public HashRing remove(int position) {
        AvlNode<Integer, Point> node = nodeAt(position);
        if (node == null) {
            throw new IllegalArgumentException("no server is at position " + position);
        }
        ServerNode server = node.value.server();
        int left = pointsOf(server) - 1;
        return new HashRing(
                ringSize,
                AvlNode.remove(points, position),
                left == 0 ? AvlNode.remove(servers, server) : AvlNode.put(servers, server, left));
    }

    /** The first point at or after position, clockwise, wrapping; null on an empty ring. */
    public @Nullable Point successor(int position) {
        checkPosition(position);
        if (points == null) {
            return null;
        }
        AvlNode<Integer, Point> node = AvlNode.ceiling(points, position);
        return node != null ? node.value : AvlNode.first(points).value;
    }

    /** The first point strictly before position, wrapping; null on an empty ring. */
    public @Nullable Point predecessor(int position) {
        checkPosition(position);
        if (points == null) {
            return null;
        }
        AvlNode<Integer, Point> node = AvlNode.lower(points, position);
        return node != null ? node.value : AvlNode.last(points).value;
    }

    /**
     * The first point of another server than {@code server} strictly before position, wrapping; null if there is none.
     * Passes the points of {@code server} one by one: a few where servers have about as many points each.
     */
    public @Nullable Point predecessorOther(int position, ServerNode server) {
        int others = pointsOf(server) > 0 ? servers() - 1 : servers();
        Point point = others > 0 ? predecessor(position) : null;
        while (point != null && point.server().equals(server)) {
            point = predecessor(point.position());
        }
        return point;
    }

    /** position if free, else the next free one clockwise; -1 if full. */
    public int freePosition(int position) {
        checkPosition(position);
        if (size() == ringSize) {
            return -1;
        }
        int free = freeAtOrAfter(position);
        return free < ringSize ? free : freeAtOrAfter(0);
    }

    public boolean isTaken(int position) {
        return nodeAt(position) != null;
    }

    /** In order of position. */
    public List<Point> points() {
        List<Point> list = new ArrayList<>(size());
        AvlNode.forEach(points, list::add);
        return list;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof HashRing ring
                && ringSize == ring.ringSize
                && size() == ring.size()
                && (points == ring.points || points().equals(ring.points()));
    }

    @Override
    public int hashCode() {
        return ringSize * 31 + points().hashCode();
    }

    @Override
    public String toString() {
        return "HashRing[size " + ringSize + ", points " + points() + "]";
    }

    /**
     * The first free position from {@code from} on without wrapping; the ring size if there is none.
     *
     * <p>The points from {@code from} to a point {@code p} fill that stretch if there are as many of them as positions,
     * which the sizes kept in the tree tell on the way down: no stretch is walked.
     */
    private int freeAtOrAfter(int from) {
        int before = rank(from);
        int free = from;
        int passed = 0;
        AvlNode<Integer, Point> node = points;
        while (node != null) {
            int rank = passed + AvlNode.size(node.left);
            boolean filledUpToHere = node.key >= from && rank - before == node.key - from;
            if (filledUpToHere) {
                free = node.key + 1;
            }
            if (filledUpToHere || node.key < from) {
                passed = rank + 1;
                node = node.right;
            } else {
                node = node.left;
            }
        }
        return free;
    }

    /** How many points lie before {@code position}. */
    private int rank(int position) {
        int rank = 0;
        AvlNode<Integer, Point> node = points;
        while (node != null) {
            if (node.key < position) {
                rank += AvlNode.size(node.left) + 1;
                node = node.right;
            } else {
                node = node.left;
            }
        }
        return rank;
    }

    private @Nullable AvlNode<Integer, Point> nodeAt(int position) {
        checkPosition(position);
        return AvlNode.find(points, position);
    }

    private int pointsOf(ServerNode server) {
        AvlNode<ServerNode, Integer> node = AvlNode.find(servers, server);
        return node == null ? 0 : node.value;
    }

    private void checkPosition(int position) {
        if (position < 0 || position >= ringSize) {
            throw new IllegalArgumentException(
                    "position " + position + " is not on a ring with positions 0 to " + (ringSize - 1));
        }
    }
}
