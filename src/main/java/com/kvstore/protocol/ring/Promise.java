package com.kvstore.protocol.ring;

/**
 * Whom a data node has promised to obey: it must know that again after a restart, or it would obey an older coordinator
 * that wakes.
 *
 * @param cluster the store whose data it holds; 0: none yet
 * @param epoch the highest it has accepted
 * @param coordinator the process it accepted it from
 * @param startEpoch the first epoch of that process's life
 */
public record Promise(long cluster, long epoch, long coordinator, long startEpoch) {
    /** Nobody was promised anything. */
    public static final Promise NONE = new Promise(0, 0, 0, 0);
}
