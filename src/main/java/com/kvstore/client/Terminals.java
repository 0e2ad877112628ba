package com.kvstore.client;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Whether a person sits at the other end. Thread-safe: no state. */
final class Terminals {
    static final int STDIN = 0;
    static final int STDERR = 2;

    private Terminals() {}

    /**
     * Whether this file descriptor of the process is a terminal.
     *
     * <p>Where the system does not show its descriptors, all of them are taken to be what Java's console says of standard
     * input and output together.
     */
    static boolean is(int descriptor) {
        Path link = Path.of("/proc/self/fd/" + descriptor);
        if (!Files.isSymbolicLink(link)) {
            return hasConsole();
        }
        try {
            String target = Files.readSymbolicLink(link).toString();
            return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty") || target.equals("/dev/console");
        } catch (IOException unreadable) {
            return hasConsole();
        }
    }

    /** From Java 22 on this is right only with {@code -Djdk.console=java.base}, which the scripts set. */
    @SuppressWarnings("SystemConsoleNull") // the newer method does not exist in Java 17
    private static boolean hasConsole() {
        return System.console() != null;
    }
}
