package com.kvstore.wire;

import com.kvstore.common.Message;

/** What came in one JSON line on a server's port. Immutable. */
public sealed interface JsonLine {

    /** A client asks for something. */
    record Client(JsonRequest request) implements JsonLine {}

    /** Another node says something. */
    record Node(Message message) implements JsonLine {}
}
