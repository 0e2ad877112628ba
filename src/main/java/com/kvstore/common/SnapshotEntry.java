package com.kvstore.common;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * One key as a snapshot has it, and how a list of them is written: the same on the wire, in a backup's file, everywhere.
 *
 * <p>Layout of an entry, big-endian: key length (4), value length (4), deadline (8), version (8 + 8), key, value.
 *
 * @param deadlineMs {@link Expiry#NO_DEADLINE} or milliseconds since 1970
 */
public record SnapshotEntry(Bytes key, Bytes value, long deadlineMs, Version version) {
    private static final int FIXED_BYTES = 2 * Integer.BYTES + 3 * Long.BYTES;

    /** Bytes this entry takes. */
    public int length() {
        return FIXED_BYTES + key.length() + value.length();
    }

    /** The entries one after the other. */
    public static Bytes encode(List<SnapshotEntry> entries) {
        int length = 0;
        for (SnapshotEntry entry : entries) {
            length += entry.length();
        }
        ByteBuffer out = ByteBuffer.allocate(length);
        for (SnapshotEntry entry : entries) {
            out.putInt(entry.key.length()).putInt(entry.value.length());
            out.putLong(entry.deadlineMs);
            out.putLong(entry.version.epoch()).putLong(entry.version.counter());
            out.put(entry.key.array()).put(entry.value.array());
        }
        return Bytes.wrap(out.array());
    }

    /** @throws IllegalArgumentException if these bytes are no list of entries */
    public static List<SnapshotEntry> decode(ByteBuffer in) {
        List<SnapshotEntry> entries = new ArrayList<>();
        while (in.hasRemaining()) {
            if (in.remaining() < FIXED_BYTES) {
                throw new IllegalArgumentException("an entry of a snapshot is cut off");
            }
            int keyLength = in.getInt();
            int valueLength = in.getInt();
            long deadlineMs = in.getLong();
            Version version = new Version(in.getLong(), in.getLong());
            if (keyLength < 0 || valueLength < 0 || (long) keyLength + valueLength > in.remaining()) {
                throw new IllegalArgumentException("an entry of a snapshot is cut off");
            }
            byte[] key = new byte[keyLength];
            byte[] value = new byte[valueLength];
            in.get(key).get(value);
            entries.add(new SnapshotEntry(Bytes.wrap(key), Bytes.wrap(value), deadlineMs, version));
        }
        return entries;
    }
}
