package com.kvstore.runtime;

import com.kvstore.common.Bytes;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * Lines about single requests, for people: up to {@value #LINES_PER_SECOND} a second of one tag are printed; beyond that
 * they are counted, and one line a second tells the count.
 *
 * <p>Threading: one thread. Cost while counting: a map look-up and an addition.
 */
final class RequestNotes {
    static final int LINES_PER_SECOND = 20;
    private static final long SECOND_NS = 1_000_000_000L;

    private static final class Window {
        long startNs;
        long count;
        /** More came than is printed: summed up until a second passes with few. */
        boolean flooded;
    }

    private final Console console;
    private final Map<String, Window> windows = new LinkedHashMap<>();
    private boolean summaryDue;

    RequestNotes(Console console) {
        this.console = console;
    }

    /** @return whether {@link #summarize} must be called a second from now, which it was not yet asked to */
    boolean note(String tag, Bytes key, long nowNs) {
        Window window = windows.get(tag);
        if (window == null) {
            window = new Window();
            window.startNs = nowNs;
            windows.put(tag, window);
        }
        if (!window.flooded && nowNs - window.startNs >= SECOND_NS) {
            window.startNs = nowNs;
            window.count = 0;
        }
        window.count++;
        if (window.flooded) {
            return false;
        }
        if (window.count <= LINES_PER_SECOND) {
            console.line(tag, key.toString());
            return false;
        }
        window.flooded = true;
        boolean ask = !summaryDue;
        summaryDue = true;
        return ask;
    }

    /**
     * Prints what was counted.
     *
     * @return whether to call again a second from now
     */
    boolean summarize(long nowNs) {
        summaryDue = false;
        for (Map.Entry<String, Window> entry : windows.entrySet()) {
            Window window = entry.getValue();
            if (!window.flooded) {
                continue;
            }
            if (window.count > 0) {
                console.line(entry.getKey(), String.format(Locale.ROOT, "%,d in the last second", window.count));
            }
            window.flooded = window.count > LINES_PER_SECOND;
            window.startNs = nowNs;
            window.count = 0;
            summaryDue |= window.flooded;
        }
        return summaryDue;
    }
}
