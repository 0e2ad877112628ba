package com.kvstore.common;

import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A node of an immutable AVL tree, and the tree below it; null is the empty tree.
 *
 * <p>Changes copy the path from the root to the change, O(log n) nodes, and share all other nodes with the tree before.
 *
 * <p>Thread-safe: immutable.
 *
 * <p>Invariants: keys on the left are smaller, on the right larger; the heights of the two sides differ by at most one.
 *
 * <p>G. M. Adelson-Velsky, E. M. Landis: An algorithm for the organization of information (1962).
 */
final class AvlNode<K extends Comparable<K>, V> {
    final K key;
    final V value;
    final @Nullable AvlNode<K, V> left;
    final @Nullable AvlNode<K, V> right;
    /** Nodes on the longest way down, this one counted. */
    final int height;
    /** Nodes in the whole tree, this one counted. */
    final int size;

    private AvlNode(K key, V value, @Nullable AvlNode<K, V> left, @Nullable AvlNode<K, V> right) {
        this.key = key;
        this.value = value;
        this.left = left;
        this.right = right;
        this.height = 1 + Math.max(height(left), height(right));
        this.size = 1 + size(left) + size(right);
    }

    static int height(@Nullable AvlNode<?, ?> tree) {
        return tree == null ? 0 : tree.height;
    }

    static int size(@Nullable AvlNode<?, ?> tree) {
        return tree == null ? 0 : tree.size;
    }

    /** The tree with {@code key} in it; a value it had before is replaced. */
    static <K extends Comparable<K>, V> AvlNode<K, V> put(@Nullable AvlNode<K, V> tree, K key, V value) {
        if (tree == null) {
            return new AvlNode<>(key, value, null, null);
        }
        int order = key.compareTo(tree.key);
        if (order < 0) {
            return balanced(tree, put(tree.left, key, value), tree.right);
        }
        if (order > 0) {
            return balanced(tree, tree.left, put(tree.right, key, value));
        }
        return new AvlNode<>(key, value, tree.left, tree.right);
    }

    /** The tree without {@code key}, whether it was there or not. */
    static <K extends Comparable<K>, V> @Nullable AvlNode<K, V> remove(@Nullable AvlNode<K, V> tree, K key) {
        if (tree == null) {
            return null;
        }
        int order = key.compareTo(tree.key);
        if (order < 0) {
            return balanced(tree, remove(tree.left, key), tree.right);
        }
        if (order > 0) {
            return balanced(tree, tree.left, remove(tree.right, key));
        }
        if (tree.left == null) {
            return tree.right;
        }
        if (tree.right == null) {
            return tree.left;
        }
        AvlNode<K, V> next = first(tree.right);
        return balanced(next, tree.left, remove(tree.right, next.key));
    }

    static <K extends Comparable<K>, V> @Nullable AvlNode<K, V> find(@Nullable AvlNode<K, V> tree, K key) {
        AvlNode<K, V> node = tree;
        while (node != null) {
            int order = key.compareTo(node.key);
            if (order == 0) {
                return node;
            }
            node = order < 0 ? node.left : node.right;
        }
        return null;
    }

    /** The node with the smallest key that is {@code key} or larger. */
    static <K extends Comparable<K>, V> @Nullable AvlNode<K, V> ceiling(@Nullable AvlNode<K, V> tree, K key) {
        AvlNode<K, V> best = null;
        AvlNode<K, V> node = tree;
        while (node != null) {
            if (node.key.compareTo(key) >= 0) {
                best = node;
                node = node.left;
            } else {
                node = node.right;
            }
        }
        return best;
    }

    /** The node with the largest key that is smaller than {@code key}. */
    static <K extends Comparable<K>, V> @Nullable AvlNode<K, V> lower(@Nullable AvlNode<K, V> tree, K key) {
        AvlNode<K, V> best = null;
        AvlNode<K, V> node = tree;
        while (node != null) {
            if (node.key.compareTo(key) < 0) {
                best = node;
                node = node.right;
            } else {
                node = node.left;
            }
        }
        return best;
    }

    static <K extends Comparable<K>, V> AvlNode<K, V> first(AvlNode<K, V> tree) {
        AvlNode<K, V> node = tree;
        while (node.left != null) {
            node = node.left;
        }
        return node;
    }

    static <K extends Comparable<K>, V> AvlNode<K, V> last(AvlNode<K, V> tree) {
        AvlNode<K, V> node = tree;
        while (node.right != null) {
            node = node.right;
        }
        return node;
    }

    /** Visits the values in the order of their keys. */
    static <K extends Comparable<K>, V> void forEach(@Nullable AvlNode<K, V> tree, Consumer<V> visitor) {
        if (tree != null) {
            forEach(tree.left, visitor);
            visitor.accept(tree.value);
            forEach(tree.right, visitor);
        }
    }

    /** A tree of {@code middle}'s key and value between two trees whose heights differ by at most two. */
    private static <K extends Comparable<K>, V> AvlNode<K, V> balanced(
            AvlNode<K, V> middle, @Nullable AvlNode<K, V> left, @Nullable AvlNode<K, V> right) {
        int tilt = height(left) - height(right);
        if (tilt > 1) {
            return rotatedRight(middle, Objects.requireNonNull(left), right);
        }
        if (tilt < -1) {
            return rotatedLeft(middle, left, Objects.requireNonNull(right));
        }
        return join(middle, left, right);
    }

    private static <K extends Comparable<K>, V> AvlNode<K, V> rotatedRight(
            AvlNode<K, V> middle, AvlNode<K, V> left, @Nullable AvlNode<K, V> right) {
        if (height(left.left) >= height(left.right)) {
            return join(left, left.left, join(middle, left.right, right));
        }
        AvlNode<K, V> top = Objects.requireNonNull(left.right);
        return join(top, join(left, left.left, top.left), join(middle, top.right, right));
    }

    private static <K extends Comparable<K>, V> AvlNode<K, V> rotatedLeft(
            AvlNode<K, V> middle, @Nullable AvlNode<K, V> left, AvlNode<K, V> right) {
        if (height(right.right) >= height(right.left)) {
            return join(right, join(middle, left, right.left), right.right);
        }
        AvlNode<K, V> top = Objects.requireNonNull(right.left);
        return join(top, join(middle, left, top.left), join(right, top.right, right.right));
    }

    private static <K extends Comparable<K>, V> AvlNode<K, V> join(
            AvlNode<K, V> middle, @Nullable AvlNode<K, V> left, @Nullable AvlNode<K, V> right) {
        return new AvlNode<>(middle.key, middle.value, left, right);
    }
}
