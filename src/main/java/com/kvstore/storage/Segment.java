package com.kvstore.storage;

import com.sun.nio.file.ExtendedOpenOption;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/**
 * One file of the journal.
 *
 * <p>It is filled with zeros before its first use and never made shorter, so that a sync has to write the data alone and not
 * what the file system notes about a growing file. A record that is synced at once goes to the disk directly, past the system's
 * cache, where the file system can do that: nobody reads it before a restart, and the cache would have to copy it, mark its pages
 * and find them again for the sync.
 *
 * <p>Threading: one thread's at a time. Tests override what fails.
 */
class Segment implements AutoCloseable {
    private static final int CHUNK_BYTES = 1 << 20;

    private final Path file;
    private final FileChannel channel;
    /** The same file, past the system's cache; null: not on this file system. */
    private final @Nullable FileChannel direct;

    private long capacityBytes;

    /** Where the next record goes. */
    private long endBytes;

    private long payloadBytes;
    /** The sequences of the first and the newest record; 0: none. */
    private long first;

    private long last;

    Segment(Path file) throws IOException {
        this.file = file;
        this.channel =
                FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
        this.direct = openDirectly(file);
        this.capacityBytes = channel.size() / JournalRecord.PAGE_BYTES * JournalRecord.PAGE_BYTES;
    }

    private static @Nullable FileChannel openDirectly(Path file) {
        try {
            boolean pagesFit =
                    JournalRecord.PAGE_BYTES % Files.getFileStore(file).getBlockSize() == 0;
            return pagesFit ? FileChannel.open(file, StandardOpenOption.WRITE, ExtendedOpenOption.DIRECT) : null;
        } catch (IOException | UnsupportedOperationException notHere) {
            return null; // Such as one in memory; the other channel tells if something else is wrong.
        }
    }

    Path file() {
        return file;
    }

    long capacityBytes() {
        return capacityBytes;
    }

    long endBytes() {
        return endBytes;
    }

    long first() {
        return first;
    }

    long last() {
        return last;
    }

    boolean isEmpty() {
        return endBytes == 0;
    }

    /** Whether a record of so many bytes fits in; an empty file takes any, and grows. */
    boolean takes(long bytes) {
        return isEmpty() || endBytes + bytes <= capacityBytes;
    }

    /** Fills it with zeros up to a size. */
    void allocate(long bytes) throws IOException {
        ByteBuffer zeros = ByteBuffer.allocateDirect(CHUNK_BYTES);
        for (long at = capacityBytes; at < bytes; at += CHUNK_BYTES) {
            zeros.clear().limit((int) Math.min(CHUNK_BYTES, bytes - at));
            write(channel, zeros, at);
        }
        channel.force(true);
        capacityBytes = Math.max(capacityBytes, bytes);
    }

    /**
     * Writes a record where the next one goes; {@link #appended} makes that move on.
     *
     * @param scratch of some whole pages, which begins at one in memory, little-endian; a record of any size goes through it
     * @param directly past the system's cache, if that can be: {@link #sync} follows
     */
    void write(JournalRecord record, ByteBuffer scratch, boolean directly) throws IOException {
        FileChannel to = directly && direct != null ? direct : channel;
        byte[] payload = record.payload().array();
        long at = endBytes;
        int done = 0;
        record.encodeHeader(scratch.clear());
        do {
            int part = Math.min(scratch.remaining(), payload.length - done);
            scratch.put(payload, done, part);
            done += part;
            while (scratch.position() % JournalRecord.PAGE_BYTES != 0) {
                scratch.put((byte) 0);
            }
            scratch.flip();
            int bytes = scratch.remaining();
            write(to, scratch, at);
            at += bytes;
            scratch.clear();
        } while (done < payload.length);
    }

    private static void write(FileChannel to, ByteBuffer bytes, long at) throws IOException {
        long position = at;
        while (bytes.hasRemaining()) {
            position += to.write(bytes, position);
        }
    }

    /** Makes what was written durable. */
    void sync() throws IOException {
        channel.force(false);
    }

    /** What its records hold, without what fills their pages. */
    long payloadBytes() {
        return payloadBytes;
    }

    /** A record is written there: the next one follows it. */
    void appended(long sequence, int payload) {
        endBytes += JournalRecord.pagedBytes(payload);
        payloadBytes += payload;
        capacityBytes = Math.max(capacityBytes, endBytes);
        first = first == 0 ? sequence : first;
        last = sequence;
    }

    /** What it holds is not needed any more. */
    void reuse() {
        endBytes = 0;
        payloadBytes = 0;
        first = 0;
        last = 0;
    }

    /** Makes sure that no reader finds a record in its beginning. */
    void wipe() throws IOException {
        write(channel, ByteBuffer.allocate(JournalRecord.PAGE_BYTES), 0);
        channel.force(true);
        reuse();
    }

    /** @return null: there is no whole record at that place */
    @Nullable JournalRecord read(long at) throws IOException {
        ByteBuffer header = ByteBuffer.allocate(JournalRecord.HEADER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        if (!fill(header, at)) {
            return null;
        }
        int payloadBytes = JournalRecord.payloadBytes(header);
        if (payloadBytes < 0 || payloadBytes > channel.size() - at - JournalRecord.HEADER_BYTES) {
            return null;
        }
        byte[] payload = new byte[payloadBytes];
        return fill(ByteBuffer.wrap(payload), at + JournalRecord.HEADER_BYTES)
                ? JournalRecord.decode(header, payload)
                : null;
    }

    private boolean fill(ByteBuffer bytes, long at) throws IOException {
        while (bytes.hasRemaining()) {
            if (channel.read(bytes, at + bytes.position()) < 0) {
                return false;
            }
        }
        bytes.flip();
        return true;
    }

    /** The first whole record on or after a page that came after a certain one was synced; null: none. */
    @Nullable JournalRecord findLater(long from, long sequence, int life) throws IOException {
        ByteBuffer chunk = ByteBuffer.allocate(CHUNK_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (long at = from; at < capacityBytes; at += CHUNK_BYTES) {
            chunk.clear().limit((int) Math.min(CHUNK_BYTES, capacityBytes - at));
            if (!fill(chunk, at)) {
                return null;
            }
            for (int page = 0; page < chunk.limit(); page += JournalRecord.PAGE_BYTES) {
                if (chunk.getInt(page) == JournalRecord.MAGIC) {
                    JournalRecord found = read(at + page);
                    if (found != null
                            && found.sequence() >= sequence
                            && found.synced() >= sequence
                            && found.life() >= life) {
                        return found;
                    }
                }
            }
        }
        return null;
    }

    /** Closes and deletes it. */
    void delete() throws IOException {
        close();
        Files.deleteIfExists(file);
    }

    @Override
    public void close() throws IOException {
        if (direct != null) {
            direct.close();
        }
        channel.close();
    }
}
