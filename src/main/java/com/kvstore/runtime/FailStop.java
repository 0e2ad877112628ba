package com.kvstore.runtime;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;

/**
 * Reports a broken invariant: one line for people, the whole of it in a file. The process ends after it, because what it
 * would do next might be wrong, and the other nodes know how to go on without it.
 *
 * <p>With {@code KVSTORE_DEBUG} in the environment the whole goes to standard error too.
 */
public final class FailStop {
    /** {@code EX_SOFTWARE} of sysexits.h. */
    public static final int EXIT_STATUS = 70;

    /** {@code EX_IOERR}: the node's data cannot be read. */
    public static final int UNREADABLE_STATUS = 74;

    private FailStop() {}

    /** @param when what was going on, such as "while handling Received" */
    public static void report(Throwable broken, String when, Console console) {
        StringWriter whole = new StringWriter();
        whole.append(Instant.now().toString()).append(' ').append(when).append('\n');
        broken.printStackTrace(new PrintWriter(whole, true));
        if (System.getenv("KVSTORE_DEBUG") != null) {
            System.err.print(whole);
        }
        console.line(
                "ERROR",
                "internal error " + when + ": " + broken + "; this process ends so that it does nothing wrong. Please"
                        + " report it, with " + save(whole.toString()) + ", and start it again");
    }

    private static String save(String whole) {
        try {
            Path file = Path.of(
                    System.getProperty("java.io.tmpdir", "."),
                    "kvstore-error-" + ProcessHandle.current().pid() + ".log");
            Files.writeString(file, whole);
            return file.toString();
        } catch (IOException | RuntimeException noFile) {
            return "what KVSTORE_DEBUG=1 prints (no file could be written: " + noFile + ")";
        }
    }
}
