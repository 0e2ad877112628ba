package com.kvstore.protocol.primarybackup;

import com.kvstore.protocol.kernel.Effects;
import com.kvstore.protocol.parts.PeerLinks;
import com.kvstore.protocol.primarybackup.PrimaryBackupMessage.Prepare;
import com.kvstore.protocol.primarybackup.PrimaryBackupMessage.PrepareOk;
import com.kvstore.protocol.primarybackup.Replica.Status;

/**
 * A backup's part of normal operation (4.1), and joining a view that has begun (4.2, on STARTVIEW).
 *
 * <p>Invariant: it confirms an entry only while its log is all that the view began with, and all since; and, where there is
 * a disk, only once the entry is on it.
 *
 * <p>Threading: one machine's.
 */
final class Backup {
    /** Hears that another view is in force. */
    interface Listener {
        /** This peer leaves whatever it was part of, before it joins {@code view}. */
        void leaves(long view, Effects effects);

        void joined(long nowNs, Effects effects);
    }

    private final Replica replica;
    private final PeerLinks links;
    private final Fetcher fetcher;
    private final Listener listener;
    private long heardNs;
    private long promisedUntilNs;
    private long echoNs;
    private boolean answerDue;
    private long answeredNs;

    Backup(Replica replica, PeerLinks links, Fetcher fetcher, Listener listener) {
        this.replica = replica;
        this.links = links;
        this.fetcher = fetcher;
        this.listener = listener;
    }

    /** The process begins: what it promised in an earlier life it does not know, so it keeps the longest promise. */
    void start(long nowNs) {
        heardNs = nowNs;
        promisedUntilNs = nowNs + Times.PROMISE;
    }

    /** When the view's primary was last heard, or the waiting for it began. */
    long heardNs() {
        return heardNs;
    }

    void beganWaiting(long nowNs) {
        heardNs = nowNs;
        answerDue = false;
    }

    /** Until then it may go to no other view. */
    long promisedUntilNs() {
        return promisedUntilNs;
    }

    void onPrepare(int peer, Prepare prepare, long nowNs, Effects effects) {
        if (prepare.view() < replica.view || replica.primaryOf(prepare.view()) != peer) {
            return;
        }
        if (prepare.view() > replica.view || replica.status == Status.VIEW_CHANGE) {
            listener.leaves(prepare.view(), effects);
            replica.view = prepare.view();
            replica.status = Status.JOINING;
            replica.collect(prepare.baseView(), prepare.startOp());
        }
        heardNs = nowNs;
        promisedUntilNs = nowNs + Times.PROMISE;
        echoNs = prepare.sentNs();
        answerDue = true;
        replica.clockMs = Math.max(replica.clockMs, prepare.clockMs());
        if (!replica.target().appendFrom(prepare.first(), prepare.entries())) {
            fetcher.fetch(peer, nowNs, effects);
        }
        grown(prepare.commit(), prepare.everywhere(), nowNs, effects);
    }

    /** The log may be longer than before. */
    void grown(long commit, long everywhere, long nowNs, Effects effects) {
        if ((replica.status == Status.JOINING || replica.stage != null) && replica.completeIfCollected()) {
            answerDue = true;
            listener.joined(nowNs, effects);
        }
        if (replica.status == Status.NORMAL && replica.stage == null) {
            replica.commitTo(commit);
            replica.trim(everywhere);
        }
    }

    /** More of the log is on the disk. */
    void durable() {
        answerDue |= replica.status == Status.NORMAL;
    }

    void turnEnded(long nowNs, Effects effects) {
        // What is on its way to the disk is worth waiting for, but the primary's lease does not wait for a slow disk.
        boolean comesSoon = replica.status == Status.NORMAL
                && replica.durableOp() < replica.log.last()
                && nowNs - answeredNs < Times.HEARTBEAT;
        if (answerDue && !comesSoon) {
            answerDue = false;
            answeredNs = nowNs;
            long op = replica.status == Status.NORMAL ? replica.durableOp() : 0;
            links.send(
                    replica.primaryOf(replica.view),
                    new PrepareOk(replica.view, op, echoNs, replica.diskFails),
                    effects);
        }
    }
}
