package com.kvstore.protocol.twophase;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.kvstore.common.Bytes;
import com.kvstore.common.Condition;
import com.kvstore.common.ServerNode;
import com.kvstore.common.Table;
import com.kvstore.common.Version;
import com.kvstore.protocol.kernel.RecordingEffects;
import com.kvstore.protocol.membership.Arc;
import com.kvstore.protocol.membership.Copy;
import com.kvstore.protocol.membership.Copy.Sync;
import com.kvstore.protocol.membership.Liveness;
import com.kvstore.protocol.membership.MembershipMessage.InDoubt;
import com.kvstore.protocol.membership.MembershipMessage.Welcome;
import com.kvstore.protocol.membership.PreparedWrite;
import com.kvstore.protocol.membership.Range;
import com.kvstore.protocol.membership.View;
import com.kvstore.protocol.membership.ViewChanges;
import com.kvstore.protocol.membership.ViewKeeper;
import com.kvstore.protocol.twophase.TwoPhaseMessage.Batch;
import java.util.ArrayList;
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

    private static final PreparedWrite WRITE =
            new PreparedWrite(Table.PREV, POSITION, Bytes.of("username"), null, Condition.NONE);

    /** Says nothing of the transaction. */
    private static Welcome nothing(int member) {
        return new Welcome(member, 1, List.of(), List.of(), List.of());
    }

    /** Holds the transaction prepared, in which members 1 and 2 took part. */
    private static Welcome prepared(int member) {
        InDoubt inDoubt = new InDoubt(IN_DOUBT, List.of(1, 2), List.of(WRITE), List.of());
        return new Welcome(member, 1, List.of(inDoubt), List.of(), List.of());
    }

    private static Welcome aborted(int member) {
        return new Welcome(member, 1, List.of(), List.of(), List.of(IN_DOUBT));
    }

    private static Welcome committed(int member) {
        return new Welcome(member, 1, List.of(), List.of(IN_DOUBT), List.of());
    }

    /** A coordinator that recovers. */
    private static final class World implements Cluster {
        View view;
        final TreeSet<Integer> down = new TreeSet<>();
        final Channels channels = new Channels(this);
        final Recovery recovery = new Recovery(this, channels, new StaleMarker(this, channels));

        World(View view, int... down) {
            this.view = view;
            for (int member : down) {
                this.down.add(member);
            }
            recovery.start(view);
        }

        World heard(int member, Welcome welcome) {
            down.remove(member);
            recovery.onGreeted(member, new KnownOutcomes(welcome), new OpenAttempts(), START_EPOCH);
            return this;
        }

        World changed(View next) {
            view = next;
            recovery.reconsider();
            return this;
        }

        /** What a member is told. */
        Batch told(int member) {
            RecordingEffects effects = new RecordingEffects();
            channels.send(channels.of(member), new Channel.Turn(START_EPOCH, Version.ZERO, false, 0, 0), effects);
            return effects.sentOf(Batch.class).get(0);
        }

        @Override
        public View view() {
            return view;
        }

        @Override
        public Liveness liveness(int member) {
            return down.contains(member) ? Liveness.DOWN : Liveness.UP;
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
            return down;
        }

        @Override
        public void propose(UnaryOperator<View> change, ViewKeeper.Then then) {
            throw new AssertionError("nothing is to be proposed here");
        }
    }

    /** What member 2, which holds it prepared, is told when the other participant, member 1, does not. */
    private static Batch toldToMember2(View view) {
        World world = new World(view);
        for (int member : view.members().keySet()) {
            world.heard(member, member == 2 ? prepared(2) : member == 1 ? aborted(1) : nothing(member));
        }
        return world.told(2);
    }

    private static final Set<Integer> ALL = Set.of(1, 2, 3);

    /** Members 1 and 2 hold every key in sync, and member 3 is being filled where it is wanted. */
    private static View joining() {
        return ViewChanges.announce(ViewChanges.join(whole(), new ServerNode("127.0.0.1", 8084), 104, false), ALL);
    }

    /** Member 3 is filled, and whose copy it takes the place of has none any more. */
    private static View filled(View view) {
        return ViewChanges.complete(view, 3, List.of(new Range(0, view.ringSize() - 1)));
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

    /** Seed 403004: the witness had said that it never prepared; then its copy moved to another member. */
    @Test
    void whatACopyInSyncNeverPreparedIsAbortedThoughThatCopyHasGoneSince() {
        View joining = joining();
        assertEquals(Sync.SYNCING, joining.arcAt(POSITION).copyOf(3).sync());
        View filled = filled(joining);
        assertNull(filled.arcAt(POSITION).copyOf(1));
        World world = new World(joining, 2)
                .heard(1, nothing(1))
                .heard(3, nothing(3))
                .changed(filled)
                .heard(2, prepared(2));
        assertEquals(List.of(IN_DOUBT), world.told(2).aborts());
    }

    /** Seed 404782: the witness had gone in an earlier life; who was filled from it knows as much. */
    @Test
    void whatTheCopyThatTookAWitnesssPlaceDoesNotKnowIsAborted() {
        World world = new World(filled(joining()))
                .heard(1, aborted(1))
                .heard(3, nothing(3))
                .heard(2, prepared(2));
        assertEquals(List.of(IN_DOUBT), world.told(2).aborts());
    }

    @Test
    void whatTheCopyThatTookAWitnesssPlaceKnowsToBeCommittedIsCommitted() {
        World world = new World(filled(joining()))
                .heard(1, nothing(1))
                .heard(3, committed(3))
                .heard(2, prepared(2));
        assertEquals(List.of(IN_DOUBT), world.told(2).commits());
    }

    @Test
    void aCopyInSyncThatWasNotHeardYetIsWaitedForThoughItTookNoPart() {
        World world = new World(filled(joining()), 3).heard(1, nothing(1)).heard(2, prepared(2));
        assertEquals(List.of(), world.told(2).commits());
        assertEquals(List.of(), world.told(2).aborts());
        assertTrue(world.recovery.isInDoubtIn(2, List.of(new Range(POSITION, POSITION))));
        world.heard(3, committed(3));
        assertEquals(List.of(IN_DOUBT), world.told(2).commits());
        assertFalse(world.recovery.isInDoubtIn(2, List.of(new Range(POSITION, POSITION))));
    }

    /** Seed 403203: where everything was lost, who starts with nothing cannot tell what was decided before. */
    @Test
    void aCopyThatBeganWithNothingAfterALossIsNoWitness() {
        View reborn = ViewChanges.reincarnate(whole(), 1, 105, false);
        Copy newcomer = new Copy(3, Table.OWN, Sync.IN_SYNC);
        List<Arc> arcs = new ArrayList<>();
        for (Arc arc : reborn.arcs()) {
            boolean lost = arc.start() <= POSITION && POSITION <= arc.end();
            Copy survivor = new Copy(2, Table.PREV, lost ? Sync.STALE : Sync.IN_SYNC);
            arcs.add(new Arc(arc.start(), arc.end(), lost ? List.of(survivor, newcomer) : List.of(survivor), lost));
        }
        int elsewhere = arcs.stream()
                .filter(arc -> !arc.lost())
                .findFirst()
                .orElseThrow()
                .start();
        PreparedWrite other = new PreparedWrite(Table.PREV, elsewhere, Bytes.of("email"), null, Condition.NONE);
        InDoubt both = new InDoubt(IN_DOUBT, List.of(1, 2), List.of(WRITE, other), List.of());
        View view = new View(reborn.cluster(), 5, 1, reborn.ring(), reborn.members(), arcs, 4);
        World world =
                new World(view).heard(3, nothing(3)).heard(2, new Welcome(2, 1, List.of(both), List.of(), List.of()));
        assertEquals(List.of(IN_DOUBT), world.told(2).commits(), "its other key is in sync at member 2");
    }
}
