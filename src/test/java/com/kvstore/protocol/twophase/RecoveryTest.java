package com.kvstore.protocol.twophase;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import com.kvstore.common.Bytes;
import com.kvstore.common.Condition;
import com.kvstore.common.ServerNode;
import com.kvstore.common.Table;
import com.kvstore.common.Version;
import com.kvstore.protocol.kernel.RecordingEffects;
import com.kvstore.protocol.membership.Liveness;
import com.kvstore.protocol.membership.MembershipMessage.InDoubt;
import com.kvstore.protocol.membership.MembershipMessage.Welcome;
import com.kvstore.protocol.membership.PreparedWrite;
import com.kvstore.protocol.membership.Range;
import com.kvstore.protocol.membership.View;
import com.kvstore.protocol.membership.ViewChanges;
import com.kvstore.protocol.membership.ViewKeeper;
import com.kvstore.protocol.twophase.TwoPhaseMessage.Batch;
import java.util.List;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

class RecoveryTest {
    private static final Version IN_DOUBT = new Version(3, 7);
    private static final long START_EPOCH = 1_000;
    private static final int POSITION = 25;

    /** Everybody is up. */
    private record Up(View view) implements Cluster {
        @Override
        public Liveness liveness(int member) {
            return Liveness.UP;
        }

        @Override
        public long link(int member) {
            return member;
        }

        @Override
        public String name(int member) {
            return "member " + member;
        }

        @Override
        public boolean isGoing(int member) {
            return false;
        }

        @Override
        public SortedSet<Integer> down() {
            return new TreeSet<>();
        }

        @Override
        public void propose(UnaryOperator<View> change, ViewKeeper.Then then) {
            throw new AssertionError("nothing is to be proposed here");
        }
    }

    private static View join(View view, int port) {
        View joined = ViewChanges.join(view, new ServerNode("127.0.0.1", port), 100 + port, false);
        View next = ViewChanges.announce(joined, joined.members().keySet());
        for (int member : joined.members().keySet()) {
            next = ViewChanges.complete(next, member, List.of(new Range(0, view.ringSize() - 1)));
        }
        return next;
    }

    /** Members 1 and 2 hold every key. */
    private static View whole() {
        return join(join(View.create(77, 31, 1), 8081), 8082);
    }

    private static Welcome welcome(int member, boolean prepared, List<Version> aborted) {
        PreparedWrite write = new PreparedWrite(Table.PREV, POSITION, Bytes.of("username"), null, Condition.NONE);
        List<InDoubt> inDoubt = List.of(new InDoubt(IN_DOUBT, List.of(1, 2), List.of(write), List.of()));
        return new Welcome(member, 1, prepared ? inDoubt : List.of(), List.of(), aborted);
    }

    /** What member 2, which holds it prepared, is told when the other participant, member 1, does not. */
    private static Batch toldToMember2(View view) {
        Cluster cluster = new Up(view);
        Channels channels = new Channels(cluster);
        StaleMarker stale = new StaleMarker(cluster, channels);
        Recovery recovery = new Recovery(cluster, channels, stale);
        recovery.start(view);
        for (int member : view.members().keySet()) {
            Welcome welcome = welcome(member, member == 2, member == 1 ? List.of(IN_DOUBT) : List.of());
            recovery.onGreeted(member, new KnownOutcomes(welcome), new OpenAttempts(), START_EPOCH);
        }
        RecordingEffects effects = new RecordingEffects();
        channels.send(new Channel.Turn(START_EPOCH, Version.ZERO, false, 0, 0), effects);
        return effects.sentOf(Batch.class).get(0);
    }

    @Test
    void whatACopyInSyncNeverPreparedIsAborted() {
        assertEquals(List.of(IN_DOUBT), toldToMember2(whole()).aborts());
    }

    @Test
    void whatAMemberThatFellBehindWasToldToDropIsCommittedWhereItIsPrepared() {
        View behind = ViewChanges.markStale(whole(), Set.of(1), Set.of(2));
        assertEquals(List.of(IN_DOUBT), toldToMember2(behind).commits());
    }

    /** Seed 606 of the simulator: a write that was decided and acknowledged was aborted where it was still prepared. */
    @Test
    void whatAMemberWhoseCopyIsGoneWasToldToDropIsCommittedWhereItIsPrepared() {
        View behind = ViewChanges.markStale(whole(), Set.of(1), Set.of(2));
        // The newcomer takes the place of the member that fell behind, whose copy is not wanted any more.
        View joined = ViewChanges.announce(
                ViewChanges.join(behind, new ServerNode("127.0.0.1", 8084), 104, false), Set.of(2, 3));
        assertNull(joined.arcAt(POSITION).copyOf(1));
        assertEquals(List.of(IN_DOUBT), toldToMember2(joined).commits());
    }
}
