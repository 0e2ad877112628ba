package com.kvstore.protocol.twophase;

import com.kvstore.common.Bytes;

/** A read that waits for a slave's answer. */
final class PendingRead {
    final long client;
    final Bytes key;
    final int position;
    /** See {@link ReadCache#stamp}; taken anew each time it is sent. */
    int stamp;

    PendingRead(long client, Bytes key, int position) {
        this.client = client;
        this.key = key;
        this.position = position;
    }
}
