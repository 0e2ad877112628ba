package com.kvstore.storage;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The free bytes of a disk, and the part of them that has to stay free.
 *
 * <p>What is in memory alone can only be written to its files while there is room, and RocksDB does not always recover from a
 * disk without any. So a batch that would leave less than {@value #RESERVE_MIB} MiB is refused before anything of it is
 * written, and it is as if the disk were that much smaller.
 *
 * <p>Threading: the thread that writes batches; {@link #freeBytes} from any. Tests override it.
 */
class DiskRoom {
    static final long RESERVE_MIB = 64;
    static final long RESERVE_BYTES = RESERVE_MIB << 20;

    /** How long, and for how many bytes written, an answer of the system is good. */
    private static final long GOOD_FOR_NS = 50_000_000L;

    private static final long GOOD_FOR_BYTES = 1L << 20;

    private final Path directory;
    private long knownBytes;
    private long knownSinceNs;
    private long sinceBytes;
    private boolean known;

    DiskRoom(Path directory) {
        this.directory = directory;
    }

    long freeBytes() throws IOException {
        return Files.getFileStore(directory).getUsableSpace();
    }

    /**
     * Demands room for a batch, once in the journal and once in the tables.
     *
     * @return whether the system was asked, and {@link #knownBytes} is new
     * @throws IOException there is not enough
     */
    boolean demand(long bytes, long nowNs) throws IOException {
        sinceBytes += bytes;
        boolean fresh = known && nowNs - knownSinceNs < GOOD_FOR_NS && sinceBytes < GOOD_FOR_BYTES;
        if (fresh) {
            return false;
        }
        knownBytes = freeBytes();
        knownSinceNs = nowNs;
        sinceBytes = bytes;
        known = knownBytes >= RESERVE_BYTES + 2 * bytes;
        if (!known) {
            throw new IOException("No space left: the disk of " + directory + " has " + (knownBytes >> 20)
                    + " MiB free, and " + RESERVE_MIB + " have to stay free for what is in memory");
        }
        return true;
    }

    /** What the system said last. */
    long knownBytes() {
        return knownBytes;
    }
}
