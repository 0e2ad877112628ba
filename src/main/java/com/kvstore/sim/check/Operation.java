package com.kvstore.sim.check;

import com.kvstore.common.Bytes;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What one client did to one key, and what came of it. Immutable.
 *
 * @param who the client
 * @param value what a PUT or an UPDATE writes, what a GET has read; else null
 * @param span from the question to the answer
 * @param transaction the same number for all keys of one transaction or one multi-get; 0 if it is on its own
 */
public record Operation(
        String who, Kind kind, Bytes key, @Nullable Bytes value, Outcome outcome, Span span, long transaction) {
    public static final long NEVER = Long.MAX_VALUE;

    /** What was asked for. */
    public enum Kind {
        GET,
        PUT,
        /** Overwrites a key that is there. */
        UPDATE,
        /** Deletes a key that is there. */
        DELETE,
        /** Deletes a key whether it is there or not. */
        ERASE
    }

    /** What came of it. */
    public enum Outcome {
        DONE,
        /** The key was not there; nothing was changed. */
        NOT_FOUND,
        /** It has no effect, and never will. */
        NOT_APPLIED,
        /** It takes effect once, at any time after its start, or never. */
        UNKNOWN
    }

    /** From start to end, both included: what touches in time is concurrent. */
    public record Span(long startNs, long endNs) {}

    public long startNs() {
        return span.startNs;
    }

    public long endNs() {
        return span.endNs;
    }

    /** Whether it leaves the key with {@link #value}. */
    boolean writesValue() {
        return kind == Kind.PUT || kind == Kind.UPDATE;
    }

    @Override
    public String toString() {
        String end = span.endNs == NEVER ? "…" : ms(span.endNs);
        String what = value == null ? "" : (kind == Kind.GET ? " -> " : " ") + value;
        return String.format(
                Locale.ROOT,
                "%12s to %12s ms  %-10s %s %s%s: %s",
                ms(span.startNs),
                end,
                who,
                kind,
                key,
                what,
                outcome);
    }

    private static String ms(long ns) {
        return String.format(Locale.ROOT, "%.3f", ns / 1e6);
    }
}
