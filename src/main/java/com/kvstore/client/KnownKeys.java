package com.kvstore.client;

import com.kvstore.common.Bytes;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** The keys a person has used, for completion: the latest thousand that can be typed. Used from one thread. */
final class KnownKeys {
    private static final int MOST_KEYS = 1_000;
    private static final int MOST_BYTES = 256;

    private final Set<String> keys = new LinkedHashSet<>();

    void used(Bytes key) {
        String text = key.length() > MOST_BYTES ? null : key.utf8OrNull();
        if (text == null || !Printable.text(text).equals(text)) {
            return;
        }
        keys.remove(text);
        keys.add(text);
        if (keys.size() > MOST_KEYS) {
            keys.remove(keys.iterator().next());
        }
    }

    List<String> all() {
        return new ArrayList<>(keys);
    }
}
