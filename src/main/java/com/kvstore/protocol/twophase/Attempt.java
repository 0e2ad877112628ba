package com.kvstore.protocol.twophase;

import com.kvstore.common.Version;
import com.kvstore.protocol.membership.Arc;
import com.kvstore.protocol.membership.Copy;
import com.kvstore.protocol.membership.Liveness;
import com.kvstore.protocol.membership.PreparedWrite;
import com.kvstore.protocol.membership.View;
import com.kvstore.protocol.twophase.TwoPhaseMessage.Prepare;
import java.util.Arrays;

/**
 * One run of two-phase commit for a transaction, under one version.
 *
 * <p>Invariants: it is decided exactly when every participant stands at {@link Stand#YES} or beyond at once; it never
 * leaves {@link Fate#COMMITTED} or {@link Fate#ABORTED}; a participant at {@link Stand#SETTLED} need not be told anything
 * more.
 */
final class Attempt {
    /** What is known of one participant. */
    enum Stand {
        /** The prepare is on its way or waits for the link. */
        ASKED,
        /** Holds it prepared. */
        YES,
        /** Has carried out the outcome, refused to prepare, or holds no copy that counts. */
        SETTLED
    }

    /** What became of the attempt. */
    enum Fate {
        OPEN,
        COMMITTED,
        ABORTED
    }

    final Transaction transaction;
    final Version version;
    /** Member ids, ascending. */
    final int[] participants;
    /** What each participant is asked, in the order of {@code participants}. */
    final Prepare[] prepares;

    private final Stand[] stands;
    private int missingVotes;
    private int unsettled;
    Fate fate = Fate.OPEN;
    /** In-sync copies that take part, of the write that has the fewest. */
    int copies;
    /** When to stop waiting for a participant that is down and holds the only in-sync copy; 0: none is waited for. */
    long giveUpAtNs;

    Attempt(Transaction transaction, Version version, int[] participants, Prepare[] prepares) {
        this.transaction = transaction;
        this.version = version;
        this.participants = participants;
        this.prepares = prepares;
        this.stands = new Stand[participants.length];
        Arrays.fill(stands, Stand.ASKED);
        this.missingVotes = participants.length;
        this.unsettled = participants.length;
    }

    int indexOf(int member) {
        for (int i = 0; i < participants.length; i++) {
            if (participants[i] == member) {
                return i;
            }
        }
        return -1;
    }

    Stand stand(int index) {
        return stands[index];
    }

    void stand(int index, Stand now) {
        Stand before = stands[index];
        if (before == Stand.SETTLED || before == now) {
            return;
        }
        if (before == Stand.ASKED) {
            missingVotes--;
        }
        if (now == Stand.SETTLED) {
            unsettled--;
        }
        stands[index] = now;
    }

    boolean allVoted() {
        return missingVotes == 0;
    }

    boolean allSettled() {
        return unsettled == 0;
    }

    /** Whether the participant's copy of any of the keys still takes part in writes. */
    boolean countsIn(View view, int index) {
        return copiesThatTakeWrites(view, index) > 0;
    }

    /** Whether the participant's copies of all of its keys still take part in writes. */
    boolean countsFullyIn(View view, int index) {
        return copiesThatTakeWrites(view, index) == prepares[index].writes().size();
    }

    /** Whether some of the participant's copies that take writes could fall behind another that is not known to be down. */
    boolean mayFallBehindIn(View view, int index, Cluster cluster) {
        for (PreparedWrite write : prepares[index].writes()) {
            Arc arc = view.arcAt(write.position());
            Copy own = arc.copyOf(participants[index]);
            for (Copy copy : arc.copies()) {
                if (own != null
                        && own.takesWrites()
                        && copy.member() != participants[index]
                        && copy.inSync()
                        && cluster.liveness(copy.member()) != Liveness.DOWN) {
                    return true;
                }
            }
        }
        return false;
    }

    /**
     * How it stands with the participants that are not done with it.
     *
     * @param participantLost one of them no longer takes all of its writes
     * @param mayFallBehind one is down, and its copies may be put out of sync
     * @param unreachable one that is down, whose word is missing and who still counts; 0 if there is none
     */
    record Outlook(boolean participantLost, boolean mayFallBehind, int unreachable) {}

    /** How it stands in this view; who is down and no longer counts is done with it, once its fate is known. */
    Outlook outlook(View view, Cluster cluster) {
        boolean participantLost = false;
        boolean mayFallBehind = false;
        int unreachable = 0;
        for (int i = 0; i < participants.length; i++) {
            if (stand(i) == Stand.SETTLED) {
                continue;
            }
            int member = participants[i];
            boolean down = cluster.liveness(member) == Liveness.DOWN;
            participantLost |= !countsFullyIn(view, i);
            if (down && fate != Fate.COMMITTED && mayFallBehindIn(view, i, cluster)) {
                mayFallBehind = true;
            } else if (down && countsIn(view, i)) {
                unreachable = stand(i) == Stand.ASKED || fate != Fate.OPEN ? member : unreachable;
            } else if (down && fate != Fate.OPEN) {
                stand(i, Stand.SETTLED);
            }
        }
        return new Outlook(participantLost, mayFallBehind, unreachable);
    }

    private int copiesThatTakeWrites(View view, int index) {
        int n = 0;
        for (PreparedWrite write : prepares[index].writes()) {
            Copy copy = view.arcAt(write.position()).copyOf(participants[index]);
            if (copy != null && copy.takesWrites()) {
                n++;
            }
        }
        return n;
    }
}
