package com.kvstore.protocol.membership;

import com.kvstore.common.Table;

/**
 * One member's copy of an arc.
 *
 * @param member the holder's {@link Member#id()}
 * @param table which of its tables the copy belongs to
 */
public record Copy(int member, Table table, Sync sync) {

    /** Whether a copy holds every acknowledged write of its arc. */
    public enum Sync {
        /** It does: it takes part in writes and may serve reads. */
        IN_SYNC,
        /** It takes part in writes since the view that made it so, and is being filled with what came before. */
        SYNCING,
        /** It may lack acknowledged writes and takes part in nothing; what it has is a head start for later. */
        STALE
    }

    public boolean inSync() {
        return sync == Sync.IN_SYNC;
    }

    /** Whether it takes part in writes. */
    public boolean takesWrites() {
        return sync != Sync.STALE;
    }

    public Copy with(Sync other) {
        return new Copy(member, table, other);
    }

    public Copy with(Table other) {
        return new Copy(member, other, sync);
    }
}
