package com.kvstore.transport;

import com.kvstore.common.Result;

/** A request that a client waits for; knows how to answer it in the client's language. */
public abstract class ClientRequest {
    final Connection connection;
    /** What it took on the wire, for the limits. */
    final int bytes;

    protected ClientRequest(Connection connection, int bytes) {
        this.connection = connection;
        this.bytes = bytes;
    }

    /** Called once, on the event loop, and only while the connection is open. */
    protected abstract void answer(Result result);
}
