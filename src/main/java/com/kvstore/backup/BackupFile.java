package com.kvstore.backup;

import com.kvstore.common.Bytes;
import com.kvstore.common.SnapshotEntry;
import com.kvstore.common.Version;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.List;
import java.util.zip.CRC32C;

/**
 * A backup in one file.
 *
 * <p>Layout: the line {@value #MAGIC}; then blocks of a length (4), a CRC-32C (4) and so many bytes of {@link SnapshotEntry
 * entries}; a block of length 0; the epoch of the snapshot, the number of entries and of their bytes (8 each), and the
 * CRC-32C (4) of those and of all blocks' checksums. Big-endian.
 *
 * <p>Written under another name, synced and renamed, so that a file of this name is always whole; read with every checksum
 * checked.
 *
 * <p>Threading: one thread's.
 */
public final class BackupFile implements AutoCloseable {
    /** How its name ends. */
    public static final String SUFFIX = ".kvbackup";

    /** What its name has at its end while it is written. */
    static final String UNFINISHED = ".part";

    private static final String MAGIC = "kvstore backup 1\n";
    private static final int MAX_BLOCK_BYTES = 1 << 30;
    /** What a backup says of itself. */
    public record Summary(long epoch, long entries, long bytes) {}

    /** Sees what a backup holds. */
    public interface Visitor {
        void visit(List<SnapshotEntry> entries) throws IOException;
    }

    private final Path file;
    private final Path temporary;
    private final FileChannel out;
    private final CRC32C whole = new CRC32C();
    private long entries;
    private long bytes;

    private BackupFile(Path file, Path temporary, FileChannel out) {
        this.file = file;
        this.temporary = temporary;
        this.out = out;
    }

    /** Begins a backup that is named after this moment; the directory is made if it is not there. */
    public static BackupFile create(Path directory, Instant now) throws IOException {
        Files.createDirectories(directory);
        Path file = directory.resolve(BackupDirectory.nameAt(now));
        Path temporary = file.resolveSibling(file.getFileName() + UNFINISHED);
        FileChannel out = FileChannel.open(
                temporary, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE);
        BackupFile backup = new BackupFile(file, temporary, out);
        backup.write(ByteBuffer.wrap(MAGIC.getBytes(StandardCharsets.UTF_8)));
        return backup;
    }

    private void write(ByteBuffer buffer) throws IOException {
        while (buffer.hasRemaining()) {
            out.write(buffer);
        }
    }

    /** @param block entries; may be empty */
    public void add(Bytes block) throws IOException {
        if (block.length() == 0) {
            return;
        }
        entries += SnapshotEntry.decode(ByteBuffer.wrap(block.array())).size();
        bytes += block.length();
        int checksum = checksum(block.array());
        mix(whole, checksum);
        write(ByteBuffer.allocate(2 * Integer.BYTES)
                .putInt(block.length())
                .putInt(checksum)
                .flip());
        write(ByteBuffer.wrap(block.array()));
    }

    /** It is complete: from now on it has its name. */
    public Path finish(Version cut) throws IOException {
        ByteBuffer end = ByteBuffer.allocate(2 * Integer.BYTES + 3 * Long.BYTES);
        end.putInt(0).putLong(cut.epoch()).putLong(entries).putLong(bytes);
        whole.update(end.array(), Integer.BYTES, 3 * Long.BYTES);
        end.putInt((int) whole.getValue());
        write(end.flip());
        out.force(true);
        out.close();
        BackupDirectory.giveName(temporary, file);
        return file;
    }

    /** How many entries were added. */
    public long entries() {
        return entries;
    }

    /** How many bytes of entries were added. */
    public long bytes() {
        return bytes;
    }

    /** Takes an unfinished file away. */
    @Override
    public void close() throws IOException {
        out.close();
        Files.deleteIfExists(temporary);
    }

    /**
     * Reads a whole backup.
     *
     * @throws IOException with a message for people, if it is not whole or damaged
     */
    public static Summary read(Path file, Visitor visitor) throws IOException {
        CRC32C whole = new CRC32C();
        long entries = 0;
        long bytes = 0;
        try (DataInputStream in = new DataInputStream(new BufferedInputStream(Files.newInputStream(file), 1 << 16))) {
            byte[] magic = in.readNBytes(MAGIC.length());
            if (!MAGIC.equals(new String(magic, StandardCharsets.UTF_8))) {
                throw new IOException(file + " is no backup of this program, or of another version of it");
            }
            for (int length = in.readInt(); length != 0; length = in.readInt()) {
                int checksum = in.readInt();
                if (length < 0 || length > MAX_BLOCK_BYTES) {
                    throw damaged(file);
                }
                byte[] block = in.readNBytes(length);
                if (block.length < length || checksum(block) != checksum) {
                    throw damaged(file);
                }
                mix(whole, checksum);
                List<SnapshotEntry> read = SnapshotEntry.decode(ByteBuffer.wrap(block));
                entries += read.size();
                bytes += length;
                visitor.visit(read);
            }
            byte[] end = in.readNBytes(3 * Long.BYTES);
            whole.update(end);
            if (in.readInt() != (int) whole.getValue()) {
                throw damaged(file);
            }
            ByteBuffer summary = ByteBuffer.wrap(end);
            Summary said = new Summary(summary.getLong(), summary.getLong(), summary.getLong());
            if (said.entries() != entries || said.bytes() != bytes) {
                throw damaged(file);
            }
            return said;
        } catch (EOFException | IllegalArgumentException cutOff) {
            throw new IOException(damaged(file).getMessage(), cutOff);
        }
    }

    private static IOException damaged(Path file) {
        return new IOException(file + " is damaged or cut off: its checksums do not match. Use another backup");
    }

    private static int checksum(byte[] block) {
        CRC32C crc = new CRC32C();
        crc.update(block, 0, block.length);
        return (int) crc.getValue();
    }

    private static void mix(CRC32C whole, int checksum) {
        whole.update(ByteBuffer.allocate(Integer.BYTES).putInt(checksum).flip());
    }
}
