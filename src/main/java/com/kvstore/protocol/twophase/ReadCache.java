package com.kvstore.protocol.twophase;

import com.kvstore.common.Bytes;
import com.kvstore.common.LRUCache;
import com.kvstore.common.Result;
import org.jspecify.annotations.Nullable;

/**
 * The coordinator's cache and the rule that keeps it true: a value enters only if no write to its key was decided since
 * the read was sent; a write takes its key out when it is decided, before any commit leaves.
 *
 * <p>"Since the read was sent" is kept as a stamp for each of a few thousand groups of keys: a write to another key of
 * the group only keeps a value out that might have come in.
 */
final class ReadCache {
    private static final int GROUPS = 4096;

    private final LRUCache<Result.Value> cache;
    private final int[] stamps = new int[GROUPS];

    /** @param capacity entries; 0 turns it off */
    ReadCache(int capacity) {
        cache = new LRUCache<>(capacity);
    }

    Result.@Nullable Value get(Bytes key) {
        return cache.get(key);
    }

    /** Goes with a read that is sent now. */
    int stamp(Bytes key) {
        return stamps[group(key)];
    }

    /** A read that was sent at {@code stamp} found this. */
    void fill(Bytes key, Result.Value value, int stamp) {
        if (stamps[group(key)] == stamp) {
            cache.put(key, value);
        }
    }

    /** A write to {@code key} is decided. */
    void decided(Bytes key) {
        stamps[group(key)]++;
        cache.remove(key);
    }

    /** Data was lost: whatever was read before may be gone. */
    void lost() {
        for (int group = 0; group < GROUPS; group++) {
            stamps[group]++;
        }
        cache.clear();
    }

    LRUCache<Result.Value> entries() {
        return cache;
    }

    private static int group(Bytes key) {
        int h = key.hashCode();
        return (h ^ (h >>> 12)) & (GROUPS - 1);
    }
}
