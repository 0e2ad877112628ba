package com.kvstore.protocol.primarybackup;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A stretch of the log in memory: entries {@code first} to {@code last}, numbered from 1 without gaps. What came before
 * {@code first} is in the table.
 *
 * <p>Threading: one machine's.
 */
final class OpLog {
    private static final int MIN_CAPACITY = 64;

    private LogEntry[] ring = new LogEntry[MIN_CAPACITY];
    private long first;
    private long last;
    private long bytes;
    /** The first entry that may be another one than when {@link #takeChangedFrom} was last called. */
    private long changedFrom;

    /** The last entry that writes a value with a deadline; 0: none has. */
    private long lastTimed;

    /** An empty one whose first entry will be {@code first}. */
    OpLog(long first) {
        this.first = first;
        this.last = first - 1;
        this.changedFrom = first;
    }

    long lastTimed() {
        return lastTimed;
    }

    /** Where entries begin that were appended, or come in the place of others, since the last call. */
    long takeChangedFrom() {
        long from = changedFrom;
        changedFrom = last + 1;
        return from;
    }

    long first() {
        return first;
    }

    /** One before {@link #first} if it is empty. */
    long last() {
        return last;
    }

    long bytes() {
        return bytes;
    }

    LogEntry get(long op) {
        if (op < first || op > last) {
            throw new IllegalArgumentException("no entry " + op + " between " + first + " and " + last);
        }
        return ring[(int) (op & (ring.length - 1))];
    }

    /** @return its number */
    long append(LogEntry entry) {
        if (last - first + 1 == ring.length) {
            grow();
        }
        last++;
        ring[(int) (last & (ring.length - 1))] = entry;
        bytes += entry.bytes();
        if (entry.isTimed()) {
            lastTimed = last;
        }
        return last;
    }

    /**
     * Appends what it has not got of entries numbered from {@code from} on.
     *
     * @return whether they join on; if not, nothing was appended
     */
    boolean appendFrom(long from, List<LogEntry> entries) {
        if (from > last + 1) {
            return false;
        }
        for (long op = last + 1; op < from + entries.size(); op++) {
            append(entries.get((int) (op - from)));
        }
        return true;
    }

    /** Forgets everything behind {@code op}. */
    void truncateAfter(long op) {
        while (last > op && last >= first) {
            bytes -= get(last).bytes();
            ring[(int) (last & (ring.length - 1))] = null;
            changedFrom = Math.min(changedFrom, last);
            last--;
        }
    }

    /** Forgets everything up to {@code op}, included. */
    void trimTo(long op) {
        while (first <= op && first <= last) {
            bytes -= get(first).bytes();
            ring[(int) (first & (ring.length - 1))] = null;
            first++;
        }
    }

    /** Entries from {@code from} on, so many as make {@code maxBytes}, one at least if there is one. */
    List<LogEntry> slice(long from, long maxBytes) {
        List<LogEntry> slice = new ArrayList<>();
        long size = 0;
        for (long op = from; op <= last && (slice.isEmpty() || size < maxBytes); op++) {
            LogEntry entry = get(op);
            slice.add(entry);
            size += entry.bytes();
        }
        return slice;
    }

    private void grow() {
        @Nullable LogEntry[] old = ring;
        LogEntry[] larger = Arrays.copyOf(ring, ring.length * 2);
        Arrays.fill(larger, null);
        for (long op = first; op <= last; op++) {
            larger[(int) (op & (larger.length - 1))] = old[(int) (op & (old.length - 1))];
        }
        ring = larger;
    }
}
