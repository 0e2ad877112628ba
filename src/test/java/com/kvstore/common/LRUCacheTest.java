package com.kvstore.common;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class LRUCacheTest {
    private static final Bytes A = Bytes.of("a");
    private static final Bytes B = Bytes.of("b");
    private static final Bytes C = Bytes.of("c");

    @Test
    void theEntryNotUsedForLongestGoesFirst() {
        LRUCache<String> cache = new LRUCache<>(2);
        cache.put(A, "1");
        cache.put(B, "2");
        cache.get(A);
        cache.put(C, "3");
        assertNull(cache.get(B));
        assertEquals("1", cache.get(A));
        assertEquals("3", cache.get(C));
    }

    @Test
    void replacingAValueIsAUseAndEvictsNothing() {
        LRUCache<String> cache = new LRUCache<>(2);
        cache.put(A, "1");
        cache.put(B, "2");
        cache.put(A, "3");
        assertEquals(2, cache.size());
        cache.put(C, "4");
        assertEquals("3", cache.get(A));
        assertNull(cache.get(B));
    }

    @Test
    void everyGetIsAHitOrAMissAndNothingElseIs() {
        LRUCache<String> cache = new LRUCache<>(2);
        assertNull(cache.get(A));
        cache.put(A, "1");
        cache.get(A);
        cache.get(A);
        cache.remove(A);
        cache.get(A);
        cache.put(B, "2");
        cache.clear();
        assertEquals(0, cache.size());
        assertEquals(2, cache.hits());
        assertEquals(2, cache.misses());
    }

    @Test
    void aCacheOfCapacityZeroKeepsNothing() {
        LRUCache<String> cache = new LRUCache<>(0);
        cache.put(A, "1");
        assertNull(cache.get(A));
        assertEquals(0, cache.size());
        assertEquals(1, cache.misses());
    }

    @Test
    void aNegativeCapacityIsRefused() {
        assertThrows(IllegalArgumentException.class, () -> new LRUCache<String>(-1));
    }

    /** The reference keeps the order of use in a plain list, the last used at the end. */
    @Test
    void itBehavesAsAListOrderedByUse() {
        for (int capacity : new int[] {1, 2, 4, 17}) {
            Random random = new Random(capacity);
            LRUCache<Integer> cache = new LRUCache<>(capacity);
            List<Bytes> keys = new ArrayList<>();
            List<Integer> values = new ArrayList<>();
            long hits = 0;
            for (int i = 0; i < 20_000; i++) {
                Bytes key = Bytes.of("k" + random.nextInt(2 * capacity + 1));
                int at = keys.indexOf(key);
                int kind = random.nextInt(10);
                if (kind < 5) {
                    assertEquals(at < 0 ? null : values.get(at), cache.get(key));
                    if (at >= 0) {
                        hits++;
                        keys.add(keys.remove(at));
                        values.add(values.remove(at));
                    }
                } else if (kind < 9) {
                    cache.put(key, i);
                    int out = at >= 0 ? at : keys.size() == capacity ? 0 : -1;
                    if (out >= 0) {
                        keys.remove(out);
                        values.remove(out);
                    }
                    keys.add(key);
                    values.add(i);
                } else {
                    cache.remove(key);
                    if (at >= 0) {
                        keys.remove(at);
                        values.remove(at);
                    }
                }
                assertEquals(keys.size(), cache.size());
                assertEquals(hits, cache.hits());
            }
        }
    }
}
