package com.kvstore.runtime;

/** Ends the JVM once the console has printed what is waiting. */
public final class ProcessEnding implements Ending {
    private static final long CONSOLE_TIMEOUT_MS = 500;

    private final Console console;

    public ProcessEnding(Console console) {
        this.console = console;
    }

    /** {@code halt}, because {@code exit} would run shutdown hooks, which wait for this very end. */
    @Override
    public void end(int exitStatus) {
        console.close(CONSOLE_TIMEOUT_MS);
        Runtime.getRuntime().halt(exitStatus);
    }
}
