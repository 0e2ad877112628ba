package com.kvstore;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A file system of a few megabytes, mounted for one test; where that is not allowed the test is skipped and says why. */
public final class SmallDisk implements AutoCloseable {
    private static final int MIB = 1 << 20;

    private final Path directory;

    private SmallDisk(Path directory) {
        this.directory = directory;
    }

    /** @param directory is made, and the file system mounted there */
    public static SmallDisk mount(Path directory, int sizeMib) throws IOException, InterruptedException {
        Files.createDirectories(directory);
        boolean mounted = run("mount", "-t", "tmpfs", "-o", "size=" + sizeMib + "m", "none", directory.toString());
        assumeTrue(mounted, "a small file system cannot be mounted here (that takes root on Linux)");
        return new SmallDisk(directory);
    }

    private static boolean run(String... command) throws IOException, InterruptedException {
        try {
            return new ProcessBuilder(command)
                            .redirectErrorStream(true)
                            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                            .start()
                            .waitFor()
                    == 0;
        } catch (IOException noSuchCommand) {
            return false;
        }
    }

    public Path directory() {
        return directory;
    }

    /** Takes up so much of its room, in a file of that name. */
    public void fill(String name, int mib) throws IOException {
        Files.write(directory.resolve(name), new byte[mib * MIB]);
    }

    /** Somebody has made room. */
    public void free(String name) throws IOException {
        Files.delete(directory.resolve(name));
    }

    @Override
    public void close() throws IOException {
        try {
            run("umount", "--lazy", directory.toString());
        } catch (InterruptedException hurried) {
            Thread.currentThread().interrupt();
        }
    }
}
