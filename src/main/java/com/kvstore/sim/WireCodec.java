package com.kvstore.sim;

import com.kvstore.common.Message;

/** The binary frames that real nodes exchange. Thread-safe: one writer a thread. */
final class WireCodec implements MessageCodec {
    static final WireCodec INSTANCE = new WireCodec();

    @Override
    public byte[] encode(Message message) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Message decode(byte[] bytes) {
        throw new UnsupportedOperationException();
    }
}
