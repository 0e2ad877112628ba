package com.kvstore.runtime;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/**
 * A directory that belongs to one process at a time, held by a lock on its file {@code lock} until the process ends.
 *
 * <p>The lock file stays when the process is gone: removing it would let two processes lock two files of one name.
 */
public final class StateDirectory implements AutoCloseable {
    private final Path path;
    private final FileChannel lockFile;
    /** Kept: the lock lasts as long as it is reachable and open. */
    private final FileLock lock;

    private StateDirectory(Path path, FileChannel lockFile, FileLock lock) {
        this.path = path;
        this.lockFile = lockFile;
        this.lock = lock;
    }

    /**
     * Makes the directory if need be, and locks it.
     *
     * @param option the command-line option that names another directory, for the message
     */
    public static StateDirectory open(Path path, String option) throws CannotStartException {
        FileChannel channel = null;
        try {
            Files.createDirectories(path);
            channel = FileChannel.open(
                    path.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
            FileLock lock = tryLock(channel);
            if (lock == null) {
                channel.close();
                throw new CannotStartException("The directory " + path + " is in use by another process. Stop"
                        + " that one, or give this one a directory of its own with " + option + " DIR.");
            }
            return new StateDirectory(path, channel, lock);
        } catch (IOException failed) {
            throw new CannotStartException(
                    "The directory " + path + " cannot be used (" + failed + "). Make it writable, or name another"
                            + " one with " + option + " DIR.",
                    failed);
        }
    }

    private static @Nullable FileLock tryLock(FileChannel channel) throws IOException {
        try {
            return channel.tryLock();
        } catch (OverlappingFileLockException thisProcess) {
            return null;
        }
    }

    public Path path() {
        return path;
    }

    /** Gives the lock back. */
    @Override
    public void close() throws IOException {
        lock.release();
        lockFile.close();
    }
}
