package com.kvstore.storage;

import com.kvstore.protocol.ring.Promise;
import java.nio.ByteBuffer;

/**
 * How a data node's promise lies on the disk: cluster, epoch, coordinator and first epoch, 8 bytes each, big-endian.
 *
 * <p>Thread-safe: functions only.
 */
final class PromiseCodec {
    private PromiseCodec() {}

    static byte[] encode(Promise promise) {
        return ByteBuffer.allocate(4 * Long.BYTES)
                .putLong(promise.cluster())
                .putLong(promise.epoch())
                .putLong(promise.coordinator())
                .putLong(promise.startEpoch())
                .array();
    }

    static Promise decode(byte[] encoded) {
        ByteBuffer in = ByteBuffer.wrap(encoded);
        return new Promise(in.getLong(), in.getLong(), in.getLong(), in.getLong());
    }
}
