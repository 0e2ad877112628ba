package com.kvstore.storage;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;

/**
 * The directory of a {@link DiskStorage}: whose data lie there, and in which version.
 *
 * <p>Thread-safe: no state.
 */
final class DataDirectory {
    private DataDirectory() {}

    /** Where RocksDB and the journal have their files. */
    static Path data(Path directory) {
        return directory.resolve("data");
    }

    /**
     * Sees to it that the data are of the expected kind and version, and notes it where there are none yet.
     *
     * @throws DamagedDataException if there are data that do not say what they are
     */
    static void demandFormat(Path directory, String expected) throws IOException {
        Path format = directory.resolve("format");
        if (Files.exists(format)) {
            String found = Files.readString(format);
            if (!found.equals(expected)) {
                throw new IOException("the data in " + directory + " are of another version (" + found.trim()
                        + ") than this program's (" + expected.trim() + ")");
            }
        } else if (Files.exists(data(directory))) {
            throw new DamagedDataException(
                    directory + " has data, but the file " + format + " is missing", new IOException());
        } else {
            Files.writeString(format, expected);
        }
    }

    /** Deletes a directory and all that is in it. */
    static void delete(Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
