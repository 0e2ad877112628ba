package com.kvstore.storage;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.stream.Stream;

/** What a process leaves of a directory that is killed now. */
final class CrashCopy {
    private CrashCopy() {}

    /**
     * Tables may be written meanwhile: a copy that missed a file is made again.
     *
     * @param name of the copy, beside the directory; a number follows
     */
    static Path of(Path directory, String name) throws IOException {
        for (int tries = 0; ; tries++) {
            Path target = directory.resolveSibling(name + "-" + tries);
            try {
                copy(directory, target);
                return target;
            } catch (NoSuchFileException gone) {
                assertTrue(tries < 100, gone.toString());
            }
        }
    }

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.toList()) {
                Files.copy(file, to.resolve(from.relativize(file)));
            }
        }
    }
}
