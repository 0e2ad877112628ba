package com.kvstore.sim;

import com.kvstore.common.Message;

/**
 * Turns messages into bytes and back: the port to the codec that real processes use. Every simulated message crosses it,
 * so that no object is shared between two nodes and a field the codec forgets is missed.
 */
public interface MessageCodec {
    byte[] encode(Message message);

    /** @throws RuntimeException if the bytes are none that {@link #encode} makes: the run fails */
    Message decode(byte[] bytes);
}
