package com.kvstore.storage;

import com.kvstore.common.Bytes;
import com.kvstore.common.Version;
import com.kvstore.protocol.parts.StoredRecord;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A stored record as one array of bytes: an object and a reference for each field would cost more than most records hold.
 *
 * <p>Layout, little-endian: position (4), version epoch (8), version counter (8), key length with the tombstone flag in
 * its lowest bit (4), key, value.
 *
 * <p>Thread-safe: functions only.
 */
final class PackedRecord {
    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private static final int POSITION = 0;
    private static final int EPOCH = 4;
    private static final int COUNTER = 12;
    private static final int KEY_LENGTH_AND_FLAG = 20;
    private static final int KEY = 24;

    private PackedRecord() {}

    /** Bytes the record takes. */
    static int length(Bytes key, @Nullable Bytes value) {
        return KEY + key.length() + (value == null ? 0 : value.length());
    }

    /** @param into of exactly {@link #length} bytes */
    static void pack(byte[] into, int position, Bytes key, @Nullable Bytes value, Version version) {
        INT.set(into, POSITION, position);
        LONG.set(into, EPOCH, version.epoch());
        LONG.set(into, COUNTER, version.counter());
        INT.set(into, KEY_LENGTH_AND_FLAG, key.length() << 1 | (value == null ? 1 : 0));
        System.arraycopy(key.array(), 0, into, KEY, key.length());
        if (value != null) {
            System.arraycopy(value.array(), 0, into, KEY + key.length(), value.length());
        }
    }

    /** A copy of what is packed: the caller may keep it whatever becomes of {@code packed}. */
    static StoredRecord unpack(byte[] packed) {
        int flags = (int) INT.get(packed, KEY_LENGTH_AND_FLAG);
        int keyEnd = KEY + (flags >>> 1);
        Bytes key = Bytes.wrap(Arrays.copyOfRange(packed, KEY, keyEnd));
        Bytes value = (flags & 1) != 0 ? null : Bytes.wrap(Arrays.copyOfRange(packed, keyEnd, packed.length));
        Version version = new Version((long) LONG.get(packed, EPOCH), (long) LONG.get(packed, COUNTER));
        return new StoredRecord((int) INT.get(packed, POSITION), key, value, version);
    }

    static boolean isOf(byte[] packed, Bytes key) {
        int length = (int) INT.get(packed, KEY_LENGTH_AND_FLAG) >>> 1;
        return length == key.length() && Arrays.equals(packed, KEY, KEY + length, key.array(), 0, length);
    }

    static boolean isTombstone(byte[] packed) {
        return ((int) INT.get(packed, KEY_LENGTH_AND_FLAG) & 1) != 0;
    }

    static boolean isNewerThan(byte[] packed, Version version) {
        int byEpoch = Long.compare((long) LONG.get(packed, EPOCH), version.epoch());
        return byEpoch != 0 ? byEpoch > 0 : (long) LONG.get(packed, COUNTER) > version.counter();
    }

    /** Bytes of key and value. */
    static int payload(byte[] packed) {
        return packed.length - KEY;
    }
}
