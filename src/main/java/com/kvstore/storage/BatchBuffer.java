package com.kvstore.storage;

import java.util.Arrays;

/**
 * Gathers writes as RocksDB's own serialized batch: one call into native code for a whole turn instead of one for each
 * write.
 *
 * <p>Format (write_batch.cc): sequence number (8, unused here), count (4, little-endian), then for each write a tag, the
 * column family as a varint, the key with its length as a varint, and for a put the value likewise.
 *
 * <p>Threading: one thread's.
 */
final class BatchBuffer {
    private static final int HEADER = 12;
    private static final int COUNT = 8;
    private static final int DELETE = 0x4;
    private static final int PUT = 0x5;
    private static final int MAX_VARINT = 5;

    private byte[] bytes = new byte[4096];
    private int length = HEADER;
    private int count;

    void put(int family, byte[] key, byte[] value) {
        begin(PUT, family, key, value.length + MAX_VARINT);
        bytes(value);
    }

    void delete(int family, byte[] key) {
        begin(DELETE, family, key, 0);
    }

    boolean isEmpty() {
        return count == 0;
    }

    /** What was gathered, as long as it would be as a batch. */
    int bytes() {
        return length;
    }

    /** Appends what another has gathered. */
    void append(byte[] batch) {
        reserve(batch.length);
        System.arraycopy(batch, HEADER, bytes, length, batch.length - HEADER);
        length += batch.length - HEADER;
        for (int i = 0; i < Integer.BYTES; i++) {
            count += (batch[COUNT + i] & 0xff) << (8 * i);
        }
    }

    /** What was gathered, as one batch; then begins anew. */
    byte[] take() {
        for (int i = 0; i < Integer.BYTES; i++) {
            bytes[COUNT + i] = (byte) (count >>> (8 * i));
        }
        byte[] batch = Arrays.copyOf(bytes, length);
        if (bytes.length > 1 << 20) {
            bytes = new byte[4096];
        }
        length = HEADER;
        count = 0;
        return batch;
    }

    private void begin(int tag, int family, byte[] key, int more) {
        reserve(1 + 2 * MAX_VARINT + key.length + more);
        bytes[length++] = (byte) tag;
        varint(family);
        bytes(key);
        count++;
    }

    private void bytes(byte[] some) {
        varint(some.length);
        System.arraycopy(some, 0, bytes, length, some.length);
        length += some.length;
    }

    private void varint(int number) {
        int rest = number;
        while (rest >= 0x80) {
            bytes[length++] = (byte) (rest | 0x80);
            rest >>>= 7;
        }
        bytes[length++] = (byte) rest;
    }

    private void reserve(int more) {
        if (more > bytes.length - length) {
            bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, Math.addExact(length, more)));
        }
    }
}
