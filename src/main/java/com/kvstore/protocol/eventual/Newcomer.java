package com.kvstore.protocol.eventual;

import com.kvstore.protocol.eventual.EventualMessage.Change;
import com.kvstore.protocol.parts.PeerLinks;
import com.kvstore.protocol.parts.StoredRecord;
import java.util.ArrayList;
import java.util.List;

/**
 * What a process has to mind that has just started, on a host whose clock may be slow: a version it gives out may be older
 * than what it would know of if it had listened.
 *
 * <p>So it <b>listens</b> first: it numbers no write before every other peer has told how far its clock is, or is not there
 * to tell, or {@link EventualConfig#LISTEN_NS} have passed. A write waits for that, and is not refused. A peer that could
 * reach nobody meanwhile goes by its host's clock: what it takes then is concurrent with what it cannot know, and the larger
 * version wins.
 *
 * <p>What it takes before every other peer knows this process is <b>early</b>: it may lie below a horizon that rests on its
 * predecessor's word, and others let such a record in or not, as they have forgotten a delete or not. It is made anew, under
 * a version above the horizon, once that is heard of.
 *
 * <p>Threading: one machine's.
 */
final class Newcomer {
    private static final int MAX_EARLY = 10_000;

    private final EventualConfig config;
    private final PeerLinks links;
    private final Reports reports;
    private long startedNs;
    private boolean listened;
    /** Whether every other peer has said that it knows this process. */
    private boolean known;

    /** What was taken until then. */
    private final List<Change> early = new ArrayList<>();

    Newcomer(EventualConfig config, PeerLinks links, Reports reports) {
        this.config = config;
        this.links = links;
        this.reports = reports;
    }

    /** Goes on with what an earlier process left in the store. */
    void restore(boolean wasKnown, Store store) {
        known = wasKnown;
        if (!known) {
            store.table().scan(0, (hash, record) -> {
                if (Streams.streamOf(record.version()) == config.stream()) {
                    took(new Change(List.of(record)));
                }
                return early.size() < MAX_EARLY;
            });
        }
    }

    void start(long nowNs) {
        startedNs = nowNs;
    }

    /** Whether a write may be given a version. */
    boolean mayNumber() {
        return listened;
    }

    boolean isKnown() {
        return known;
    }

    /** A change of this process's. */
    void took(Change change) {
        if (!known && early.size() < MAX_EARLY) {
            early.add(change);
        }
    }

    /** Looks whether there is still something to wait for. */
    void turnEnded(long nowNs) {
        if (!listened) {
            listened = nowNs - startedNs >= EventualConfig.LISTEN_NS || hasHeardAll();
        }
    }

    private boolean hasHeardAll() {
        for (int peer : config.group().others(config.self())) {
            if (!reports.hasReported(config.group().indexOf(peer)) && !links.isRefused(peer)) {
                return false;
            }
        }
        return true;
    }

    /** A report was taken note of: the others may all know this process by now. */
    void reported() {
        if (!known && reports.allKnow(config.stream())) {
            known = true;
            early.clear();
        }
    }

    /** Takes out the early changes up to this horizon: what of them still stands is to be made anew. */
    List<List<StoredRecord>> takeBelow(long horizon, Store store) {
        List<List<StoredRecord>> below = new ArrayList<>();
        early.removeIf(change -> {
            boolean isBelow = Streams.clockOf(change.records().get(0).version()) <= horizon;
            if (isBelow) {
                List<StoredRecord> records = new ArrayList<>(change.records());
                records.removeIf(record -> !record.version().equals(store.versionOf(record.key())));
                below.add(records);
            }
            return isBelow;
        });
        below.removeIf(List::isEmpty);
        return below;
    }
}
