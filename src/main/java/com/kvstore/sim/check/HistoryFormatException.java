package com.kvstore.sim.check;

/** A file that is no history; the message says in which line, and what is wrong there. */
public final class HistoryFormatException extends Exception {
    private static final long serialVersionUID = 1;

    private final int line;

    HistoryFormatException(int line, String message) {
        super("line " + line + ": " + message);
        this.line = line;
    }

    /** The line's number, from 1. */
    public int line() {
        return line;
    }
}
