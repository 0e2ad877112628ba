package com.kvstore.protocol.primarybackup;

import com.kvstore.protocol.kernel.Persistent;
import com.kvstore.protocol.parts.AppliedRequests;
import com.kvstore.protocol.parts.DurableMachine.Saved;
import com.kvstore.protocol.parts.Formation;
import com.kvstore.protocol.parts.PeerStorage;
import com.kvstore.protocol.parts.StateKeys;
import com.kvstore.protocol.primarybackup.Replica.Status;
import com.kvstore.protocol.primarybackup.StoredState.Place;
import com.kvstore.protocol.primarybackup.StoredState.Progress;
import com.kvstore.protocol.primarybackup.StoredState.Summary;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Keeps on disk what a peer would have to remember: its log, the views it has promised and joined, the formation it belongs
 * to and whom it knew in it, how far the log is applied, which requests are in it. At the end of each turn it writes what
 * has changed; the records are in the same storage and have been written by then.
 *
 * <p>Invariant: what is on the disk is the state of the peer at the end of some turn.
 *
 * <p>Threading: one machine's.
 */
final class ReplicaStore {
    private static final int SUMMARY = 1;
    private static final int ENTRY = 2;
    private static final int CLIENT = 3;

    /** When so much is written and durable, the log is durable up to {@code op}. */
    private record Mark(long written, long op) {}

    private final PeerStorage storage;
    private final Replica replica;
    private final Formation formation;
    private final Deque<Mark> marks = new ArrayDeque<>();
    private @Nullable Summary stored;
    private OpLog storedLog;
    private long storedFirst;
    private long storedLast;

    ReplicaStore(PeerStorage storage, Replica replica, Formation formation) {
        this.storage = storage;
        this.replica = replica;
        this.formation = formation;
        this.storedLog = replica.log;
        this.storedFirst = storedLog.first();
        this.storedLast = storedLog.last();
    }

    /** Goes on where an earlier process was, if it left anything that counts. @return whether it did */
    boolean restore() {
        if (!storage.isDurable()) {
            return false;
        }
        Summary summary = null;
        List<StoredState.Entry> entries = new ArrayList<>();
        List<AppliedRequests.ClientImage> clients = new ArrayList<>();
        for (Persistent each : storage.recovered()) {
            if (each instanceof Summary found) {
                summary = found;
            } else if (each instanceof StoredState.Entry entry) {
                entries.add(entry);
            } else if (each instanceof AppliedRequests.ClientImage client) {
                clients.add(client);
            }
        }
        boolean counts = summary != null
                && summary.formation().formed() != 0
                && summary.place().normalView() >= 0;
        if (summary != null && counts) {
            take(summary, entries);
            replica.requests.restore(
                    new AppliedRequests.Image(summary.progress().floor(), clients));
        } else {
            forget(entries, clients);
        }
        replica.requests.track();
        replica.storesItsLog(replica.log.last());
        return counts;
    }

    private void take(Summary summary, List<StoredState.Entry> entries) {
        formation.restore(summary.formation());
        Place place = summary.place();
        Progress progress = summary.progress();
        replica.view = place.view();
        replica.normalView = place.normalView();
        replica.baseView = place.baseView();
        replica.startOp = place.startOp();
        replica.commit = progress.commit();
        replica.applied = progress.applied();
        replica.clockMs = progress.clockMs();
        OpLog log = new OpLog(progress.first());
        for (StoredState.Entry entry : entries) {
            if (entry.op() != log.last() + 1) {
                throw new IllegalStateException(
                        "the log on disk has entry " + entry.op() + " behind entry " + log.last());
            }
            log.append(entry.entry());
        }
        log.takeChangedFrom();
        replica.log = log;
        storedLog = log;
        storedFirst = log.first();
        storedLast = log.last();
        stored = summary;
        replica.status = replica.view == replica.normalView ? Status.NORMAL : Status.VIEW_CHANGE;
        if (replica.isPrimary() && replica.group.size() > 1) {
            // Others may hold entries of this view that this disk lost: it must not give their numbers to others.
            replica.view++;
            replica.status = Status.VIEW_CHANGE;
        }
    }

