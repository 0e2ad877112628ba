package com.kvstore.protocol.twophase;

import com.kvstore.common.Bytes;
import com.kvstore.common.Version;
import com.kvstore.protocol.membership.Arc;
import com.kvstore.protocol.membership.Copy;
import com.kvstore.protocol.membership.Liveness;
import com.kvstore.protocol.membership.MembershipMessage.InDoubt;
import com.kvstore.protocol.membership.PreparedWrite;
import com.kvstore.protocol.membership.Range;
import com.kvstore.protocol.membership.View;
import com.kvstore.protocol.membership.ViewChanges;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Finishes the transactions an earlier coordinator left half done.
 *
 * <p>The rule, for each transaction that some slave holds prepared: anybody knows that it was committed: commit. A copy of
 * one of its keys that was in sync when its member was first heard neither holds it prepared nor knows that it was
 * committed: abort. Every copy in sync of its keys was heard, or can be put out of sync: commit, once that is so.
 * Otherwise it stays in doubt, and its keys with it, until a member returns.
 *
 * <p>What makes a copy in sync a witness, though its member need not have taken part: it was filled from one that was, which
 * had nothing undecided then, and was told what is committed with the last of the data. The witness counts as of the first
 * time it was heard: copies come and go while this coordinator moves data, what they said stays true. Where an arc is lost,
 * only participants are witnesses, as other copies there began with nothing.
 *
 * <p>Member ids stand for incarnations: a participant that lost its data has another id and is not asked. A prepared
 * record is void where its holder is another member than the one that prepared, or lost sync since.
 *
 * <p>Threading: one machine's.
 */
final class Recovery {
    private final Cluster cluster;
    private final Channels channels;
    private final StaleMarker stale;
    /** In-doubt transactions and the members that hold them prepared. */
    private final TreeMap<Version, Doubt> doubts = new TreeMap<>();
    /** What members said when they were heard first, by id; until nothing from before this life can come up again. */
    private final TreeMap<Integer, Hearing> hearings = new TreeMap<>();
    /** Decided here (true: commit): holds for members that are heard later or again. */
    private final Map<Version, Boolean> decidedHere = new HashMap<>();
    /** Members of the first view that have not been heard and still count. */
    private final TreeSet<Integer> unheard = new TreeSet<>();
    /** Outcomes sent, not yet acknowledged. */
    private final TreeMap<Integer, Set<Version>> unacknowledged = new TreeMap<>();

    private final Map<Bytes, Integer> keysInDoubt = new HashMap<>();
    private boolean started;
    private boolean complete;
    private boolean staleProposed;

    private static final class Doubt {
        final Version version;
        final List<Integer> participants;
        final TreeSet<Integer> preparedAt = new TreeSet<>();
        /** Keys, as far as the participants that were heard know them. */
        final TreeSet<Bytes> keys = new TreeSet<>();
        /** Of all its keys, those that no participant heard so far has a copy of among them. */
        final TreeSet<Integer> positions = new TreeSet<>();

        Doubt(InDoubt transaction) {
            version = transaction.transaction();
            participants = transaction.participants();
            positions.addAll(transaction.elsewhere());
            transaction.writes().forEach(write -> positions.add(write.position()));
        }
    }

    /** What a member knew when it was heard first, and the view that was in force then. */
    private record Hearing(KnownOutcomes known, View view) {
        /** Whether the member, if the transaction was ever decided, would hold it prepared or know what became of it. */
        boolean isWitness(int member, Doubt doubt) {
            boolean tookPart = doubt.participants.contains(member);
            for (int position : doubt.positions) {
                Arc arc = view.arcAt(position);
                Copy copy = arc.copyOf(member);
                if (copy != null && copy.inSync() && (tookPart || !arc.lost())) {
                    return true;
                }
            }
            return false;
        }
    }

    Recovery(Cluster cluster, Channels channels, StaleMarker stale) {
        this.cluster = cluster;
        this.channels = channels;
        this.stale = stale;
    }

    /** This life's first epoch is in force. */
    void start(View view) {
        started = true;
        unheard.addAll(view.members().keySet());
    }

    /** Whether requests may be served: every member was heard or is down, and what could be resolved was. */
    boolean isComplete() {
        return complete;
    }

    /** Whether any key is in doubt. */
    boolean hasDoubts() {
        return !keysInDoubt.isEmpty();
    }

    /** Whether a key belongs to a transaction that is still in doubt. */
    boolean isInDoubt(Bytes key) {
        return keysInDoubt.containsKey(key);
    }

    /** The first of these keys that belongs to such a transaction; null if none does. */
    @Nullable Bytes firstInDoubt(List<Bytes> keys) {
        for (Bytes key : keys) {
            if (isInDoubt(key)) {
                return key;
            }
        }
        return null;
    }

    /** Whether nothing from before this life can come up again. */
    boolean priorSettled() {
        return complete && unheard.isEmpty() && doubts.isEmpty() && unacknowledged.isEmpty();
    }

    /** Whether {@code member} may still have to apply something from before this life. */
    boolean isSettledAt(int member) {
        return !unheard.contains(member) && !unacknowledged.containsKey(member) && !isInDoubtAt(member);
    }

    /** Whether a copy of one of these ranges, at {@code member}, holds something prepared that is not decided yet. */
    boolean isInDoubtIn(int member, List<Range> ranges) {
        for (Doubt doubt : doubts.values()) {
            if (doubt.preparedAt.contains(member)) {
                for (Range range : ranges) {
                    Integer position = doubt.positions.ceiling(range.start());
                    if (position != null && position <= range.end()) {
                        return true;
                    }
                }
            }
        }
        return false;
    }

