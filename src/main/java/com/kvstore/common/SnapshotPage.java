package com.kvstore.common;

import java.nio.ByteBuffer;

/**
 * A part of a snapshot as it travels to a client, as one value.
 *
 * @param id of the snapshot
 * @param node where the next part comes from: counts the data nodes of the snapshot, from 0; -1: this was the last part
 * @param from where there
 * @param entries as {@link SnapshotEntry#encode} writes them
 */
public record SnapshotPage(long id, int node, long from, Bytes entries) {
    /** In the place of a node: there is no next part. */
    public static final int END = -1;

    private static final int HEADER_BYTES = Long.BYTES + Integer.BYTES + Long.BYTES;

    public Bytes encode() {
        return Bytes.wrap(ByteBuffer.allocate(HEADER_BYTES + entries.length())
                .putLong(id)
                .putInt(node)
                .putLong(from)
                .put(entries.array())
                .array());
    }

    /** @throws IllegalArgumentException if these bytes are no page */
    public static SnapshotPage decode(Bytes encoded) {
        if (encoded.length() < HEADER_BYTES) {
            throw new IllegalArgumentException("a part of a snapshot is cut off");
        }
        ByteBuffer in = ByteBuffer.wrap(encoded.array());
        long id = in.getLong();
        int node = in.getInt();
        long from = in.getLong();
        byte[] entries = new byte[in.remaining()];
        in.get(entries);
        return new SnapshotPage(id, node, from, Bytes.wrap(entries));
    }
}
