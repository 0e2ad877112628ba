package com.kvstore.protocol.eventual;

import com.kvstore.common.Bytes;
import com.kvstore.protocol.eventual.EventualMessage.Change;
import com.kvstore.protocol.eventual.EventualMessage.Sync;
import com.kvstore.protocol.kernel.Effects;
import com.kvstore.protocol.parts.PeerLinks;
import com.kvstore.protocol.parts.StoredRecord;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * This peer's own stream on its way to the others: what waits when a turn ends is one SYNC for each of them.
 *
 * <p>Bounded: what every peer has acknowledged is forgotten, and so is the oldest beyond {@code maxLogBytes}, acknowledged
 * or not: whoever lacks that sees a gap and repairs it by digests. On one link no more than {@link #WINDOW_BYTES} are
 * under way unacknowledged.
 *
 * <p>Threading: one machine's.
 */
final class Outbox {
    static final long WINDOW_BYTES = 4L * 1024 * 1024;
    static final int WINDOW_CHANGES = 4096;
    /** So many changes, or so many bytes of them, wait for no answer. */
    private static final int COMPANY_CHANGES = 256;

    private static final long COMPANY_BYTES = 64 * 1024;
    private static final long MESSAGE_BYTES = 512 * 1024;
    private static final int MESSAGE_CHANGES = 1024;
    private static final int RECORD_OVERHEAD_BYTES = 48;

    /** @param endBytes of the stream up to the change's end, counted from the process's start */
    private record Kept(Change change, long endBytes) {}

    private static final class Cursor {
        /** The stream of the process that takes this; 0: not known yet. */
        private long to;

        private long sent;
        private long acked;
        /** Whether an answer is due: to a SYNC, an empty one too, or to the greeting of a new link. */
        private boolean awaits;

        /** Since when it is, as far as is known; 0: not looked at yet. */
        private long awaitsSinceNs;
    }

    private final long stream;
    private final long maxBytes;
    private final PeerLinks links;
    private final List<Kept> log = new ArrayList<>();
    /** How many at the log's beginning are forgotten and not yet cut off. */
    private int forgotten;

    /** Number of the first change that is still there. */
    private long base = 1;

    private long baseBytes;

    private final SortedMap<Integer, Cursor> cursors = new TreeMap<>();

    Outbox(EventualConfig config, PeerLinks links) {
        this.stream = config.stream();
        this.maxBytes = config.maxLogBytes();
        this.links = links;
        config.group().others(config.self()).forEach(peer -> cursors.put(peer, new Cursor()));
    }

    /** The number of the last change; 0: there is none. */
    long last() {
        return base + kept() - 1;
    }

    private int kept() {
        return log.size() - forgotten;
    }

    private Kept at(long seq) {
        return log.get(forgotten + (int) (seq - base));
    }

    private long endBytes(long seq) {
        return seq < base ? baseBytes : at(seq).endBytes;
    }

    /** An earlier process came so far; what it had not sent is brought by digests. */
    void goOnBehind(long seq) {
        base = seq + 1;
    }

    /** This peer is heard, as the process it was known to be: what it lacks of what is not here, digests bring it. */
    void heard(int peer, long itsStream) {
        if (cursor(peer).to == 0) {
            restarted(peer, itsStream);
        }
    }

    /** One change more; it leaves with {@link #flush}. */
    void add(Change change) {
        long bytes = endBytes(last());
        for (StoredRecord record : change.records()) {
            Bytes value = record.value();
            bytes += RECORD_OVERHEAD_BYTES + record.key().length() + (value == null ? 0 : value.length());
        }
        log.add(new Kept(change, bytes));
    }

    private Cursor cursor(int peer) {
        return Objects.requireNonNull(cursors.get(peer), "not a peer of the group");
    }

    /** The link to this peer is new: what was sent on the one before may be lost. */
    void opened(int peer) {
        Cursor cursor = cursor(peer);
        cursor.sent = cursor.acked;
        cursor.awaits = true;
        cursor.awaitsSinceNs = 0;
    }

    /** Another process of this peer: what the one before held is nothing to it, and digests bring it what there is. */
    void restarted(int peer, long itsStream) {
        Cursor cursor = cursor(peer);
        cursor.to = itsStream;
        cursor.acked = last();
        cursor.sent = last();
    }

    void acknowledged(int peer, long seq) {
        Cursor cursor = cursor(peer);
        cursor.acked = Math.max(cursor.acked, Math.min(seq, last()));
        cursor.sent = Math.max(cursor.sent, cursor.acked);
        cursor.awaits = false;
        cursor.awaitsSinceNs = 0;
    }

    /** Gives a new link to a peer that does not answer what was sent to it: the old one may be stuck. */
    void tick(long nowNs, Effects effects) {
        cursors.forEach((peer, cursor) -> {
            if (!cursor.awaits || !links.isOpen(peer)) {
                cursor.awaitsSinceNs = 0;
            } else if (cursor.awaitsSinceNs == 0) {
                cursor.awaitsSinceNs = nowNs;
            } else if (nowNs - cursor.awaitsSinceNs > EventualConfig.STUCK_NS) {
                cursor.awaitsSinceNs = 0;
                links.reopen(peer, effects);
            }
        });
    }

    long unacknowledged(int peer) {
        return last() - cursor(peer).acked;
    }

    /** Whether every peer that can be reached has all of it. */
    boolean isDelivered() {
        return cursors.entrySet().stream()
                .allMatch(each ->
                        !links.isOpen(each.getKey()) || each.getValue().to == 0 || each.getValue().acked == last());
    }

    /**
     * Sends what is waiting, as far as it may leave. A few changes wait for the answer to those before them, and take with
     * them what comes meanwhile (Nagle, RFC 896): under load that makes fewer and larger messages, at the pace of the
     * receiver. Where no answer comes, as to what lies behind a gap, they wait until {@link #moveClock}.
     *
     * @param clock all of this peer's changes up to this reading are in the log or were
     */
    void flush(long clock, Effects effects) {
        for (var each : cursors.entrySet()) {
            if (!awaitsCompany(each.getValue())) {
                send(each.getKey(), each.getValue(), clock, effects);
            }
        }
        forgetOld();
    }

    private boolean awaitsCompany(Cursor cursor) {
        return cursor.sent > cursor.acked
                && last() - cursor.sent < COMPANY_CHANGES
                && endBytes(last()) - endBytes(cursor.sent) < COMPANY_BYTES;
    }

    private void send(int peer, Cursor cursor, long clock, Effects effects) {
        while (links.isOpen(peer) && sendSome(peer, cursor, clock, effects)) {
            // the next message
        }
    }

    /** Tells whoever has everything that nothing older will come, and whoever lacks what is forgotten, that it does. */
    void moveClock(long clock, Effects effects) {
        cursors.forEach((peer, cursor) -> {
            send(peer, cursor, clock, effects);
            if (cursor.to != 0 && Math.max(cursor.sent, base - 1) == last()) {
                cursor.awaits = true;
                links.send(peer, new Sync(cursor.to, stream, last() + 1, List.of(), clock), effects);
            }
        });
    }

    private boolean sendSome(int peer, Cursor cursor, long clock, Effects effects) {
        long first = Math.max(cursor.sent + 1, base);
        if (cursor.to == 0
                || first > last()
                || endBytes(cursor.sent) - endBytes(cursor.acked) >= WINDOW_BYTES
                || cursor.sent - cursor.acked >= WINDOW_CHANGES) {
            return false;
        }
        long beginBytes = endBytes(first - 1);
        long seq = first;
        List<Change> changes = new ArrayList<>();
        while (seq <= last()
                && changes.size() < MESSAGE_CHANGES
                && (changes.isEmpty() || at(seq).endBytes - beginBytes <= MESSAGE_BYTES)) {
            changes.add(at(seq).change);
            seq++;
        }
        cursor.sent = seq - 1;
        cursor.awaits = true;
        boolean all = cursor.sent == last();
        long upTo = all ? clock : clockOf(changes.get(changes.size() - 1));
        links.send(peer, new Sync(cursor.to, stream, first, changes, upTo), effects);
        return true;
    }

    private static long clockOf(Change change) {
        return Streams.clockOf(change.records().get(0).version());
    }

    private void forgetOld() {
        long everywhere = last();
        for (Cursor cursor : cursors.values()) {
            everywhere = Math.min(everywhere, cursor.acked);
        }
        while (kept() > 0 && (base <= everywhere || endBytes(last()) - baseBytes > maxBytes)) {
            baseBytes = at(base).endBytes;
            log.set(forgotten, new Kept(new Change(List.of()), baseBytes));
            forgotten++;
            base++;
        }
        if (forgotten > 1024 && forgotten > log.size() / 2) {
            log.subList(0, forgotten).clear();
            forgotten = 0;
        }
    }
}
