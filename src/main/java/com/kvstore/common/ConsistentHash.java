package com.kvstore.common;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * Places keys and servers on the ring: MD5 of the bytes; the first four digest bytes, little-endian, as a signed 32-bit
 * integer; its remainder by the ring size; the absolute value of that.
 *
 * <p>Thread-safe. MD5 spreads keys here, it protects nothing.
 */
public final class ConsistentHash {
    private static final ThreadLocal<MessageDigest> MD5 = ThreadLocal.withInitial(ConsistentHash::newMd5);

    private ConsistentHash() {}

    /** @param ringSize 1 or more */
    public static int position(Bytes key, int ringSize) {
        byte[] digest = MD5.get().digest(key.array());
        int number = (digest[0] & 0xff) | (digest[1] & 0xff) << 8 | (digest[2] & 0xff) << 16 | digest[3] << 24;
        return Math.abs(number % ringSize);
    }

    public static int position(String text, int ringSize) {
        return position(Bytes.of(text), ringSize);
    }

    private static MessageDigest newMd5() {
        try {
            return MessageDigest.getInstance("MD5");
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException("every Java platform has MD5", impossible);
        }
    }
}
