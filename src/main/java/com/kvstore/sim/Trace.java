package com.kvstore.sim;

import java.util.Locale;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What happened in a run: a rolling 64-bit hash of every event and effect, and, where somebody reads it, a line for each.
 *
 * <p>Two runs of one seed have the same hash; the first line in which two logs differ shows what was not deterministic.
 *
 * <p>Threading: belongs to one simulation.
 */
public final class Trace {
    private final @Nullable Consumer<String> log;
    private long hash;
    private long events;

    /** @param log gets one line an event; null when nobody reads: then no text is made */
    public Trace(@Nullable Consumer<String> log) {
        this.log = log;
    }

    /** Nobody reads it. */
    public static Trace silent() {
        return new Trace(null);
    }

    /**
     * @param who a node, a client, the network
     * @param what happened, in a word or two that stay the same from event to event
     * @param payload a number that is the same whenever the run is the same: never an identity hash
     * @param detail for readers
     */
    public void event(long nowNs, String who, String what, long payload, Object detail) {
        events++;
        hash = SimRandom.mix(hash * 31 + nowNs);
        hash = SimRandom.mix(hash * 31 + who.hashCode() * 31L + what.hashCode());
        hash = SimRandom.mix(hash * 31 + payload);
        if (log != null) {
            log.accept(line(nowNs, who, what + " " + detail));
        }
    }

    /** The same without anything for the hash beyond the text itself. */
    public void note(long nowNs, String who, String text) {
        event(nowNs, who, "note", text.hashCode(), text);
    }

    public long hash() {
        return hash;
    }

    public long events() {
        return events;
    }

    private static String line(long nowNs, String who, String text) {
        return String.format(Locale.ROOT, "%14.6f ms  %-12s %s", nowNs / 1e6, who, text);
    }
}