    /** It had begun to recover, or nothing at all: it has promised nothing and starts anew. */
    private void forget(List<StoredState.Entry> entries, List<AppliedRequests.ClientImage> clients) {
        entries.forEach(entry -> storage.remove(StateKeys.of(ENTRY, entry.op())));
        clients.forEach(client -> storage.remove(StateKeys.of(CLIENT, client.name())));
        storage.table().clear();
    }

    /** Writes what has changed. */
    Saved save() {
        long before = storage.written();
        long lastBefore = storedLast;
        boolean otherLog = saveLog();
        replica.requests.takeChanges((name, client) -> {
            if (client == null) {
                storage.remove(StateKeys.of(CLIENT, name));
            } else {
                storage.put(StateKeys.of(CLIENT, name), client);
            }
        });
        Summary now = new Summary(
                formation.saved(),
                new Place(replica.view, replica.normalView, replica.baseView, replica.startOp),
                new Progress(
                        replica.commit,
                        replica.applied,
                        replica.log.first(),
                        replica.clockMs,
                        replica.requests.floor()));
        boolean vital = isVital(now) || otherLog;
        if (vital || storage.written() > before || !isAsStored(now)) {
            storage.put(StateKeys.of(SUMMARY), now);
            stored = now;
        }
        long last = replica.log.last();
        if (last > replica.durableOp() && (marks.isEmpty() || marks.getLast().op != last)) {
            marks.add(new Mark(storage.written(), last));
        }
        // That an entry is decided and applied can be told from the others again; that it is here, nobody else knows.
        return vital ? Saved.VITAL : storedLast != lastBefore ? Saved.NEEDED : Saved.LATER;
    }

    private boolean isVital(Summary now) {
        Summary last = stored;
        // Where values expire, a majority's knowledge of the time must outlive its processes.
        boolean timed = replica.table.expiring() > 0 || replica.log.lastTimed() > replica.applied;
        return last == null
                || !last.formation().equals(now.formation())
                || !last.place().equals(now.place())
                || (timed && last.progress().clockMs() != now.progress().clockMs());
    }

    private boolean isAsStored(Summary now) {
        Summary last = stored;
        return last != null
                && last.progress().commit() == now.progress().commit()
                && last.progress().applied() == now.progress().applied()
                && last.progress().first() == now.progress().first()
                && last.progress().floor() == now.progress().floor();
    }

    /** @return whether entries that were stored have gone or become others */
    private boolean saveLog() {
        OpLog log = replica.log;
        long from = Math.max(log.takeChangedFrom(), log.first());
        boolean other = log != storedLog;
        if (other) {
            remove(storedFirst, storedLast);
            storedLog = log;
            from = log.first();
        } else {
            remove(storedFirst, Math.min(storedLast, log.first() - 1));
            remove(Math.max(storedFirst, log.last() + 1), storedLast);
            other = from <= storedLast;
        }
        if (other) {
            marks.clear();
            replica.storesItsLog(Math.min(replica.durableOp(), from - 1));
        }
        for (long op = from; op <= log.last(); op++) {
            storage.put(StateKeys.of(ENTRY, op), new StoredState.Entry(op, log.get(op)));
        }
        storedFirst = log.first();
        storedLast = log.last();
        return other;
    }

    private void remove(long first, long last) {
        for (long op = first; op <= last; op++) {
            storage.remove(StateKeys.of(ENTRY, op));
        }
    }

    /** So much of what was written is durable. @return whether the log is durable up to a later entry than before */
    boolean durable(long written) {
        long before = replica.durableOp();
        while (!marks.isEmpty() && marks.getFirst().written <= written) {
            replica.storesItsLog(marks.removeFirst().op);
        }
        return replica.durableOp() > before;
    }
}
