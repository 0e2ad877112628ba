package com.kvstore.protocol.parts;

import com.kvstore.common.Bytes;

/**
 * Keys of a {@link PeerStorage}: a kind, and within it a number, two numbers or a name. Numbers are big-endian, so that
 * entries of a log lie in their order.
 *
 * <p>Thread-safe: no state.
 */
public final class StateKeys {
    private StateKeys() {}

    /** Of the only value of a kind. */
    public static Bytes of(int kind) {
        return Bytes.wrap(new byte[] {(byte) kind});
    }

    public static Bytes of(int kind, long number) {
        byte[] key = new byte[1 + Long.BYTES];
        key[0] = (byte) kind;
        put(key, 1, number);
        return Bytes.wrap(key);
    }

    public static Bytes of(int kind, long first, long second) {
        byte[] key = new byte[1 + 2 * Long.BYTES];
        key[0] = (byte) kind;
        put(key, 1, first);
        put(key, 1 + Long.BYTES, second);
        return Bytes.wrap(key);
    }

    public static Bytes of(int kind, String name) {
        byte[] text = Bytes.of(name).array();
        byte[] key = new byte[1 + text.length];
        key[0] = (byte) kind;
        System.arraycopy(text, 0, key, 1, text.length);
        return Bytes.wrap(key);
    }

    private static void put(byte[] key, int at, long number) {
        for (int i = 0; i < Long.BYTES; i++) {
            key[at + i] = (byte) (number >>> (8 * (Long.BYTES - 1 - i)));
        }
    }
}