    private boolean isInDoubtAt(int member) {
        for (Doubt doubt : doubts.values()) {
            if (doubt.preparedAt.contains(member)) {
                return true;
            }
        }
        return false;
    }

    /**
     * A member has greeted.
     *
     * @param mine transactions of this life, which are not in doubt
     */
    void onGreeted(int member, KnownOutcomes known, OpenAttempts mine, long startEpoch) {
        unheard.remove(member);
        unacknowledged.remove(member);
        if (!priorSettled()) {
            hearings.putIfAbsent(member, new Hearing(known, cluster.view()));
        }
        for (InDoubt transaction : known.inDoubt()) {
            Version version = transaction.transaction();
            if (version.epoch() >= startEpoch) {
                if (!mine.isOpenAt(version, member)) {
                    channels.of(member).settle(version, false);
                }
            } else if (isVoid(transaction, member)) {
                settle(member, version, false);
            } else if (decidedHere.containsKey(version)) {
                settle(member, version, Boolean.TRUE.equals(decidedHere.get(version)));
            } else {
                Doubt doubt = doubts.computeIfAbsent(version, any -> new Doubt(transaction));
                doubt.preparedAt.add(member);
                for (PreparedWrite write : transaction.writes()) {
                    if (doubt.keys.add(write.key())) {
                        keysInDoubt.merge(write.key(), 1, Integer::sum);
                    }
                }
            }
        }
        resolve();
    }

    /**
     * Whether what a member holds prepared says nothing any more: it prepared as another member than it is now, or its
     * copies of the keys have lost sync since. The transaction went on without it, and whatever came of that reaches the
     * copy when it is filled.
     */
    private boolean isVoid(InDoubt transaction, int member) {
        if (!transaction.participants().contains(member)) {
            return true;
        }
        for (PreparedWrite write : transaction.writes()) {
            Copy copy = cluster.view().arcAt(write.position()).copyOf(member);
            if (copy != null && copy.inSync()) {
                return false;
            }
        }
        return true;
    }

    /** A batch with outcomes was answered. */
    void onAnswered(int member, List<Version> outcomes) {
        Set<Version> waiting = unacknowledged.get(member);
        if (waiting != null) {
            outcomes.forEach(waiting::remove);
            if (waiting.isEmpty()) {
                unacknowledged.remove(member);
            }
        }
    }

    /** A member went down or the view changed. */
    void reconsider() {
        View view = cluster.view();
        unheard.removeIf(member -> !countsAnywhere(view, member));
        unacknowledged.keySet().removeIf(member -> !view.members().containsKey(member));
        resolve();
    }

    private static boolean countsAnywhere(View view, int member) {
        return view.members().containsKey(member)
                && view.arcs().stream().anyMatch(arc -> {
                    Copy copy = arc.copyOf(member);
                    return copy != null && copy.takesWrites();
                });
    }

    private void resolve() {
        if (!started) {
            return;
        }
        if (priorSettled()) {
            hearings.clear();
        }
        for (int member : unheard) {
            if (cluster.liveness(member) == Liveness.CONNECTING) {
                return;
            }
        }
        boolean staleWanted = false;
        for (Doubt doubt : new ArrayList<>(doubts.values())) {
            staleWanted |= resolve(doubt);
        }
        if (staleWanted && !staleProposed) {
            staleProposed = true;
            stale.want((view, nowNs, effects) -> {
                staleProposed = false;
                resolve();
            });
        }
        complete |= !staleWanted;
    }

    /** @return whether it could be committed if the members that are down were out of sync */
    private boolean resolve(Doubt doubt) {
        View view = cluster.view();
        doubt.preparedAt.removeIf(member -> !view.members().containsKey(member));
        if (doubt.preparedAt.isEmpty()) {
            close(doubt, false);
            return false;
        }
        boolean neverPrepared = false;
        for (Map.Entry<Integer, Hearing> entry : hearings.entrySet()) {
            KnownOutcomes known = entry.getValue().known();
            if (known.committed(doubt.version)) {
                close(doubt, true);
                return false;
            }
            neverPrepared |= !known.prepared(doubt.version) && entry.getValue().isWitness(entry.getKey(), doubt);
        }
        if (neverPrepared) {
            close(doubt, false);
            return false;
        }
        if (!awaitsWitness(view, doubt)) {
            close(doubt, true);
            return false;
        }
        return !awaitsWitness(ViewChanges.markStale(view, cluster.down()), doubt);
    }

    /** Whether a copy in sync of one of the transaction's keys has not been heard. */
    private boolean awaitsWitness(View view, Doubt doubt) {
        for (int position : doubt.positions) {
            for (Copy copy : view.arcAt(position).copies()) {
                if (copy.inSync() && unheard.contains(copy.member())) {
                    return true;
                }
            }
        }
        return false;
    }

    private void close(Doubt doubt, boolean commit) {
        doubts.remove(doubt.version);
        decidedHere.put(doubt.version, commit);
        for (Bytes key : doubt.keys) {
            keysInDoubt.computeIfPresent(key, (any, count) -> count == 1 ? null : count - 1);
        }
        for (int member : doubt.preparedAt) {
            settle(member, doubt.version, commit);
        }
    }

    private void settle(int member, Version version, boolean commit) {
        unacknowledged.computeIfAbsent(member, any -> new HashSet<>()).add(version);
        if (cluster.liveness(member) == Liveness.UP) {
            channels.of(member).settle(version, commit);
        }
    }
}
