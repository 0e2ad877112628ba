package com.kvstore.protocol.primarybackup;

import com.kvstore.protocol.kernel.Effects;
import com.kvstore.protocol.parts.Formation;
import com.kvstore.protocol.parts.PeerLinks;
import com.kvstore.protocol.primarybackup.PrimaryBackupMessage.DoViewChange;
import com.kvstore.protocol.primarybackup.PrimaryBackupMessage.StartViewChange;
import com.kvstore.protocol.primarybackup.Replica.Status;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * View change (4.2): when a majority has not heard the primary for too long, the next peer in the order of the group becomes
 * the primary, with the best log of a majority.
 *
 * <p>A suspicion is no promise: a peer that hears its primary again goes on. The promise, DOVIEWCHANGE, is given once a
 * majority suspects, and not before what this peer promised to the present primary has run out ({@link
 * Backup#promisedUntilNs}): that makes the primary's lease good. From the promise on, nothing of an older view counts.
 *
 * <p>The best log is that of the highest normal view, and of those the longest: every decided entry is in it, since a
 * majority held each, and two majorities have a peer in common.
 *
 * <p>A promise counts only if it is of the life that all others in the majority know the peer by: one that a peer gave and
 * forgot, because it was restarted and has recovered since, might elect a primary without what it has confirmed after that
 * (Michael, Ports, Sharma, Szekeres: Recovering shared objects without stable storage, 2017).
 *
 * <p>Threading: one machine's.
 */
final class ViewChanger {
    /** What comes of it. */
    interface Listener {
        /** This peer goes to {@code view} and takes no part in its present one any more. */
        void leaves(long view, Effects effects);

        /** This peer is the primary of its view and holds its log. */
        void isPrimary(long nowNs, Effects effects);
    }

    private record Suspicion(long view, long promised, long atNs) {}

    private final Replica replica;
    private final PeerLinks links;
    private final Formation formation;
    private final Backup backup;
    private final Fetcher fetcher;
    private final Listener listener;
    private final SortedMap<Integer, Suspicion> suspicions = new TreeMap<>();
    /** For the highest view anybody has promised to go to with this peer as the primary. */
    private final SortedMap<Integer, DoViewChange> promises = new TreeMap<>();

    private long promisesView;
    private long suspected;
    private long toldNs;
    private long changingSinceNs;
    /** Whose log is being fetched; 0: none is. */
    private int best;

    private long commit;

    ViewChanger(
            Replica replica, PeerLinks links, Formation formation, Backup backup, Fetcher fetcher, Listener listener) {
        this.replica = replica;
        this.links = links;
        this.formation = formation;
        this.backup = backup;
        this.fetcher = fetcher;
        this.listener = listener;
    }

    /** The process begins; it may have promised a view in an earlier one, and does so again. */
    void start(long nowNs) {
        changingSinceNs = nowNs;
    }

    void tick(long nowNs, Effects effects) {
        if (!replica.holdsItsPart() || !formation.isConfirmed() || replica.group.size() == 1) {
            return;
        }
        if (suspects(nowNs)) {
            long next = replica.view + 1;
            for (Suspicion suspicion : suspicions.values()) {
                next = Math.max(next, suspicion.view);
            }
            if (suspected != next || nowNs - toldNs >= Times.REPEAT) {
                suspected = next;
                toldNs = nowNs;
                links.broadcast(new StartViewChange(next, replica.view), effects);
            }
        } else {
            suspected = 0;
        }
        goIfAgreed(nowNs, effects);
        if (replica.status == Status.VIEW_CHANGE && nowNs - toldNs >= Times.REPEAT) {
            toldNs = nowNs;
            promise(nowNs, effects);
        }
        if (best != 0 && replica.status == Status.VIEW_CHANGE) {
            fetcher.fetch(best, nowNs, effects);
        }
    }

    private boolean suspects(long nowNs) {
        for (Suspicion suspicion : suspicions.values()) {
            // A peer that has promised a higher view cannot come back to this one.
            if (suspicion.promised > replica.view && nowNs - suspicion.atNs < Times.SUSPICION_LASTS) {
                return true;
            }
        }
        if (replica.status == Status.VIEW_CHANGE) {
            return nowNs - changingSinceNs > Times.VIEW_CHANGE_PATIENCE;
        }
        int primary = replica.primaryOf(replica.view);
        long patience = links.isRefused(primary) ? Times.SUSPECT_REFUSED : Times.SUSPECT;
        return primary != replica.self && nowNs - backup.heardNs() > patience;
    }

    /** Whether this peer would rather have another primary. */
    boolean isSuspecting() {
        return suspected != 0 || replica.status == Status.VIEW_CHANGE;
    }

    void onStartViewChange(int peer, StartViewChange message, long nowNs, Effects effects) {
        suspicions.put(peer, new Suspicion(message.view(), message.promised(), nowNs));
        tick(nowNs, effects);
    }

    private void goIfAgreed(long nowNs, Effects effects) {
        if (nowNs < backup.promisedUntilNs()) {
            return;
        }
        if (promisesView > replica.view) {
            // Whoever promises has seen a majority suspect.
            go(promisesView, nowNs, effects);
            return;
        }
        if (suspected <= replica.view) {
            return;
        }
        int agreeing = 1;
        for (Suspicion suspicion : suspicions.values()) {
            agreeing += suspicion.view == suspected && nowNs - suspicion.atNs < Times.SUSPICION_LASTS ? 1 : 0;
        }
        if (agreeing >= replica.group.majority()) {
            go(suspected, nowNs, effects);
        }
    }

    private void go(long view, long nowNs, Effects effects) {
        listener.leaves(view, effects);
        replica.view = view;
        replica.status = Status.VIEW_CHANGE;
        replica.stage = null;
        suspected = 0;
        best = 0;
        changingSinceNs = nowNs;
        toldNs = nowNs;
        backup.beganWaiting(nowNs);
        promise(nowNs, effects);
    }

    /** Joined a view otherwise: what was going on is over. */
    void joined() {
        suspected = 0;
        best = 0;
        suspicions.clear();
    }

    /** Belongs to no group any more. */
    void reset() {
        joined();
        promises.clear();
        promisesView = 0;
    }

    private void promise(long nowNs, Effects effects) {
        List<Long> nonces = new ArrayList<>();
        replica.group.members().forEach(member -> nonces.add(formation.nonceOf(member.id())));
        DoViewChange promise = new DoViewChange(
                replica.view, replica.normalView, replica.log.last(), replica.commit, replica.clockMs, nonces);
        int primary = replica.primaryOf(replica.view);
        if (primary == replica.self) {
            onDoViewChange(replica.self, promise, nowNs, effects);
        } else {
            links.send(primary, promise, effects);
        }
    }

    void onDoViewChange(int peer, DoViewChange promise, long nowNs, Effects effects) {
        if (promise.view() < replica.view
                || promise.view() < promisesView
                || replica.primaryOf(promise.view()) != replica.self) {
            return;
        }
        if (promise.view() > promisesView) {
            promisesView = promise.view();
            promises.clear();
        }
        promises.put(peer, promise);
        if (promise.view() > replica.view) {
            tick(nowNs, effects);
        } else if (replica.status == Status.VIEW_CHANGE && best == 0) {
            chooseLog(nowNs, effects);
        }
    }

    /** This peer speaks on another link: it may have been restarted, and has forgotten what it promised. */
    void greeted(int peer) {
        promises.remove(peer);
        suspicions.remove(peer);
    }

    private void chooseLog(long nowNs, Effects effects) {
        SortedMap<Integer, DoViewChange> counting = counting();
        if (counting.size() < replica.group.majority()) {
            return;
        }
        int chosen = replica.self;
        @Nullable DoViewChange own = counting.get(replica.self);
        if (own == null) {
            return;
        }
        DoViewChange bestPromise = own;
        commit = 0;
        for (int peer : counting.keySet()) {
            DoViewChange promise = counting.get(peer);
            if (promise == null) {
                continue;
            }
            commit = Math.max(commit, promise.commit());
            replica.clockMs = Math.max(replica.clockMs, promise.clockMs());
            if (isBetter(promise, bestPromise)) {
                chosen = peer;
                bestPromise = promise;
            }
        }
        replica.collect(bestPromise.normalView(), bestPromise.op());
        best = chosen;
        if (chosen != replica.self) {
            fetcher.fetch(chosen, nowNs, effects);
        }
        grown(nowNs, effects);
    }

    private static boolean isBetter(DoViewChange one, DoViewChange other) {
        return one.normalView() != other.normalView() ? one.normalView() > other.normalView() : one.op() > other.op();
    }

    /** The promises of peers that nobody among them knows as another life than the one that promised. */
    private SortedMap<Integer, DoViewChange> counting() {
        SortedMap<Integer, DoViewChange> counting = new TreeMap<>();
        promises.forEach((peer, promise) -> {
            int index = replica.group.indexOf(peer);
            long nonce = promise.nonces().get(index);
            boolean known = true;
            for (DoViewChange other : promises.values()) {
                long seen = other.nonces().get(index);
                known &= seen == nonce || seen == 0;
            }
            if (known) {
                counting.put(peer, promise);
            }
        });
        return counting;
    }

    /** The log may be longer than before. */
    void grown(long nowNs, Effects effects) {
        if (best != 0 && replica.status == Status.VIEW_CHANGE && replica.completeIfCollected()) {
            best = 0;
            suspicions.clear();
            promises.clear();
            replica.commitTo(commit);
            listener.isPrimary(nowNs, effects);
        }
    }
}
