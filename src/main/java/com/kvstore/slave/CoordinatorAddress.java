package com.kvstore.slave;

import com.kvstore.common.ServerNode;
import com.kvstore.runtime.Console;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Supplier;

/**
 * The coordinator's address as {@code cs_config.txt} has it now: two lines, IP and port. Without the file,
 * {@link #DEFAULT}.
 *
 * <p>Threading: one thread. Reads at most a few KiB of a plain file, so that it may be called on an event loop.
 *
 * <p>Failure: a file that cannot be read or understood counts as none; the console says so once for each reason.
 */
public final class CoordinatorAddress implements Supplier<ServerNode> {
    static final ServerNode DEFAULT = new ServerNode("127.0.0.1", 8080);
    private static final int MAX_BYTES = 4 * 1024;

    private final Path file;
    private final Console console;
    private String lastComplaint = "";

    public CoordinatorAddress(Path file, Console console) {
        this.file = file;
        this.console = console;
    }

    @Override
    public ServerNode get() {
        try {
            ServerNode address = read();
            lastComplaint = "";
            return address;
        } catch (NoSuchFileException none) {
            return DEFAULT;
        } catch (IOException | IllegalArgumentException bad) {
            complain(String.valueOf(bad.getMessage()));
            return DEFAULT;
        }
    }

    private ServerNode read() throws IOException {
        if (!Files.exists(file)) {
            throw new NoSuchFileException(file.toString());
        }
        if (!Files.isRegularFile(file)) {
            // Opening a named pipe would wait for a writer.
            throw new IOException("it is not a plain file");
        }
        String text;
        try (InputStream in = Files.newInputStream(file)) {
            text = new String(in.readNBytes(MAX_BYTES), StandardCharsets.UTF_8);
        }
        List<String> lines = text.strip().lines().map(String::strip).toList();
        if (lines.size() != 2) {
            throw new IllegalArgumentException(
                    "it should have two lines, the IP and the port, and has " + lines.size());
        }
        return ServerNode.parse(lines.get(0) + ":" + lines.get(1));
    }

    private void complain(String reason) {
        if (!reason.equals(lastComplaint)) {
            lastComplaint = reason;
            console.line(
                    "WARN",
                    "The configuration file " + file + " cannot be used: " + reason + ". Trying the coordinator at "
                            + DEFAULT);
        }
    }
}
