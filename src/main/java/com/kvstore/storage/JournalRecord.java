package com.kvstore.storage;

import com.kvstore.common.Bytes;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * One batch in the journal.
 *
 * <p>Layout, little-endian: magic (4), length of the payload (4), sequence (8), synced (8), life (4), files (4), CRC-32C of
 * all of that and the payload (4), payload. A record begins on a page of its own, so writing one never touches another.
 *
 * @param sequence one more than that of the record before
 * @param synced all records up to this one were on the disk when this one was written: if this one is found, so must they be
 * @param life rises with every opening of the journal: what an earlier life left behind a torn record is told by it
 * @param files how many files the journal had
 */
record JournalRecord(long sequence, long synced, int life, int files, Bytes payload) {
    static final int PAGE_BYTES = 4096;
    static final int HEADER_BYTES = 36;
    static final int MAGIC = 0x314a564b;

    private static final int CHECKSUM_AT = 32;
    private static final int LENGTH_AT = 4;

    /** What a record with that payload takes, in whole pages. */
    static long pagedBytes(int payloadBytes) {
        long bytes = (long) HEADER_BYTES + payloadBytes;
        return (bytes + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES;
    }

    /** @param into little-endian */
    void encodeHeader(ByteBuffer into) {
        int at = into.position();
        into.putInt(MAGIC).putInt(payload.length()).putLong(sequence).putLong(synced);
        into.putInt(life).putInt(files);
        into.putInt(checksum(into.duplicate().limit(into.position()).position(at), payload.array()));
    }

    /** The length of the payload that a header tells, which may be anything; negative: this is no header. */
    static int payloadBytes(ByteBuffer header) {
        return header.remaining() >= HEADER_BYTES && header.getInt(header.position()) == MAGIC
                ? header.getInt(header.position() + LENGTH_AT)
                : -1;
    }

    /** @return null: the checksum is not that of this header and this payload */
    static @Nullable JournalRecord decode(ByteBuffer header, byte[] payload) {
        int at = header.position();
        ByteBuffer checked = header.duplicate().limit(at + CHECKSUM_AT);
        if (checksum(checked, payload) != header.getInt(at + CHECKSUM_AT)) {
            return null;
        }
        header.position(at + LENGTH_AT + Integer.BYTES);
        return new JournalRecord(
                header.getLong(), header.getLong(), header.getInt(), header.getInt(), Bytes.wrap(payload));
    }

    private static int checksum(ByteBuffer header, byte[] payload) {
        CRC32C checksum = new CRC32C();
        checksum.update(header);
        checksum.update(payload);
        return (int) checksum.getValue();
    }
}
