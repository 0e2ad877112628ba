package com.kvstore.backup;

import com.kvstore.common.Command;
import com.kvstore.common.ErrorCode;
import com.kvstore.common.Result;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Locale;
import java.util.function.BiConsumer;
import org.json.JSONStringer;

/**
 * A directory that others push backups into, part by part.
 *
 * <p>A backup arrives under another name, {@value #ARRIVING} at its end. Once all of it is there it is synced, read back with
 * every checksum checked, and renamed; then the oldest go. Every part is answered with how many bytes are there, which is
 * where the next one has to begin: so a push that broke off goes on where it was, a part that comes twice changes nothing,
 * and an empty part asks. What does not verify is thrown away, and the push begins anew.
 *
 * <p>Bounded: holds one part in memory; of backups that have not arrived in full it keeps {@value #MOST_ARRIVING}.
 *
 * <p>Failure: a {@link Result.Failure} for whoever pushes; nothing in the directory changes but the file that arrives.
 *
 * <p>Threading: {@link #store} from one thread at a time, as it blocks on files; {@link #receivedWithin} from any.
 */
public final class ReceivedBackups {
    static final String ARRIVING = ".arriving";
    private static final int MOST_ARRIVING = 4;
    /** Not for backups: a data node on the same disk needs it, and people do. */
    private static final long FREE_BYTES = 64L << 20;

    private final Path directory;
    private final int keep;
    private final BiConsumer<String, String> console;
    private volatile boolean receivedAny;
    private volatile long receivedAtNs;

    /**
     * @param keep how many backups stay
     * @param console hears tags and texts
     */
    public ReceivedBackups(Path directory, int keep, BiConsumer<String, String> console) {
        this.directory = directory;
        this.keep = keep;
        this.console = console;
    }

    /** Whether a backup arrived in full in the last {@code ms}. */
    public boolean receivedWithin(long ms) {
        return receivedAny && (System.nanoTime() - receivedAtNs) / 1_000_000 < ms;
    }

    /** Takes a part; answers with a document that has {@code held_bytes} and {@code complete}. */
    public Result store(Command.StoreBackup part) {
        String name = part.name();
        if (!BackupDirectory.isName(name)) {
            return Result.Failure.of(
                    ErrorCode.BAD_REQUEST,
                    "A backup is named backup-YYYYMMDD-HHMMSS-mmm" + BackupFile.SUFFIX + "; this name is not taken");
        }
        long end = part.offset() + part.chunk().length();
        if (part.offset() < 0 || part.totalBytes() < 1 || end < 0 || end > part.totalBytes()) {
            return Result.Failure.of(
                    ErrorCode.BAD_REQUEST, "A part from byte " + part.offset() + " is no part of " + name);
        }
        try {
            Files.createDirectories(directory);
            return storeNamed(part);
        } catch (IOException failed) {
            String message = String.valueOf(failed.getMessage());
            boolean full = message.toLowerCase(Locale.ROOT).contains("no space");
            return Result.Failure.of(
                    full ? ErrorCode.NO_SPACE : ErrorCode.UNAVAILABLE,
                    "The backup server cannot write " + name + ": " + message);
        }
    }

    private Result storeNamed(Command.StoreBackup part) throws IOException {
        Path file = directory.resolve(part.name());
        if (Files.exists(file)) {
            return Files.size(file) == part.totalBytes()
                    ? held(part.name(), part.totalBytes(), /* complete= */ true)
                    : Result.Failure.of(
                            ErrorCode.CONFLICT,
                            "There is another backup named " + part.name() + " in " + directory
                                    + ". Give each store a directory of its own");
        }
        Path arriving = directory.resolve(part.name() + ARRIVING);
        long held = Files.exists(arriving) ? Files.size(arriving) : 0;
        if (held > part.totalBytes()) {
            Files.delete(arriving);
            held = 0;
        }
        if (held < part.totalBytes() && held == part.offset() && part.chunk().length() > 0) {
            demandRoom(part.totalBytes() - held);
            append(arriving, part);
            held += part.chunk().length();
        }
        if (held < part.totalBytes()) {
            return held(part.name(), held, /* complete= */ false);
        }
        return finish(arriving, file);
    }

    private void demandRoom(long bytes) throws IOException {
        long free = Files.getFileStore(directory).getUsableSpace();
        if (free < bytes + FREE_BYTES) {
            throw new IOException("No space left: the disk of " + directory + " has " + (free >> 20) + " MiB free, and "
                    + (((bytes + FREE_BYTES) >> 20) + 1) + " MiB are needed. Make room there, or keep fewer backups"
                    + " (--backup-keep)");
        }
    }

    private void append(Path arriving, Command.StoreBackup part) throws IOException {
        if (part.offset() == 0) {
            dropArriving(MOST_ARRIVING - 1);
        }
        try (FileChannel out = FileChannel.open(arriving, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            ByteBuffer buffer = ByteBuffer.wrap(part.chunk().array());
            for (long at = part.offset(); buffer.hasRemaining(); ) {
                at += out.write(buffer, at);
            }
        }
    }

    /** Those that began to arrive and never did: all but the newest {@code most} of them go. */
    private void dropArriving(int most) throws IOException {
        List<Path> found = BackupDirectory.endingIn(directory, ARRIVING);
        for (Path old : found.subList(0, Math.max(0, found.size() - most))) {
            Files.deleteIfExists(old);
        }
    }

    private Result finish(Path arriving, Path file) throws IOException {
        try (FileChannel out = FileChannel.open(arriving, StandardOpenOption.WRITE)) {
            out.force(true);
        }
        BackupFile.Summary summary;
        try {
            summary = BackupFile.read(arriving, entries -> {});
        } catch (IOException damaged) {
            Files.deleteIfExists(arriving);
            return Result.Failure.of(
                    ErrorCode.CONFLICT,
                    file.getFileName() + " did not arrive as it was: " + damaged.getMessage()
                            + ". It was thrown away; push it again from its beginning");
        }
        BackupDirectory.giveName(arriving, file);
        receivedAtNs = System.nanoTime();
        receivedAny = true;
        console.accept("BACKUP", file + ": pushed to this server, " + summary.entries() + " keys, verified");
        dropArriving(0);
        BackupDirectory.dropOld(directory, keep);
        return held(file.getFileName().toString(), Files.exists(file) ? Files.size(file) : 0, /* complete= */ true);
    }

    private static Result held(String name, long bytes, boolean complete) {
        return new Result.Document(new JSONStringer()
                .object()
                .key("name")
                .value(name)
                .key("held_bytes")
                .value(bytes)
                .key("complete")
                .value(complete)
                .endObject()
                .toString());
    }
}
