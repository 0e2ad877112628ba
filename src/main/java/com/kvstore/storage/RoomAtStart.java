package com.kvstore.storage;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Path;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/**
 * Waits for room while data are opened on a disk that somebody else has filled, and says so, once.
 *
 * <p>The tables take over what is in the journal, and write it to their files now and then. RocksDB must not meet a full disk
 * when they do ({@link DiskRoom}), so each batch waits for room for all that is left; but for the first {@value
 * #IN_MEMORY_MIB} MiB, which stay in memory: a node with so little to take over starts, and reads go on.
 *
 * <p>Threading: the thread that opens the data, which it blocks.
 */
final class RoomAtStart {
    private static final long IN_MEMORY_MIB = 8;
    private static final long IN_MEMORY_BYTES = IN_MEMORY_MIB << 20;
    /** Indexes, notes, and what files take beyond their length. */
    private static final long SLACK_BYTES = 4L << 20;
    /** How many bytes go without another look at the disk. */
    private static final long STEP_BYTES = 1L << 20;

    private static final long PAUSE_NS = 100_000_000L;

    private final Path directory;
    private final DiskRoom room;
    private final Consumer<String> notices;
    private long totalBytes;
    private long takenBytes;
    private long nextLookBytes = IN_MEMORY_BYTES;
    private boolean said;

    /** @param notices hears what a person is to know, in sentences */
    RoomAtStart(Path directory, DiskRoom room, Consumer<String> notices) {
        this.directory = directory;
        this.room = room;
        this.notices = notices;
    }

    /** @param bytes that the tables will take over */
    void begin(long bytes) {
        totalBytes = bytes;
    }

    /**
     * Waits until there is room for what is left, if the tables may have to write to their files now.
     *
     * @param bytes of the batch that is next
     * @return the free bytes, if the disk was looked at; else -1
     */
    long awaitFor(long bytes) throws IOException {
        takenBytes += bytes;
        if (takenBytes < nextLookBytes) {
            return -1;
        }
        nextLookBytes = takenBytes + STEP_BYTES;
        long freeBytes = room.freeBytes();
        while (freeBytes < neededBytes()) {
            pauseForRoom();
            freeBytes = room.freeBytes();
        }
        return freeBytes;
    }

    /** What has to be free; as much as while the node runs is enough in any case. */
    private long neededBytes() {
        return Math.min(DiskRoom.RESERVE_BYTES, Math.max(0, totalBytes - takenBytes) + IN_MEMORY_BYTES + SLACK_BYTES);
    }

    /** Whether there is as much as is needed: then what still fails, fails of something else. */
    boolean isThere() throws IOException {
        return room.freeBytes() >= neededBytes();
    }

    /** Lets some time pass; says why, once, if the disk is full. */
    void pause() throws IOException {
        if (isThere()) {
            park();
        } else {
            pauseForRoom();
        }
    }

    /** Lets some time pass because the disk is full, and says that, once. */
    void pauseForRoom() throws IOException {
        if (!said) {
            said = true;
            notices.accept("The disk of " + directory + " is full: " + (room.freeBytes() >> 20) + " MiB are free, and "
                    + (neededBytes() >> 20) + " MiB are needed to take over what is in the journal. Nothing is lost;"
                    + " make room there, and the start goes on by itself");
        }
        park();
    }

    private void park() throws IOException {
        LockSupport.parkNanos(PAUSE_NS);
        if (Thread.interrupted()) {
            throw new InterruptedIOException("interrupted while waiting for room on the disk of " + directory);
        }
    }

    /** Says that it went on, if it was said that it did not. */
    void end() {
        if (said) {
            notices.accept(
                    "The disk of " + directory + " has room again, and all that was in the journal is taken over");
        }
    }
}
