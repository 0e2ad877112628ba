package com.kvstore.protocol.twophase;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.kvstore.common.Bytes;
import com.kvstore.common.Version;
import com.kvstore.protocol.kernel.RecordingEffects;
import com.kvstore.protocol.membership.Liveness;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class StaleMarkerTest {
    private static final Bytes KEY = ClusterFixture.KEY;

    private final ClusterFixture cluster = new ClusterFixture(2);
    private final Channels channels = new Channels(cluster);
    private final StaleMarker marker = new StaleMarker(cluster, channels);
    private final RecordingEffects effects = new RecordingEffects();
    private final List<Long> called = new ArrayList<>();

    @Test
    void aMemberThatIsDownLosesSyncOnceTheOtherHasAnsweredSomethingSentSince() {
        goDown(1, 100);
        marker.turnEnded();
        assertTrue(cluster.proposals.isEmpty(), "member 2 may have died as well, unnoticed");
        assertTrue(marker.asks(channels.of(2)));
        assertFalse(marker.asks(channels.of(1)));

        answer(2, 101);
        marker.turnEnded();
        cluster.carryOut(200, effects);

        assertEquals(List.of(200L), called);
        assertFalse(marker.isWaiting());
        assertEquals(1, cluster.arc(KEY).inSyncCopies());
    }

    @Test
    void anAnswerToWhatWasSentBeforeTheMemberWentDownProvesNothing() {
        answer(2, 99);
        goDown(1, 100);

        marker.turnEnded();

        assertTrue(cluster.proposals.isEmpty());
    }

    @Test
    void whoWasToldThatItMayEndIsNoWitness() {
        goDown(1, 100);
        cluster.going.add(2);
        answer(2, 101);
        marker.turnEnded();
        assertTrue(cluster.proposals.isEmpty(), "it may be gone before that is noticed");

        cluster.going.clear();
        marker.turnEnded();
        assertEquals(1, cluster.proposals.size());
    }

    @Test
    void whoeverWasAskedSinceIsNotAskedAgain() {
        goDown(1, 100);

        send(2, 150);

        assertFalse(marker.asks(channels.of(2)));
    }

    @Test
    void whileAProposalIsUnderWayThereIsNoSecond() {
        goDown(1, 100);
        answer(2, 101);
        marker.turnEnded();
        marker.want((view, nowNs, sink) -> called.add(-nowNs));
        marker.turnEnded();
        assertEquals(1, cluster.proposals.size());

        cluster.carryOut(200, effects);
        marker.turnEnded();
        cluster.carryOut(300, effects);

        assertEquals(List.of(200L, -300L), called);
    }

    @Test
    void whereNothingCanChangeTheAnswerComesAtOnce() {
        goDown(1, 100);
        goDown(2, 100);

        marker.turnEnded();
        cluster.carryOut(200, effects);

        assertEquals(List.of(200L, 200L), called);
        assertEquals(2, cluster.arc(KEY).inSyncCopies(), "no copy is given up where none would be left");
    }

    private void goDown(int member, long nowNs) {
        cluster.liveness.put(member, Liveness.DOWN);
        marker.onDown(nowNs);
        marker.want((view, thenNs, sink) -> called.add(thenNs));
    }

    private void send(int member, long nowNs) {
        channels.of(member).send(member, new Channel.Turn(1, Version.ZERO, true, 0, nowNs), effects);
    }

    private void answer(int member, long sentNs) {
        send(member, sentNs);
        channels.of(member).answered(1, true, sentNs + 1);
    }
}
