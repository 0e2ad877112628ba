package com.kvstore.coordinator;

import com.kvstore.common.ServerNode;
import com.kvstore.runtime.CannotStartException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/** The file by which slaves and clients find the coordinator: two lines, IP and port. */
final class ConfigFile {
    private ConfigFile() {}

    /** Replaces the file as a whole: a slave that reads it meanwhile sees the old address or the new one. */
    static void write(Path file, ServerNode self) throws CannotStartException {
        Path temporary = file.resolveSibling(file.getFileName() + ".tmp");
        try {
            Path directory = file.toAbsolutePath().getParent();
            if (directory != null) {
                Files.createDirectories(directory);
            }
            Files.writeString(temporary, self.host() + "\n" + self.port() + "\n");
            Files.move(temporary, file, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException failed) {
            throw new CannotStartException(
                    "The configuration file " + file + " cannot be written (" + failed + "). Make its directory"
                            + " writable, or name another file with --config FILE.",
                    failed);
        }
    }
}
