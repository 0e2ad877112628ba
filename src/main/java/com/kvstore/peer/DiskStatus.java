package com.kvstore.peer;

import org.jspecify.annotations.Nullable;

/**
 * What a peer's disk does. Immutable.
 *
 * @param durability {@code sync}, {@code async}, or {@code memory}: there is none
 * @param failure why it takes nothing; null: all is well
 */
record DiskStatus(String durability, @Nullable String failure) {
    static final DiskStatus NONE = new DiskStatus("memory", null);
}
