package com.kvstore.client;

import com.kvstore.backup.BackupDirectory;
import com.kvstore.backup.BackupFile;
import com.kvstore.common.Bytes;
import com.kvstore.common.Condition;
import com.kvstore.common.ErrorCode;
import com.kvstore.common.Expiry;
import com.kvstore.common.Result;
import com.kvstore.common.SnapshotEntry;
import com.kvstore.common.Write;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The commands {@code backup now}, {@code list}, {@code verify} and {@code restore}. Used from one thread, which waits.
 *
 * <p>A restore writes every key anew, as a client does: versions and epochs go forward, caches forget what they had, and the
 * cluster may have any size.
 */
final class Backups {
    private static final int KEYS_A_PAGE = 1_000;

    private final KvClient client;
    private final Answers answers;
    private final Progress progress;

    Backups(KvClient client, Answers answers, Progress progress) {
        this.client = client;
        this.answers = answers;
        this.progress = progress;
    }

    Answer run(PromptCommand.Backup command) {
        progress.begin(nowMs());
        try {
            Path path = Path.of(command.path());
            return switch (command.action()) {
                case NOW -> now(path);
                case LIST -> list(path);
                case VERIFY -> verify(path);
                case RESTORE -> restore(path, /* replace= */ false);
                case REPLACE -> restore(path, /* replace= */ true);
            };
        } catch (KvException failed) {
            return answers.failed(failed.code(), String.valueOf(failed.getMessage()));
        } catch (IOException | InvalidPathException failed) {
            String message = failed instanceof NoSuchFileException
                    ? "There is no " + failed.getMessage()
                    : String.valueOf(failed.getMessage());
            return answers.failed(ErrorCode.BAD_REQUEST, message);
        } catch (InterruptedException stopped) {
            return answers.failed(ErrorCode.UNAVAILABLE, "Interrupted.");
        } finally {
            progress.end();
        }
    }

    private Answer now(Path directory) throws IOException, InterruptedException {
        long beginMs = nowMs();
        SnapshotReader reader = new SnapshotReader(
                client,
                (entries, bytes) -> progress.show(
                        nowMs(),
                        Quantities.grouped(entries) + " keys, " + Quantities.bytes(bytes) + ", "
                                + Quantities.bytes(bytes * 1_000 / Math.max(1, nowMs() - beginMs)) + "/s"));
        SnapshotReader.Done done = reader.backup(directory);
        return answers.done("BACKUP successful: " + done.file() + ", " + keys(done.entries()) + ", "
                + Quantities.bytes(done.bytes()) + " in " + Quantities.seconds(nowMs() - beginMs));
    }

    private static String keys(long count) {
        return Quantities.grouped(count) + (count == 1 ? " key" : " keys");
    }

    private Answer list(Path directory) throws IOException {
        StringBuilder text = new StringBuilder();
        List<Path> found = BackupDirectory.in(directory);
        text.append("BACKUP list: ").append(found.size()).append(found.size() == 1 ? " backup" : " backups");
        for (Path file : found) {
            text.append("; ").append(file.getFileName()).append(' ').append(Quantities.bytes(Files.size(file)));
        }
        return answers.done(text.toString());
    }

    /** @param path a backup, or a directory, then the newest there */
    private static Path backupAt(Path path) throws IOException {
        if (!Files.isDirectory(path)) {
            return path;
        }
        List<Path> found = BackupDirectory.in(path);
        if (found.isEmpty()) {
            throw new IOException("There is no backup in " + path + ". Make one with: backup now " + path);
        }
        return found.get(found.size() - 1);
    }

    private Answer verify(Path path) throws IOException {
        Path file = backupAt(path);
        BackupFile.Summary summary = BackupFile.read(file, entries -> {});
        return answers.done("BACKUP verified: " + file + ", " + keys(summary.entries()) + ", "
                + Quantities.bytes(summary.bytes()) + ", epoch " + summary.epoch());
    }

    private Answer restore(Path path, boolean replace) throws IOException, InterruptedException {
        Path file = backupAt(path);
        // A damaged backup is found out before anything is written.
        Set<Bytes> kept = new HashSet<>();
        BackupFile.Summary summary = BackupFile.read(file, entries -> {
            if (replace) {
                entries.forEach(entry -> kept.add(entry.key()));
            }
        });
        long present = client.count().join();
        if (present > 0 && !replace) {
            return answers.failed(
                    ErrorCode.CONFLICT,
                    "The store has " + keys(present) + ". Restore into an empty one, or type: backup replace " + path
                            + ", which makes it what the backup is and deletes all other keys.");
        }
        long beginMs = nowMs();
        BulkWriter writer = new BulkWriter(client);
        if (replace) {
            for (Bytes key : otherKeys(kept)) {
                writer.write(Write.delete(key));
            }
        }
        long[] done = new long[1];
        BackupFile.read(file, entries -> {
            for (SnapshotEntry entry : entries) {
                Expiry expiry = Expiry.ofDeadline(entry.deadlineMs());
                writer.write(new Write(entry.key(), entry.value(), expiry, Condition.NONE));
                done[0]++;
            }
            progress.show(
                    nowMs(),
                    Progress.bar(done[0], Math.max(1, summary.entries())) + "  " + keys(done[0]) + " of "
                            + Quantities.grouped(summary.entries()));
        });
        writer.await();
        return answers.done("BACKUP restored: " + file + ", " + keys(summary.entries()) + " in "
                + Quantities.seconds(nowMs() - beginMs));
    }

    private List<Bytes> otherKeys(Set<Bytes> kept) {
        List<Bytes> others = new ArrayList<>();
        long cursor = 0;
        do {
            Result.Page page = client.scan(Bytes.EMPTY, cursor, KEYS_A_PAGE).join();
            page.keys().stream().filter(key -> !kept.contains(key)).forEach(others::add);
            cursor = page.cursor();
        } while (cursor != 0);
        return others;
    }

    private static long nowMs() {
        return System.nanoTime() / 1_000_000;
    }
}
