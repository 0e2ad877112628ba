package com.kvstore.storage;

import com.kvstore.common.Bytes;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A write-ahead journal: batches are appended and synced here before they go into the tables, and are read back from here
 * after a crash.
 *
 * <p>Files are filled with zeros ahead of their use and used over and over, so that a sync is one write and one flush of the
 * disk, without a change of the file system's own notes: a third of what a sync of a growing file takes. The first file is
 * small, each new one twice as large as the largest before, up to {@value #MAX_FILE_BYTES} bytes, and never more than a part
 * of the room that the disk has, which the tables need too; a file is never given back. How many there are depends on how
 * far the tables lag behind.
 *
 * <p>What recovery takes for a torn tail and what for damage: every record says up to which one all were on the disk when it
 * was written. A record that is missing or broken, although a later one says that it was synced, is damage; without one it
 * is the tail.
 *
 * <p>Threading: one thread appends and syncs; another may {@link #release} and {@link #prepare} meanwhile.
 *
 * <p>Failure: what could not be written or synced is not counted; the next {@link #append} takes its place.
 */
final class Journal implements AutoCloseable {
    static final long FIRST_FILE_BYTES = 1L << 20;
    static final long MAX_FILE_BYTES = 32L << 20;
    /** When closed files take that much, it is time for the tables to be written. */
    static final long MANY_BYTES = 64L << 20;
    /** The same of what they hold, which is what a restart has to go through. */
    private static final long MANY_PAYLOAD_BYTES = 32L << 20;

    /** A new file takes at most one in so many of the free bytes. */
    private static final int ROOM_SHARE = 4;

    private static final int BUFFER_BYTES = 256 << 10;

    /** Opens a file of the journal. */
    @FunctionalInterface
    interface Opener {
        Segment open(Path file) throws IOException;
    }

    /** Sees what the tables may lack. */
    @FunctionalInterface
    interface Replay {
        void record(long sequence, byte[] batch) throws IOException;
    }

    private final Path directory;
    private final Opener opener;
    /** Held while a file is made; taken before this object's own lock. */
    private final Object creating = new Object();
    /** Full, oldest first, and not yet in the tables for certain; with the next two guarded by this. */
    private final Deque<Segment> closed = new ArrayDeque<>();

    private final Deque<Segment> spare = new ArrayDeque<>();
    private int files;
    private long largestBytes;
    private long released;

    private Segment current;
    private final int life;
    private long sequence;
    private long synced;
    /** A sync failed: whether batches up to this one are on the disk nobody knows, until they are released. */
    private long doubtful;

    private final ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_BYTES + JournalRecord.PAGE_BYTES - 1)
            .alignedSlice(JournalRecord.PAGE_BYTES)
            .order(ByteOrder.LITTLE_ENDIAN);

    private Journal(Path directory, Opener opener, JournalRecovery recovered) throws IOException {
        this.directory = directory;
        this.opener = opener;
        this.files = recovered.files();
        this.life = recovered.life() + 1;
        this.sequence = recovered.sequence();
        this.synced = sequence;
        this.released = recovered.applied();
        this.largestBytes = FIRST_FILE_BYTES / 2;
        spare.addAll(recovered.spare());
        closed.addAll(recovered.chain());
        for (Segment segment : closed) {
            segment.sync(); // A killed process may have left them to the system.
            largestBytes = Math.max(largestBytes, segment.capacityBytes());
        }
        for (Segment segment : spare) {
            largestBytes = Math.max(largestBytes, segment.capacityBytes());
        }
        Segment newest = closed.peekLast();
        if (newest != null && newest.last() == sequence) {
            closed.removeLast();
            current = newest;
        } else {
            current = next(0);
        }
    }

    /**
     * Opens the journal in a directory, or makes it anew.
     *
     * @param applied the newest batch that is in the tables for certain; 0: none
     * @throws DamagedDataException if batches are missing that were synced
     */
    static Journal open(Path directory, long applied, Opener opener) throws IOException {
        Files.createDirectories(directory);
        return new Journal(directory, opener, JournalRecovery.of(directory, applied, opener));
    }

    /** Shows every batch after {@code applied}, in their order. */
    void replay(long applied, Replay replay) throws IOException {
        List<Segment> all;
        synchronized (this) {
            all = new ArrayList<>(closed);
        }
        all.add(current);
        for (Segment segment : all) {
            long at = 0;
            while (segment.last() > applied && at < segment.endBytes()) {
                JournalRecord record = segment.read(at);
                if (record == null) {
                    throw JournalRecovery.damaged(segment.file(), at);
                }
                if (record.sequence() > applied) {
                    replay.record(record.sequence(), record.payload().array());
                }
                at += JournalRecord.pagedBytes(record.payload().length());
            }
        }
    }

    /** About how many bytes {@link #replay} shows; not fewer. */
    synchronized long bytesAfter(long applied) {
        long bytes = 0;
        for (Segment segment : closed) {
            bytes += segment.last() > applied ? segment.endBytes() : 0;
        }
        return bytes + (current.last() > applied ? current.endBytes() : 0);
    }

    /** The newest batch. */
    long sequence() {
        return sequence;
    }

    /**
     * Writes a batch, and syncs it if told so.
     *
     * @return its number
     */
    long append(byte[] batch, boolean sync) throws IOException {
        long bytes = JournalRecord.pagedBytes(batch.length);
        boolean distrusted = doubtful == sequence && !current.isEmpty();
        if (distrusted || !current.takes(bytes)) {
            changeFiles(bytes, distrusted);
        }
        current.write(new JournalRecord(sequence + 1, synced, life, files(), Bytes.wrap(batch)), buffer, sync);
        if (sync) {
            current.sync();
            settled(sequence + 1);
        }
        current.appended(++sequence, batch.length);
        return sequence;
    }

    private void changeFiles(long bytes, boolean distrusted) throws IOException {
        if (!distrusted && synced < sequence) {
            sync();
        }
        Segment next = next(bytes);
        synchronized (this) {
            closed.add(current);
        }
        current = next;
    }

    private synchronized int files() {
        return files;
    }

    private synchronized void settled(long upTo) {
        if (released >= doubtful) {
            synced = upTo;
        }
    }

    /**
     * Makes all batches durable. Where that fails the system may have forgotten what it could not write, and would call a
     * second try a success: what follows goes to another file, and the tables have to take over what went before.
     */
    void sync() throws IOException {
        long upTo = sequence;
        try {
            current.sync();
        } catch (IOException failed) {
            synchronized (this) {
                doubtful = upTo;
            }
            throw failed;
        }
        settled(upTo);
    }

    /** An empty file for at least so many bytes. */
    private Segment next(long bytes) throws IOException {
        Segment next = takeSpare();
        if (next == null) {
            synchronized (creating) {
                next = takeSpare(); // Whoever made one meanwhile may have made this one.
                if (next == null) {
                    return create(bytes);
                }
            }
        }
        if (next.capacityBytes() < FIRST_FILE_BYTES) {
            next.allocate(FIRST_FILE_BYTES);
        }
        return next;
    }

    private synchronized @Nullable Segment takeSpare() {
        return spare.poll();
    }

    /** The caller has {@link #creating}: two that made the same file would take it away from each other when one fails. */
    private Segment create(long bytes) throws IOException {
        long fairBytes =
                Files.getFileStore(directory).getUsableSpace() / ROOM_SHARE / FIRST_FILE_BYTES * FIRST_FILE_BYTES;
        int number;
        long sizeBytes;
        synchronized (this) {
            number = files + 1;
            long wantedBytes = Math.min(2 * largestBytes, MAX_FILE_BYTES);
            sizeBytes = Math.max(bytes, Math.max(FIRST_FILE_BYTES, Math.min(wantedBytes, fairBytes)));
        }
        Segment made = create(number, sizeBytes);
        synchronized (this) {
            files = number;
            largestBytes = Math.max(largestBytes, made.capacityBytes());
        }
        return made;
    }

    private Segment create(int number, long sizeBytes) throws IOException {
        Segment made = opener.open(directory.resolve(String.valueOf(number)));
        try {
            made.allocate(sizeBytes);
            syncDirectory();
            return made;
        } catch (IOException failed) {
            made.delete(); // Half a file takes room that the tables may need.
            throw failed;
        }
    }

    private void syncDirectory() throws IOException {
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    /** Whether so much is waiting for the tables that they should be written and {@link #release} be called. */
    synchronized boolean isLong() {
        long bytes = 0;
        long payloadBytes = 0;
        for (Segment segment : closed) {
            bytes += segment.endBytes();
            payloadBytes += segment.payloadBytes();
        }
        return bytes >= MANY_BYTES || payloadBytes >= MANY_PAYLOAD_BYTES || released < doubtful;
    }

    /** Whether the next change of files would have to wait for one to be filled with zeros. */
    synchronized boolean isUnprepared() {
        return spare.isEmpty();
    }

    /** Makes a file ahead of its use, unless there is one. */
    void prepare() throws IOException {
        synchronized (creating) {
            if (isUnprepared()) {
                Segment made = create(0);
                synchronized (this) {
                    spare.add(made);
                }
            }
        }
    }

    /** Batches up to this one are in the tables, durably; their files are free. */
    synchronized void release(long applied) {
        released = Math.max(released, applied);
        for (Segment oldest = closed.peek(); oldest != null && oldest.last() <= applied; oldest = closed.peek()) {
            closed.remove();
            oldest.reuse();
            spare.add(oldest);
        }
    }

    @Override
    public void close() throws IOException {
        List<Segment> all;
        synchronized (this) {
            all = new ArrayList<>(closed);
            all.addAll(spare);
        }
        all.add(current);
        for (Segment segment : all) {
            segment.close();
        }
    }
}
