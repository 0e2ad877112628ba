package com.kvstore.protocol.movement;

import com.kvstore.protocol.movement.MoveMessage.Chunk;
import com.kvstore.protocol.movement.MoveMessage.StartMove;
import org.jspecify.annotations.Nullable;

/** One move under way at its target: its link, and what is under way on it. See {@link MoveTarget}. */
final class RunningMove {
    final StartMove start;
    final long coordinatorLink;
    final Filling filling;
    final Pace pace;
    boolean connected;
    long link;
    /** Whether a Fetch is under way. */
    boolean asking;
    /** Came while nobody else was in a hurry: the next question is on its way, and this is taken in meanwhile. */
    @Nullable Chunk unapplied;

    long nextProgressNs;

    RunningMove(StartMove start, long coordinatorLink, Filling filling, Pace pace, long nextProgressNs) {
        this.start = start;
        this.coordinatorLink = coordinatorLink;
        this.filling = filling;
        this.pace = pace;
        this.nextProgressNs = nextProgressNs;
    }

    /** Takes in what has not been yet. */
    void applyRest() {
        Chunk chunk = unapplied;
        if (chunk != null) {
            unapplied = null;
            filling.apply(chunk);
        }
    }
}
