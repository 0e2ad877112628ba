package com.kvstore.storage;

import com.kvstore.common.Bytes;
import com.kvstore.common.Expiry;
import com.kvstore.common.Version;
import com.kvstore.protocol.parts.RecordTable;
import com.kvstore.protocol.parts.StoredRecord;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A stored record as one array of bytes: an object and a reference for each field would cost more than most records hold.
 *
 * <p>Layout, little-endian: position (4), version epoch (8), version counter (8), key length above two
 * flags (4), the deadline if it has one (8), key, value.
 *
 * <p>Thread-safe: functions only.
 */
final class PackedRecord {
    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private static final int POSITION = 0;
    private static final int EPOCH = 4;
    private static final int COUNTER = 12;
    private static final int KEY_LENGTH_AND_FLAGS = 20;
    private static final int FIXED = 24;
    private static final int DEADLINE = FIXED;
    private static final int DEADLINE_BYTES = 8;

    private static final int IS_TOMBSTONE = 1;
    private static final int HAS_DEADLINE = 2;
    private static final int FLAG_BITS = 2;
    /** No version has it. */
    private static final long NO_EPOCH = -1;

    private PackedRecord() {}

    /** Bytes the record takes. */
    static int length(Bytes key, @Nullable Bytes value, long deadlineMs) {
        return FIXED
                + (deadlineMs == Expiry.NO_DEADLINE ? 0 : DEADLINE_BYTES)
                + key.length()
                + (value == null ? 0 : value.length());
    }

    /** @param into of exactly {@link #length} bytes */
    static void pack(byte[] into, int position, Bytes key, @Nullable Bytes value, long deadlineMs, Version version) {
        int flags = (value == null ? IS_TOMBSTONE : 0) | (deadlineMs == Expiry.NO_DEADLINE ? 0 : HAS_DEADLINE);
        INT.set(into, POSITION, position);
        LONG.set(into, EPOCH, version.epoch());
        LONG.set(into, COUNTER, version.counter());
        INT.set(into, KEY_LENGTH_AND_FLAGS, key.length() << FLAG_BITS | flags);
        if (deadlineMs != Expiry.NO_DEADLINE) {
            LONG.set(into, DEADLINE, deadlineMs);
        }
        int keyStart = keyStart(flags);
        System.arraycopy(key.array(), 0, into, keyStart, key.length());
        if (value != null) {
            System.arraycopy(value.array(), 0, into, keyStart + key.length(), value.length());
        }
    }

    /** Stands for a record that was taken out, beside others; never on the disk. */
    static void packRemoval(byte[] into, Bytes key) {
        pack(into, 0, key, null, Expiry.NO_DEADLINE, Version.ZERO);
        LONG.set(into, EPOCH, NO_EPOCH);
    }

    static boolean isRemoval(byte[] packed) {
        return (long) LONG.get(packed, EPOCH) == NO_EPOCH;
    }

    /** Where a record lies among others on the disk: its scan hash, big-endian, then its key. */
    static byte[] place(long hash, byte[] packed) {
        int flags = flags(packed);
        int keyStart = keyStart(flags);
        int length = flags >>> FLAG_BITS;
        byte[] place = new byte[Long.BYTES + length];
        ByteBuffer.wrap(place).putLong(hash);
        System.arraycopy(packed, keyStart, place, Long.BYTES, length);
        return place;
    }

    static boolean haveSameKey(byte[] packed, byte[] other) {
        int flags = flags(packed);
        int otherFlags = flags(other);
        int from = keyStart(flags);
        int otherFrom = keyStart(otherFlags);
        int to = from + (flags >>> FLAG_BITS);
        int otherTo = otherFrom + (otherFlags >>> FLAG_BITS);
        return Arrays.equals(packed, from, to, other, otherFrom, otherTo);
    }

    /** A copy of what is packed: the caller may keep it whatever becomes of {@code packed}. */
    static StoredRecord unpack(byte[] packed) {
        int flags = flags(packed);
        int keyStart = keyStart(flags);
        int keyEnd = keyStart + (flags >>> FLAG_BITS);
        Bytes key = Bytes.wrap(Arrays.copyOfRange(packed, keyStart, keyEnd));
        Bytes value =
                (flags & IS_TOMBSTONE) != 0 ? null : Bytes.wrap(Arrays.copyOfRange(packed, keyEnd, packed.length));
        Version version = new Version((long) LONG.get(packed, EPOCH), (long) LONG.get(packed, COUNTER));
        return new StoredRecord((int) INT.get(packed, POSITION), key, value, deadlineMs(packed), version);
    }

    /** Shows what a visitor of expired values sees, without copying the value. */
    static void visitExpired(byte[] packed, RecordTable.ExpiredVisitor visitor) {
        int flags = flags(packed);
        int keyStart = keyStart(flags);
        Bytes key = Bytes.wrap(Arrays.copyOfRange(packed, keyStart, keyStart + (flags >>> FLAG_BITS)));
        Version version = new Version((long) LONG.get(packed, EPOCH), (long) LONG.get(packed, COUNTER));
        visitor.visit((int) INT.get(packed, POSITION), key, version);
    }

    static boolean isOf(byte[] packed, Bytes key) {
        int flags = flags(packed);
        int length = flags >>> FLAG_BITS;
        int keyStart = keyStart(flags);
        return length == key.length() && Arrays.equals(packed, keyStart, keyStart + length, key.array(), 0, length);
    }

    static boolean isTombstone(byte[] packed) {
        return (flags(packed) & IS_TOMBSTONE) != 0;
    }

    /** @return {@link Expiry#NO_DEADLINE} if it has none */
    static long deadlineMs(byte[] packed) {
        return (flags(packed) & HAS_DEADLINE) == 0 ? Expiry.NO_DEADLINE : (long) LONG.get(packed, DEADLINE);
    }

    static boolean isNewerThan(byte[] packed, Version version) {
        int byEpoch = Long.compare((long) LONG.get(packed, EPOCH), version.epoch());
        return byEpoch != 0 ? byEpoch > 0 : (long) LONG.get(packed, COUNTER) > version.counter();
    }

    /** Bytes of key and value. */
    static int payload(byte[] packed) {
        return packed.length - keyStart(flags(packed));
    }

    private static int flags(byte[] packed) {
        return (int) INT.get(packed, KEY_LENGTH_AND_FLAGS);
    }

    private static int keyStart(int flags) {
        return (flags & HAS_DEADLINE) == 0 ? FIXED : FIXED + DEADLINE_BYTES;
    }
}
