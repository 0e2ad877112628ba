package com.kvstore.protocol.primarybackup;

import com.kvstore.protocol.kernel.Effects;
import com.kvstore.protocol.parts.PeerLinks;
import com.kvstore.protocol.primarybackup.PrimaryBackupMessage.Prepare;
import com.kvstore.protocol.primarybackup.PrimaryBackupMessage.PrepareOk;
import java.util.Arrays;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Sends the log to the backups, and knows what they hold and until when they are bound.
 *
 * <p>All backups are sent the same, once for each turn; a backup that misses something fetches it. One that does not
 * answer is sent no more than {@link PrimaryBackupConfig#windowBytes} ahead, so that what waits for it is bounded.
 *
 * <p>Threading: one machine's.
 */
final class Shipper {
    private static final class Backup {
        private long held;
        private long echoNs = Long.MIN_VALUE;
        private boolean diskFails;
        /** Sent and not known to be held. */
        private long aheadBytes;

        /** When this is held, {@link #aheadBytes} begins anew. */
        private long markOp;

        /** Is sent no entries until it has fetched up. */
        private boolean behind;
    }

    private final Replica replica;
    private final PeerLinks links;
    private final SortedMap<Integer, Backup> backups = new TreeMap<>();
    private long beganNs;
    private long sentOp;
    private long sentNs = Long.MIN_VALUE;

    Shipper(Replica replica, PeerLinks links) {
        this.replica = replica;
        this.links = links;
        replica.group.others(replica.self).forEach(id -> backups.put(id, new Backup()));
    }

    void begin(long nowNs) {
        beganNs = nowNs;
        sentOp = replica.log.last();
        sentNs = Long.MIN_VALUE;
        for (int id : replica.group.others(replica.self)) {
            backups.put(id, new Backup());
        }
    }

    /** This peer was restarted: it holds nothing that it said it held. */
    void restarted(int peer) {
        backups.put(peer, new Backup());
    }

    void onPrepareOk(int peer, PrepareOk ok) {
        Backup backup = backups.get(peer);
        if (backup == null) {
            return;
        }
        backup.held = ok.op();
        backup.diskFails = ok.diskFails();
        backup.echoNs = Math.max(backup.echoNs, ok.echoNs());
        if (backup.held >= backup.markOp) {
            backup.markOp = sentOp;
            backup.aheadBytes = 0;
        }
        if (backup.held >= sentOp) {
            backup.behind = false;
        }
    }

    /** It has fetched all there is: what is sent from now on joins on. */
    void fetchedAll(int peer) {
        Backup backup = backups.get(peer);
        if (backup != null) {
            backup.behind = false;
            backup.aheadBytes = 0;
            backup.markOp = sentOp;
        }
    }

    /** The last entry that a majority holds. */
    long heldByMajority() {
        long[] held = new long[replica.group.size()];
        int i = 0;
        for (Backup backup : backups.values()) {
            held[i++] = backup.held;
        }
        held[i] = replica.durableOp();
        Arrays.sort(held);
        return held[held.length - replica.group.majority()];
    }

    long heldByAll() {
        long least = replica.durableOp();
        for (Backup backup : backups.values()) {
            least = Math.min(least, backup.held);
        }
        return least;
    }

    /** A majority, this peer included, had not promised itself to anybody else when this peer's clock showed this. */
    private long quorumEchoNs(long nowNs) {
        long[] echoes = new long[replica.group.size()];
        int i = 0;
        for (Backup backup : backups.values()) {
            echoes[i++] = backup.echoNs;
        }
        echoes[i] = nowNs;
        Arrays.sort(echoes);
        return echoes[echoes.length - replica.group.majority()];
    }

    /** When a majority was last heard; the beginning of the view counts. */
    long quorumHeardNs(long nowNs) {
        return Math.max(beganNs, quorumEchoNs(nowNs));
    }

    long leaseUntilNs(long nowNs) {
        long echoNs = quorumEchoNs(nowNs);
        return echoNs == Long.MIN_VALUE ? Long.MIN_VALUE : echoNs + Times.LEASE;
    }

    /** How many peers were heard a moment ago, this one included. */
    int heard(long nowNs) {
        int heard = 1;
        for (Backup backup : backups.values()) {
            heard += isHeard(backup, nowNs) ? 1 : 0;
        }
        return heard;
    }

    /** How many backups were heard a moment ago whose disks take writes. */
    int writable(long nowNs) {
        int writable = 0;
        for (Backup backup : backups.values()) {
            writable += isHeard(backup, nowNs) && !backup.diskFails ? 1 : 0;
        }
        return writable;
    }

    private static boolean isHeard(Backup backup, long nowNs) {
        return backup.echoNs != Long.MIN_VALUE && nowNs - backup.echoNs < Times.QUORUM_PATIENCE;
    }

    long held(int peer) {
        Backup backup = backups.get(peer);
        return backup == null ? 0 : backup.held;
    }

    /** Of the entries in memory; an upper bound of what is not decided. */
    long undecidedBytes() {
        return replica.log.bytes();
    }

    /** @param mayWait whether a sign of life is not urgent */
    void turnEnded(boolean mayWait, long clockMs, long nowNs, Effects effects) {
        boolean quiet = sentNs != Long.MIN_VALUE && nowNs - sentNs < (mayWait ? Times.HEARTBEAT : Times.MS);
        if (sentOp == replica.log.last() && quiet) {
            return;
        }
        sentNs = nowNs;
        replica.clockMs = Math.max(replica.clockMs, clockMs);
        do {
            long first = sentOp + 1;
            List<LogEntry> entries = replica.log.slice(first, replica.config.partBytes());
            sentOp += entries.size();
            send(prepare(first, nowNs, entries), effects);
        } while (sentOp < replica.log.last());
    }

    private void send(Prepare prepare, Effects effects) {
        long bytes = 0;
        for (LogEntry entry : prepare.entries()) {
            bytes += entry.bytes();
        }
        Prepare empty = prepare.entries().isEmpty() ? prepare : prepare(sentOp + 1, prepare.sentNs(), List.of());
        for (int peer : backups.keySet()) {
            Backup backup = backups.get(peer);
            if (backup == null || !links.isOpen(peer)) {
                continue;
            }
            backup.behind |= backup.aheadBytes > replica.config.windowBytes();
            backup.aheadBytes += backup.behind ? 0 : bytes;
            links.send(peer, backup.behind ? empty : prepare, effects);
        }
    }

    private Prepare prepare(long first, long nowNs, List<LogEntry> entries) {
        return new Prepare(
                replica.view,
                replica.baseView,
                replica.startOp,
                first,
                replica.commit,
                heldByAll(),
                nowNs,
                replica.clockMs,
                entries);
    }

    /** A link to this peer is open: it hears at once who the primary is. */
    void greet(int peer, long nowNs, Effects effects) {
        links.send(peer, prepare(sentOp + 1, nowNs, List.of()), effects);
    }
}
