package com.kvstore.backup;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A directory of backups: their names, which tell their order, and how many stay.
 *
 * <p>Thread-safe: no state. Several processes may use one directory; whoever is late to delete a file finds it gone.
 */
public final class BackupDirectory {
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss-SSS", Locale.ROOT).withZone(ZoneOffset.UTC);
    private static final Pattern NAME =
            Pattern.compile("backup-[0-9]{8}-[0-9]{6}-[0-9]{3}" + Pattern.quote(BackupFile.SUFFIX));

    private BackupDirectory() {}

    /** The name of a backup of this moment: later ones sort after earlier ones. */
    static String nameAt(Instant moment) {
        return "backup-" + TIME.format(moment) + BackupFile.SUFFIX;
    }

    /** Whether this is a name as backups have it, and so nothing else: no path, no hidden file, no {@code ..}. */
    public static boolean isName(String text) {
        return NAME.matcher(text).matches();
    }

    /** The backups in a directory, whatever people have called them, by name: of those never renamed the oldest first. */
    public static List<Path> in(Path directory) throws IOException {
        return endingIn(directory, BackupFile.SUFFIX);
    }

    /** The newest backup that has kept its name; null if there is none, or no such directory. */
    public static @Nullable Path newest(Path directory) throws IOException {
        Path newest = null;
        try {
            for (Path file : in(directory)) {
                newest = isName(file.getFileName().toString()) ? file : newest;
            }
        } catch (NoSuchFileException notMadeYet) {
            return null;
        }
        return newest;
    }

    /** Deletes all but the newest {@code keep}, and what processes that were killed left unfinished a day ago. */
    public static void dropOld(Path directory, int keep) throws IOException {
        List<Path> backups = in(directory);
        for (Path old : backups.subList(0, Math.max(0, backups.size() - keep))) {
            Files.deleteIfExists(old);
        }
        FileTime aDayAgo = FileTime.from(Instant.now().minus(Duration.ofDays(1)));
        for (Path file : endingIn(directory, BackupFile.UNFINISHED)) {
            String name = file.getFileName().toString();
            boolean ours = isName(name.substring(0, name.length() - BackupFile.UNFINISHED.length()));
            if (ours && Files.getLastModifiedTime(file).compareTo(aDayAgo) < 0) {
                Files.deleteIfExists(file);
            }
        }
    }

    /** By name. */
    static List<Path> endingIn(Path directory, String end) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            List<Path> found = new ArrayList<>(
                    files.filter(file -> file.getFileName().toString().endsWith(end))
                            .toList());
            Collections.sort(found);
            return found;
        }
    }

    /** Renames a file that is whole and synced; a crash leaves it under one name or the other. */
    static void giveName(Path temporary, Path file) throws IOException {
        Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
        try (FileChannel directory = FileChannel.open(file.toAbsolutePath().getParent(), StandardOpenOption.READ)) {
            directory.force(true);
        }
    }
}
