package com.kvstore.common;

import org.jspecify.annotations.Nullable;

/** What a client and a node say to each other. */
public sealed interface ClientMessage extends Message {

    /**
     * @param tag chosen by the client, comes back in the response; unique among the requests it has in flight
     * @param id null: a retry may apply it twice
     */
    record Request(long tag, Command command, @Nullable RequestId id) implements ClientMessage {}

    /** @param tag the request's */
    record Response(long tag, Result result) implements ClientMessage {}
}
