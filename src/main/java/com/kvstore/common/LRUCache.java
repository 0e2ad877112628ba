package com.kvstore.common;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the values that were used last, up to a number of entries; then the one not used for longest goes. Getting and
 * putting are uses. All operations take O(1), {@link #clear} aside.
 *
 * <p>Not thread-safe: used by one thread.
 *
 * @param <V> what is cached
 */
public final class LRUCache<V> {
    private final int capacity;
    /** The one used last stands last. */
    private final Map<Bytes, V> entries = new LinkedHashMap<>(16, 0.75f, true);

    private long hits;
    private long misses;

    /** @param capacity entries; 0 keeps nothing */
    public LRUCache(int capacity) {
        if (capacity < 0) {
            throw new IllegalArgumentException("a cache holds 0 entries or more, not " + capacity);
        }
        this.capacity = capacity;
    }

    /** The value of {@code key}, which is a hit; null if it is not here, which is a miss. */
    public @Nullable V get(Bytes key) {
        V value = entries.get(key);
        if (value == null) {
            misses++;
        } else {
            hits++;
        }
        return value;
    }

    /** Puts a value in, or replaces the one there is. */
    public void put(Bytes key, V value) {
        if (capacity == 0) {
            return;
        }
        entries.put(key, value);
        if (entries.size() > capacity) {
            Iterator<Bytes> eldestFirst = entries.keySet().iterator();
            eldestFirst.next();
            eldestFirst.remove();
        }
    }

    /** Takes {@code key} out; counts as neither hit nor miss. */
    public void remove(Bytes key) {
        entries.remove(key);
    }

    /** Takes everything out; the counters stay. */
    public void clear() {
        entries.clear();
    }

    /** Entries held. */
    public int size() {
        return entries.size();
    }

    public int capacity() {
        return capacity;
    }

    /** How many gets found a value. */
    public long hits() {
        return hits;
    }

    /** How many gets found none. */
    public long misses() {
        return misses;
    }
}
