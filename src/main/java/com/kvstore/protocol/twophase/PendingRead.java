package com.kvstore.protocol.twophase;

import com.kvstore.common.Bytes;
import org.jspecify.annotations.Nullable;

/** A read that waits for a slave's answer: a client's, or one of a {@link MultiRead}. */
final class PendingRead {
    /** Whom to answer; meaningless for one of a group. */
    final long client;

    final Bytes key;
    final int position;
    final @Nullable MultiRead group;
    /** Its place in the group. */
    final int index;
    /** The group's, when it was sent. */
    final int round;
    /** See {@link ReadCache#stamp}; taken anew each time it is sent. */
    int stamp;

    PendingRead(long client, Bytes key, int position) {
        this.client = client;
        this.key = key;
        this.position = position;
        this.group = null;
        this.index = 0;
        this.round = 0;
    }

    PendingRead(MultiRead group, int index) {
        this.client = 0;
        this.key = group.keys.get(index);
        this.position = group.positions[index];
        this.group = group;
        this.index = index;
        this.round = group.round;
    }
}
