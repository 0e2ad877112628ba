package com.kvstore.protocol.primarybackup;

import com.kvstore.common.Bytes;
import com.kvstore.protocol.kernel.Effects;
import com.kvstore.protocol.parts.AppliedRequests;
import com.kvstore.protocol.parts.BoundedScan;
import com.kvstore.protocol.parts.PeerLinks;
import com.kvstore.protocol.parts.StoredRecord;
import com.kvstore.protocol.primarybackup.PrimaryBackupMessage.Fetch;
import com.kvstore.protocol.primarybackup.PrimaryBackupMessage.FetchSnapshot;
import com.kvstore.protocol.primarybackup.PrimaryBackupMessage.LogPart;
import com.kvstore.protocol.primarybackup.PrimaryBackupMessage.SnapshotPart;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * State transfer (5.2): fetches the entries that this peer's log lacks from a peer that has them, or, where that has
 * forgotten them, the table; and serves others in the same way.
 *
 * <p>A table is copied while it goes on changing, stretch by stretch in the order of the scan hashes. The log from the
 * first stretch on makes it whole: an entry applied to a record that is newer changes nothing. Until that log is applied
 * the table is of no single moment, so a peer reads nothing from it before it has joined its view, whose log holds
 * everything that any stretch can have shown.
 *
 * <p>Threading: one machine's.
 */
final class Fetcher {
    private final Replica replica;
    private final PeerLinks links;
    /** Whom the last request went to, under which view, and when; 0: none is open. */
    private int asked;

    private long askedView;
    private long askedNs;
    /** What the table that is being copied held when its first stretch was read. */
    private long snapshotOp;

    private long cursor;

    Fetcher(Replica replica, PeerLinks links) {
        this.replica = replica;
        this.links = links;
    }

    /** Asks for what comes behind the log; nothing happens while an answer is awaited. */
    void fetch(int peer, long nowNs, Effects effects) {
        boolean open = asked == peer && askedView == replica.view && nowNs - askedNs < Times.FETCH_PATIENCE;
        if (!open) {
            ask(peer, new Fetch(replica.view, replica.target().last() + 1), nowNs, effects);
        }
    }

    private void ask(int peer, PrimaryBackupMessage request, long nowNs, Effects effects) {
        asked = peer;
        askedView = replica.view;
        askedNs = nowNs;
        links.send(peer, request, effects);
    }

    /** What was asked of this peer will not be answered. */
    void linkLost(int peer) {
        if (asked == peer) {
            asked = 0;
        }
    }

    /** @return whether the log has grown */
    boolean onLogPart(int peer, LogPart part, long nowNs, Effects effects) {
        if (peer != asked || part.view() != replica.view || askedView != part.view()) {
            return false;
        }
        asked = 0;
        long before = replica.target().last();
        if (replica.target().appendFrom(part.first(), part.entries())
                && part.last() > replica.target().last()) {
            fetch(peer, nowNs, effects);
        }
        return replica.target().last() > before;
    }

    /** @return whether the table is complete now, and the log with it up to some entry */
    boolean onSnapshotPart(int peer, SnapshotPart part, long nowNs, Effects effects) {
        if (peer != asked || part.view() != replica.view || askedView != part.view()) {
            return false;
        }
        if (part.from() == 0) {
            snapshotOp = part.applied();
        } else if (part.from() != cursor) {
            return false;
        }
        replace(part);
        if (part.upTo() != BoundedScan.END) {
            cursor = part.upTo() + 1;
            ask(peer, new FetchSnapshot(replica.view, cursor), nowNs, effects);
            return false;
        }
        asked = 0;
        replica.requests.restore(part.requests());
        replica.restored(snapshotOp);
        fetch(peer, nowNs, effects);
        return true;
    }

    /** Makes a stretch of the table what the part says. */
    private void replace(SnapshotPart part) {
        Set<Bytes> present = new HashSet<>();
        part.records().forEach(record -> present.add(record.key()));
        List<Bytes> gone = new ArrayList<>();
        replica.table.scan(part.from(), (hash, record) -> {
            if (Long.compareUnsigned(hash, part.upTo()) > 0) {
                return false;
            }
            if (!present.contains(record.key()) && record.version().counter() <= part.applied()) {
                gone.add(record.key());
            }
            return true;
        });
        gone.forEach(replica.table::remove);
        part.records().forEach(replica.table::apply);
    }

    /**
     * Someone asks for entries.
     *
     * @return whether it has all there are now
     */
    boolean serve(int peer, Fetch fetch, Effects effects) {
        if (!mayServe(fetch.view())) {
            return false;
        }
        if (fetch.from() < replica.log.first()) {
            links.send(peer, stretch(0), effects);
            return false;
        }
        List<LogEntry> entries = replica.log.slice(fetch.from(), replica.config.partBytes());
        links.send(peer, new LogPart(replica.view, fetch.from(), replica.log.last(), entries), effects);
        return fetch.from() + entries.size() > replica.log.last();
    }

    void serve(int peer, FetchSnapshot fetch, Effects effects) {
        if (mayServe(fetch.view())) {
            links.send(peer, stretch(fetch.from()), effects);
        }
    }

    private boolean mayServe(long view) {
        return view == replica.view
                && replica.normalView >= 0
                && (replica.isPrimary() || replica.status == Replica.Status.VIEW_CHANGE);
    }

    private SnapshotPart stretch(long from) {
        Stretch stretch = new Stretch();
        stretch.run(replica.table, from);
        boolean last = stretch.reached() == BoundedScan.END;
        return new SnapshotPart(
                replica.view,
                replica.applied,
                from,
                stretch.reached(),
                stretch.records,
                last ? replica.requests.image() : AppliedRequests.Image.EMPTY);
    }

    private final class Stretch extends BoundedScan {
        private final List<StoredRecord> records = new ArrayList<>();
        private long bytes;

        @Override
        protected boolean goOn(long nextHash) {
            if (spent() || bytes >= replica.config.partBytes()) {
                stopAt(nextHash - 1);
                return false;
            }
            return true;
        }

        @Override
        protected void take(long scanHash, StoredRecord record) {
            records.add(record);
            bytes += bytesOf(record.key(), record.value());
        }
    }
}
