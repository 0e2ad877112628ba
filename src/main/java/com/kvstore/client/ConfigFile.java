package com.kvstore.client;

import com.kvstore.common.ServerNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;

/**
 * The file in which a coordinator leaves its address: an IP on the first line, a port on the second. Thread-safe: no
 * state; reads the file anew each time.
 */
final class ConfigFile {
    static final ServerNode DEFAULT = new ServerNode("127.0.0.1", 8080);

    private ConfigFile() {}

    /**
     * The address in {@code file}; without such a file, {@link #DEFAULT}.
     *
     * @throws IllegalArgumentException with a message for people, when the file cannot be read or holds something else
     */
    static ServerNode read(String file) {
        List<String> lines;
        try {
            lines = Files.readAllLines(Path.of(file));
        } catch (NoSuchFileException none) {
            return DEFAULT;
        } catch (IOException unreadable) {
            throw new IllegalArgumentException("Cannot read " + file + ": " + unreadable.getMessage(), unreadable);
        }
        if (lines.size() >= 2) {
            try {
                return new ServerNode(
                        lines.get(0).strip(), Integer.parseInt(lines.get(1).strip()));
            } catch (IllegalArgumentException wrong) {
                throw new IllegalArgumentException(wrongContent(file), wrong);
            }
        }
        throw new IllegalArgumentException(wrongContent(file));
    }

    static boolean exists(String file) {
        return Files.exists(Path.of(file));
    }

    private static String wrongContent(String file) {
        return file + " should have two lines, the coordinator's IP and its port. Correct it, or use --server IP:PORT.";
    }
}
