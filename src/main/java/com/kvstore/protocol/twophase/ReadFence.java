package com.kvstore.protocol.twophase;

import com.kvstore.common.ErrorCode;
import com.kvstore.common.Result;
import com.kvstore.protocol.kernel.Effects;
import com.kvstore.protocol.membership.Arc;
import com.kvstore.protocol.membership.Copy;
import com.kvstore.protocol.membership.Liveness;
import com.kvstore.protocol.twophase.TwoPhaseMessage.ReadAnswer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * Lets a read's answer through only while nobody else can have written the key: every copy in sync has granted this
 * coordinator's epoch within the last second ({@link Grants}).
 *
 * <p>The copy that was read proves nothing by itself: a newer coordinator that cannot reach it puts it out of sync and goes
 * on with the other one. That one must have accepted the newer coordinator first, which it does only when its grant has
 * run out. So an answer for which a grant is missing waits: for the grant, for a view in which the member that does not
 * give it is out of sync, or, if neither comes, for the end of its patience.
 *
 * <p>Threading: one machine's. Source of the idea: Gray, Cheriton: Leases, 1989.
 */
final class ReadFence {
    private static final long PATIENCE_NS = 3_000_000_000L;

    private record Held(PendingRead read, ReadAnswer answer, long untilNs) {}

    private final Cluster cluster;
    private final Grants grants;
    private final Reads reads;
    private final StaleMarker stale;
    private List<Held> held = new ArrayList<>();
    private boolean staleProposed;

    ReadFence(Cluster cluster, Grants grants, Reads reads, StaleMarker stale) {
        this.cluster = cluster;
        this.grants = grants;
        this.reads = reads;
        this.stale = stale;
    }

    /** Slaves have answered these reads. */
    void onAnswered(List<PendingRead> asked, List<ReadAnswer> answers, long nowNs, Effects effects) {
        int granted = 0;
        while (granted < asked.size() && isGranted(asked.get(granted), nowNs)) {
            granted++;
        }
        reads.onAnswered(asked.subList(0, granted), answers.subList(0, granted), effects);
        for (int i = granted; i < asked.size(); i++) {
            held.add(new Held(asked.get(i), answers.get(i), nowNs + PATIENCE_NS));
        }
        retry(nowNs, effects);
    }

    /** Something has changed that answers may have waited for. */
    void retry(long nowNs, Effects effects) {
        if (held.isEmpty()) {
            return;
        }
        List<Held> waiting = held;
        held = new ArrayList<>();
        boolean down = false;
        for (Held each : waiting) {
            if (isGranted(each.read, nowNs)) {
                reads.onAnswered(List.of(each.read), List.of(each.answer), effects);
            } else if (nowNs >= each.untilNs) {
                reads.refuse(each.read, notGranted(each.read), effects);
            } else {
                held.add(each);
                down |= waitsForMemberThatIsDown(each.read);
            }
        }
        if (down && !staleProposed) {
            staleProposed = true;
            stale.want((view, thenNs, sink) -> {
                staleProposed = false;
                retry(thenNs, sink);
            });
        }
    }

    /** Another view is in force: the copy that answered may not be in sync any more, so all is asked again. */
    void viewChanged(Effects effects) {
        if (!held.isEmpty()) {
            List<PendingRead> again = new ArrayList<>();
            held.forEach(each -> again.add(each.read));
            held = new ArrayList<>();
            reads.reroute(again, effects);
        }
    }

    /** Members whose grant an answer waits for, and who can give it. */
    void askFor(Consumer<Channel> ask, long nowNs) {
        for (Held each : held) {
            for (Copy copy : cluster.view().arcAt(each.read.position).copies()) {
                if (copy.inSync()
                        && cluster.liveness(copy.member()) == Liveness.UP
                        && !grants.isGranted(copy.member(), nowNs)) {
                    grants.unlessAsked(copy.member(), nowNs, ask);
                }
            }
        }
    }

    private boolean isGranted(PendingRead read, long nowNs) {
        return grants.areGranted(cluster.view().arcAt(read.position), nowNs);
    }

    private boolean waitsForMemberThatIsDown(PendingRead read) {
        for (Copy copy : cluster.view().arcAt(read.position).copies()) {
            if (copy.inSync() && cluster.liveness(copy.member()) == Liveness.DOWN) {
                return true;
            }
        }
        return false;
    }

    private Result.Failure notGranted(PendingRead read) {
        Arc arc = cluster.view().arcAt(read.position);
        String name = "";
        for (Copy copy : arc.copies()) {
            if (copy.inSync() && cluster.liveness(copy.member()) != Liveness.UP) {
                name = cluster.name(copy.member());
            }
        }
        return Result.Failure.of(
                ErrorCode.UNAVAILABLE,
                "The up-to-date copy of '" + read.key + "' cannot be told for sure: "
                        + (name.isEmpty() ? "a data node" : name)
                        + " does not answer, and that cannot be stored. Try again in a moment");
    }
}
