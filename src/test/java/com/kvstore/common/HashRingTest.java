package com.kvstore.common;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.kvstore.common.HashRing.Point;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class HashRingTest {
    private static final ServerNode A = server(1);
    private static final ServerNode B = server(2);
    private static final ServerNode C = server(3);

    private static ServerNode server(int i) {
        return new ServerNode("127.0.0.1", 8080 + i);
    }

    @Test
    void anEmptyRingHasNoServers() {
        HashRing ring = HashRing.empty(31);
        assertEquals(0, ring.size());
        assertEquals(0, ring.servers());
        assertNull(ring.successor(7));
        assertNull(ring.predecessor(7));
        assertNull(ring.predecessorOther(7, A));
        assertEquals(7, ring.freePosition(7));
        assertEquals(List.of(), ring.points());
    }

    @Test
    void aKeyBelongsToTheFirstServerAtOrAfterItAndWraps() {
        HashRing ring = HashRing.empty(31).insert(1, A).insert(17, B);
        assertEquals(new Point(1, A), ring.successor(1));
        assertEquals(new Point(17, B), ring.successor(2));
        assertEquals(new Point(17, B), ring.successor(17));
        assertEquals(new Point(1, A), ring.successor(18));
        assertEquals(new Point(17, B), ring.predecessor(1));
        assertEquals(new Point(1, A), ring.predecessor(17));
    }

    @Test
    void theReplicaIsTheFirstOtherServerBefore() {
        HashRing ring = HashRing.empty(31)
                .insert(1, A)
                .insert(5, B)
                .insert(6, B)
                .insert(7, B)
                .insert(20, C);
        assertEquals(new Point(1, A), ring.predecessorOther(7, B));
        assertEquals(new Point(20, C), ring.predecessorOther(1, B));
        assertEquals(new Point(7, B), ring.predecessorOther(20, A));
        assertEquals(new Point(7, B), ring.predecessorOther(20, server(9)));
    }

    @Test
    void aServerAloneHasNoReplicaHoweverManyPointsItHas() {
        HashRing ring = HashRing.empty(31).insert(1, A).insert(5, A).insert(9, A);
        assertEquals(1, ring.servers());
        assertEquals(3, ring.size());
        assertNull(ring.predecessorOther(7, A));
        assertEquals(new Point(5, A), ring.predecessorOther(7, B));
    }

    @Test
    void aTakenPositionGivesTheNextFreeOneClockwise() {
        HashRing ring =
                HashRing.empty(31).insert(29, A).insert(30, B).insert(0, C).insert(2, A);
        assertEquals(28, ring.freePosition(28));
        assertEquals(1, ring.freePosition(29));
        assertEquals(1, ring.freePosition(0));
        assertEquals(3, ring.freePosition(2));
    }

    @Test
    void aFullRingHasNoFreePosition() {
        HashRing ring = HashRing.empty(31);
        for (int i = 0; i < 31; i++) {
            ring = ring.insert(ring.freePosition(13), server(i));
        }
        assertEquals(31, ring.servers());
        assertEquals(-1, ring.freePosition(0));
        assertEquals(-1, ring.freePosition(30));
    }

    @Test
    void insertingTwiceRemovingNothingAndLeavingTheCircleAreRefused() {
        HashRing ring = HashRing.empty(31).insert(4, A);
        assertThrows(IllegalArgumentException.class, () -> ring.insert(4, B));
        assertThrows(IllegalArgumentException.class, () -> ring.remove(5));
        assertThrows(IllegalArgumentException.class, () -> ring.insert(31, B));
        assertThrows(IllegalArgumentException.class, () -> ring.insert(-1, B));
        assertThrows(IllegalArgumentException.class, () -> ring.remove(31));
        assertThrows(IllegalArgumentException.class, () -> HashRing.empty(0));
        assertThrows(IllegalArgumentException.class, () -> ring.successor(31));
    }

    @Test
    void ringsWithTheSamePointsAreEqualHoweverTheyCameAbout() {
        HashRing one = HashRing.empty(31).insert(4, A).insert(9, B).insert(20, C);
        HashRing other = HashRing.empty(31)
                .insert(20, C)
                .insert(11, A)
                .insert(9, B)
                .insert(4, A)
                .remove(11);
        assertEquals(one, other);
        assertEquals(one.hashCode(), other.hashCode());
        assertNotEquals(one, one.remove(4).insert(4, B));
        assertNotEquals(one, one.remove(4));
        assertNotEquals(HashRing.empty(31), HashRing.empty(32));
    }

    @Test
    void theLastPositionOfTheLargestRingIsUsable() {
        int last = Integer.MAX_VALUE - 1;
        HashRing ring = HashRing.empty(Integer.MAX_VALUE).insert(last, A);
        assertEquals(0, ring.freePosition(last));
        assertEquals(new Point(last, A), ring.successor(last));
        assertEquals(new Point(last, A), ring.predecessor(0));
    }

    @Test
    void itBehavesAsASortedMapThroughRandomChanges() {
        for (int ringSize : new int[] {7, 31, 1_000, Integer.MAX_VALUE}) {
            Random random = new Random(ringSize);
            HashRing ring = HashRing.empty(ringSize);
            TreeMap<Integer, ServerNode> model = new TreeMap<>();
            for (int i = 0; i < 4_000; i++) {
                boolean shrink = model.size() == ringSize || (!model.isEmpty() && random.nextInt(100) < 45);
                if (shrink) {
                    int position = nearest(model, random.nextInt(ringSize));
                    ring = ring.remove(position);
                    model.remove(position);
                } else {
                    int position = ring.freePosition(random.nextInt(ringSize));
                    assertFalse(model.containsKey(position));
                    ServerNode server = server(random.nextInt(8));
                    ring = ring.insert(position, server);
                    model.put(position, server);
                }
                check(ring, model, random.nextInt(ringSize), server(random.nextInt(9)));
            }
        }
    }

    @Test
    void anOldRingStaysAsItWas() {
        Random random = new Random(5);
        HashRing ring = HashRing.empty(500);
        List<HashRing> rings = new ArrayList<>();
        List<List<Point>> contents = new ArrayList<>();
        for (int i = 0; i < 2_000; i++) {
            int position = random.nextInt(500);
            ring = ring.isTaken(position) ? ring.remove(position) : ring.insert(position, server(i % 7));
            rings.add(ring);
            contents.add(ring.points());
        }
        for (int i = 0; i < rings.size(); i++) {
            assertEquals(contents.get(i), rings.get(i).points());
        }
    }

    private static int nearest(NavigableMap<Integer, ServerNode> model, int position) {
        Integer at = model.ceilingKey(position);
        return at != null ? at : model.firstKey();
    }

    private static void check(HashRing ring, NavigableMap<Integer, ServerNode> model, int position, ServerNode server) {
        assertEquals(model.size(), ring.size());
        assertEquals(new HashSet<>(model.values()).size(), ring.servers());
        assertEquals(model.containsKey(position), ring.isTaken(position));
        assertEquals(wrapped(model.ceilingEntry(position), model.firstEntry()), ring.successor(position));
        assertEquals(wrapped(model.lowerEntry(position), model.lastEntry()), ring.predecessor(position));
        assertEquals(otherBefore(model, position, server), ring.predecessorOther(position, server));
        assertEquals(freeFrom(model, position, ring.ringSize()), ring.freePosition(position));
        if (model.size() % 50 == 0) {
            List<Point> points = new ArrayList<>();
            model.forEach((at, who) -> points.add(new Point(at, who)));
            assertEquals(points, ring.points());
        }
    }

    private static Point wrapped(Map.Entry<Integer, ServerNode> entry, Map.Entry<Integer, ServerNode> otherwise) {
        Map.Entry<Integer, ServerNode> found = entry != null ? entry : otherwise;
        return found == null ? null : new Point(found.getKey(), found.getValue());
    }

    private static Point otherBefore(NavigableMap<Integer, ServerNode> model, int position, ServerNode server) {
        List<Map.Entry<Integer, ServerNode>> backwards = new ArrayList<>();
        backwards.addAll(model.headMap(position, false).descendingMap().entrySet());
        backwards.addAll(model.tailMap(position, true).descendingMap().entrySet());
        for (Map.Entry<Integer, ServerNode> entry : backwards) {
            if (!entry.getValue().equals(server)) {
                return new Point(entry.getKey(), entry.getValue());
            }
        }
        return null;
    }

    private static int freeFrom(NavigableMap<Integer, ServerNode> model, int position, int ringSize) {
        for (int i = 0; i < ringSize; i++) {
            int candidate = (int) (((long) position + i) % ringSize);
            if (!model.containsKey(candidate)) {
                return candidate;
            }
        }
        return -1;
    }

    @Test
    void theTreeStaysBalancedAndSorted() {
        Random random = new Random(11);
        AvlNode<Integer, String> tree = null;
        TreeMap<Integer, String> model = new TreeMap<>();
        for (int i = 0; i < 6_000; i++) {
            // Long ascending runs are what unbalances a tree that does not rotate.
            int key = i % 3 == 0 ? i : random.nextInt(6_000);
            if (random.nextInt(100) < 60) {
                tree = AvlNode.put(tree, key, "v" + i);
                model.put(key, "v" + i);
            } else {
                tree = AvlNode.remove(tree, key);
                model.remove(key);
            }
            if (i % 20 == 0) {
                assertEquals(model.size(), checked(tree, Integer.MIN_VALUE, Integer.MAX_VALUE));
                List<String> values = new ArrayList<>();
                AvlNode.forEach(tree, values::add);
                assertEquals(new ArrayList<>(model.values()), values);
            }
        }
    }

    @Test
    void ascendingInsertsMakeATreeOfLogarithmicHeight() {
        AvlNode<Integer, Integer> tree = null;
        for (int i = 0; i < 1 << 14; i++) {
            tree = AvlNode.put(tree, i, i);
        }
        assertNotNull(tree);
        assertTrue(tree.height <= 1.45 * 15, "height " + tree.height);
        for (int i = 0; i < (1 << 14) - 1; i++) {
            tree = AvlNode.remove(tree, i);
        }
        assertNotNull(tree);
        assertEquals(1, tree.height);
    }

    /** Checks the invariants of a subtree whose keys lie strictly between the bounds; returns its size. */
    private static int checked(AvlNode<Integer, String> tree, int above, int below) {
        if (tree == null) {
            return 0;
        }
        assertTrue(tree.key > above && tree.key < below, "key order at " + tree.key);
        int left = checked(tree.left, above, tree.key);
        int right = checked(tree.right, tree.key, below);
        int leftHeight = AvlNode.height(tree.left);
        int rightHeight = AvlNode.height(tree.right);
        assertTrue(Math.abs(leftHeight - rightHeight) <= 1, "balance at " + tree.key);
        assertEquals(1 + Math.max(leftHeight, rightHeight), tree.height);
        assertEquals(1 + left + right, tree.size);
        return tree.size;
    }
}
