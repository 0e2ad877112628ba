package com.kvstore.client;

/**
 * A line that says how far something has come: it overwrites itself on a terminal and is a line of its own elsewhere, at
 * most twice a second.
 *
 * <p>Time is an argument. Used from one thread.
 */
final class Progress {
    private static final long INTERVAL_MS = 500;
    private static final int BAR_CELLS = 30;
    private static final String ERASE_LINE = "\r\u001b[K";

    private final Output out;
    private final boolean terminal;
    private boolean shown;
    private long lastMs;

    /** @param terminal whether {@code out} ends at one */
    Progress(Output out, boolean terminal) {
        this.out = out;
        this.terminal = terminal;
    }

    /** Something begins now: the first line comes half a second later. */
    void begin(long nowMs) {
        lastMs = nowMs;
        shown = false;
    }

    boolean due(long nowMs) {
        return nowMs - lastMs >= INTERVAL_MS;
    }

    /** Shows {@code text} if it is time. */
    void show(long nowMs, String text) {
        if (!due(nowMs)) {
            return;
        }
        lastMs = nowMs;
        shown = true;
        if (terminal) {
            out.text(ERASE_LINE + text);
        } else {
            out.line(text);
        }
        out.flush();
    }

    /** Takes the line away before the answer. */
    void end() {
        if (terminal && shown) {
            out.text(ERASE_LINE);
            out.flush();
        }
    }

    /**
     * A bar and a percentage, as in {@code [#########           ]  45%}.
     *
     * @param total above 0
     */
    static String bar(long done, long total) {
        double part = Math.min(1.0, Math.max(0.0, (double) done / total));
        int full = (int) (part * BAR_CELLS);
        String percent = Integer.toString((int) (part * 100));
        return "[" + "#".repeat(full) + " ".repeat(BAR_CELLS - full) + "] " + " ".repeat(3 - percent.length()) + percent
                + "%";
    }
}
