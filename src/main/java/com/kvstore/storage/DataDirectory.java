package com.kvstore.storage;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * The directory of a {@link DiskStorage}: whose data lie there, and in which version.
 *
 * <p>Thread-safe: no state.
 */
final class DataDirectory {
    /** Stands among the values once the node has left for good. */
    static final byte[] RETIRED = "retired".getBytes(StandardCharsets.UTF_8);

    private DataDirectory() {}

    /**
     * Opens what is there, or makes it anew, also in the place of what a node that has left for good left behind.
     *
     * @param notices as in {@link DiskStorage#open}
     */
    static RocksEngine open(Path directory, String expected, Journal.Opener opener, Consumer<String> notices)
            throws IOException {
        Files.createDirectories(directory);
        Path data = directory.resolve("data");
        demandFormat(directory, data, expected);
        Path libraries = directory.resolve("native");
        RocksEngine engine = RocksEngine.open(data, libraries, opener, notices);
        if (engine.get(RocksEngine.META, RETIRED) != null) {
            engine.close();
            delete(data);
            engine = RocksEngine.open(data, libraries, opener, notices);
        }
        return engine;
    }

    /**
     * Sees to it that the data are of the expected kind and version, and notes it where there are none yet.
     *
     * @throws DamagedDataException if there are data that do not say what they are
     */
    private static void demandFormat(Path directory, Path data, String expected) throws IOException {
        Path format = directory.resolve("format");
        if (Files.exists(format)) {
            String found = Files.readString(format);
            if (!found.equals(expected)) {
                throw new IOException("the data in " + directory + " are of another version (" + found.trim()
                        + ") than this program's (" + expected.trim() + ")");
            }
        } else if (Files.exists(data)) {
            throw new DamagedDataException(
                    directory + " has data, but the file " + format + " is missing", new IOException());
        } else {
            Files.writeString(format, expected);
        }
    }

    /** Deletes a directory and all that is in it. */
    private static void delete(Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
