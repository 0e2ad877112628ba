package com.kvstore.protocol.movement;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.anyInt;
import static org.mockito.ArgumentMatchers.anyLong;
import static org.mockito.ArgumentMatchers.eq;
import static org.mockito.Mockito.doAnswer;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.never;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;

import com.kvstore.common.HashRing;
import com.kvstore.common.ServerNode;
import com.kvstore.common.Table;
import com.kvstore.protocol.kernel.RecordingEffects;
import com.kvstore.protocol.membership.Arc;
import com.kvstore.protocol.membership.Copy;
import com.kvstore.protocol.membership.Copy.Sync;
import com.kvstore.protocol.membership.Member;
import com.kvstore.protocol.membership.Range;
import com.kvstore.protocol.membership.View;
import com.kvstore.protocol.movement.MoveMessage.CancelMove;
import com.kvstore.protocol.movement.MoveMessage.MoveDone;
import com.kvstore.protocol.movement.MoveMessage.MoveFailed;
import com.kvstore.protocol.movement.MoveMessage.MoveProgress;
import com.kvstore.protocol.movement.MoveMessage.StartMove;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class MoveSchedulerTest {
    private static final long MS = 1_000_000L;
    private static final long MIB = 1024 * 1024;

    private final MoveScheduler.Host host = mock(MoveScheduler.Host.class);
    private final RecordingEffects effects = new RecordingEffects();
    private final List<Sent> sent = new ArrayList<>();
    private final Set<Integer> up = new TreeSet<>(Set.of(1, 2, 3, 4, 5, 6));
    private MoveScheduler scheduler = new MoveScheduler(host, 0);
    private long nowNs = 5_000;

    private record Sent(int member, MoveMessage message) {}

    @BeforeEach
    void theHostIsACoordinatorWhoseMembersAreAllUpAndSettled() {
        when(host.isUp(anyInt())).thenAnswer(call -> up.contains(call.<Integer>getArgument(0)));
        when(host.address(anyInt())).thenAnswer(call -> address(call.getArgument(0)));
        when(host.settledBefore(anyInt(), anyLong())).thenReturn(true);
        when(host.mayBeFilled(anyInt(), any())).thenReturn(true);
        doAnswer(call -> sent.add(new Sent(call.getArgument(0), call.getArgument(1))))
                .when(host)
                .send(anyInt(), any(), any());
    }

    @Test
    void aSyncingCopyIsFilledFromTheInSyncOne() {
        onView(view(7, arc(0, 10, 1, 2), arc(12, 20, 1, 2)));

        StartMove start = onlyStart();
        assertEquals(2, sent.get(0).member());
        assertEquals(
                new StartMove(start.move(), 7, address(1), List.of(new Range(0, 10), new Range(12, 20)), 0), start);
        assertEquals(List.of("[REBALANCE] Copying 2 arcs to 127.0.0.1:8082 from 127.0.0.1:8081"), effects.notes);
        assertFalse(scheduler.idle());
        assertEquals(0.0, scheduler.fraction());
    }

    @Test
    void aMoveWaitsUntilWhatItsTargetHoldsPreparedIsDecided() {
        when(host.mayBeFilled(2, List.of(new Range(0, 10)))).thenReturn(false);
        onView(view(7, arc(0, 10, 1, 2)));
        assertEquals(List.of(), sent);
        when(host.mayBeFilled(2, List.of(new Range(0, 10)))).thenReturn(true);
        nowNs += 50 * MS;
        scheduler.tick(nowNs, effects);
        assertEquals(2, onlyStart().ranges().isEmpty() ? 0 : sent.get(0).member());
    }

    @Test
    void nothingToMoveIsIdleAndSetsNoTimer() {
        onView(view(7));
        assertTrue(scheduler.idle());
        assertEquals(1.0, scheduler.fraction());
        assertEquals(0, scheduler.movingBytes());
        assertTrue(effects.timers.isEmpty());
    }

    @Test
    void aMoveWaitsUntilOlderTransactionsAreSettledAtItsSource() {
        when(host.settledBefore(1, 7)).thenReturn(false);
        onView(view(7, arc(0, 10, 1, 2)));
        assertEquals(List.of(), sent);
        assertEquals(nowNs + 50 * MS, effects.timers.get(MoveScheduler.TIMER));
        assertFalse(scheduler.idle());

        when(host.settledBefore(1, 7)).thenReturn(true);
        tickAfterMs(50);
        assertEquals(7, onlyStart().epoch());
    }

    @Test
    void anUnchangedMoveGoesOnUnderALaterViewWithTheEpochItWasPlannedIn() {
        when(host.settledBefore(1, 7)).thenReturn(false);
        onView(view(7, arc(0, 10, 1, 2)));
        onView(view(8, arc(0, 10, 1, 2), arc(11, 20, 3, 4)));
        when(host.settledBefore(1, 7)).thenReturn(true);
        tickAfterMs(50);
        assertEquals(List.of(8L, 7L), starts().stream().map(StartMove::epoch).toList());

        sent.clear();
        onView(view(9, arc(0, 10, 1, 2)));
        assertEquals(List.of(new Sent(4, new CancelMove(1))), sent);
    }

    @Test
    void aDoneMoveIsReportedOnceAndNotBegunAgainWhileTheOldViewIsInForce() {
        onView(view(7, arc(0, 10, 1, 2)));
        long number = onlyStart().move();
        nowNs += 1_234 * MS;
        assertTrue(scheduler.on(2, new MoveDone(number, 5, 3 * MIB), nowNs, effects));
        assertTrue(scheduler.on(2, new MoveDone(number, 5, 3 * MIB), nowNs, effects));

        verify(host).completed(eq(2), eq(List.of(new Range(0, 10))), any());
        assertEquals(
                "[REBALANCE] 127.0.0.1:8082: copied 5 keys, 3.0 MiB, from 127.0.0.1:8081 in 1.2 s",
                effects.notes.get(1));
        assertTrue(scheduler.idle());
        onView(view(8, arc(0, 10, 1, 2)));
        tickAfterMs(50);
        assertEquals(1, starts().size());

        onView(view(9));
        onView(view(10, arc(0, 10, 1, 2)));
        assertEquals(2, starts().size(), "planned anew: the copy lost sync in between");
    }

    @Test
    void theHostMayInstallTheNextViewFromWithinCompleted() {
        doAnswer(call -> {
                    scheduler.onView(view(8, arc(11, 20, 1, 3)), nowNs, effects);
                    return null;
                })
                .when(host)
                .completed(eq(2), any(), any());
        onView(view(7, arc(0, 10, 1, 2)));
        scheduler.on(2, new MoveDone(onlyStart().move(), 5, 5), nowNs, effects);
        assertEquals(2, starts().size());
        assertEquals(8, starts().get(1).epoch());
    }

    @Test
    void atMostTwoMovesShareASourceOrATarget() {
        onView(view(7, arc(0, 1, 1, 2), arc(2, 3, 1, 3), arc(4, 5, 1, 4), arc(6, 7, 5, 6)));
        assertEquals(List.of(2, 3, 6), sent.stream().map(Sent::member).toList());

        scheduler.on(3, new MoveDone(starts().get(1).move(), 1, 1), nowNs, effects);
        assertEquals(List.of(2, 3, 6, 4), sent.stream().map(Sent::member).toList());
    }

    @Test
    void atMostTwoMovesShareATarget() {
        onView(view(7, arc(0, 1, 1, 4), arc(2, 3, 2, 4), arc(4, 5, 3, 4)));
        assertEquals(2, starts().size());
    }

    @Test
    void theSpeedIsSharedByTheMovesThatRun() {
        scheduler = new MoveScheduler(host, 9 * MIB);
        onView(view(7, arc(0, 1, 1, 2), arc(2, 3, 3, 4)));
        onView(view(8, arc(0, 1, 1, 2), arc(2, 3, 3, 4), arc(4, 5, 5, 6)));
        assertEquals(
                List.of(9 * MIB / 2, 9 * MIB / 2, 3 * MIB),
                starts().stream().map(StartMove::bytesPerSecond).toList());
    }

    @Test
    void aFailedMoveIsTriedAgainUnderANewNumberAfterAPauseThatDoublesUpTo5Seconds() {
        onView(view(7, arc(0, 10, 1, 2)));
        List<Long> pausesMs = new ArrayList<>();
        for (int i = 0; i < 7; i++) {
            int before = starts().size();
            assertTrue(scheduler.on(2, new MoveFailed(starts().get(i).move(), "gone"), nowNs, effects));
            long failedNs = nowNs;
            while (starts().size() == before) {
                assertTrue(effects.timers.get(MoveScheduler.TIMER) <= nowNs + 50 * MS);
                tickAfterMs(50);
            }
            pausesMs.add((nowNs - failedNs) / MS);
            assertNotEquals(starts().get(i).move(), starts().get(i + 1).move());
            assertEquals(7, starts().get(i + 1).epoch());
        }
        assertEquals(List.of(200L, 400L, 800L, 1600L, 3200L, 5000L, 5000L), pausesMs);
        assertEquals(
                List.of(
                        "[REBALANCE] Copying 1 arc to 127.0.0.1:8082 from 127.0.0.1:8081",
                        "[REBALANCE] 127.0.0.1:8082: cannot copy yet, trying again: gone"),
                effects.notes,
                "said once, not in a flood");
    }

    @Test
    void aWordFromAnEarlierAttemptOrFromAnotherMemberIsIgnored() {
        onView(view(7, arc(0, 10, 1, 2)));
        long first = onlyStart().move();
        scheduler.on(2, new MoveFailed(first, "gone"), nowNs, effects);
        tickAfterMs(200);

        scheduler.on(2, new MoveDone(first, 1, 1), nowNs, effects);
        scheduler.on(3, new MoveDone(first + 1, 1, 1), nowNs, effects);
        scheduler.on(2, new MoveFailed(first, "gone"), nowNs, effects);

        verify(host, never()).completed(anyInt(), any(), any());
        assertEquals(2, starts().size());
        assertFalse(scheduler.on(2, new CancelMove(first), nowNs, effects), "not for a coordinator");
    }

    @Test
    void theMovesOfAMemberThatIsDownAreDroppedAndTheirTargetsToldToStop() {
        onView(view(7, arc(0, 1, 1, 2), arc(2, 3, 3, 4)));
        up.remove(1);
        scheduler.memberDown(1);
        tickAfterMs(0);

        assertEquals(new CancelMove(1), sent.get(2).message());
        assertEquals(2, sent.get(2).member());
        tickAfterMs(50);
        assertEquals(2, starts().size(), "there is no source to copy from");

        up.add(1);
        tickAfterMs(50);
        assertEquals(3, starts().size());
    }

    @Test
    void aTargetWhoseLinkWasLostAndIsBackBeginsAgain() {
        onView(view(7, arc(0, 1, 1, 2)));
        scheduler.memberDown(2);
        tickAfterMs(0);
        assertEquals(2, starts().size());
        assertNotEquals(starts().get(0).move(), starts().get(1).move());
    }

    @Test
    void nothingIsSentToAMemberThatIsDown() {
        onView(view(7, arc(0, 1, 1, 2)));
        sent.clear();
        up.remove(2);
        scheduler.memberDown(2);
        tickAfterMs(50);
        assertEquals(List.of(), sent);
    }

    @Test
    void aTargetThatSaysNothingFor40SecondsIsStartedAgain() {
        onView(view(7, arc(0, 1, 1, 2)));
        tickAfterMs(30_000);
        scheduler.on(2, new MoveProgress(1, 1, 1, 0.1), nowNs, effects);
        tickAfterMs(39_000);
        assertEquals(1, sent.size());
        tickAfterMs(1_000);
        assertEquals(new CancelMove(1), sent.get(1).message());
        tickAfterMs(200);
        assertEquals(2, starts().size());
    }

    @Test
    void anArcWithoutAnyInSyncCopyIsClearedAtItsTarget() {
        Arc lost = new Arc(0, 4, List.of(new Copy(2, Table.OWN, Sync.SYNCING)), true);
        onView(view(7, lost));
        assertNull(onlyStart().source());
        assertEquals(List.of("[REBALANCE] Clearing 1 arc at 127.0.0.1:8082: no copy of them is left"), effects.notes);
        scheduler.on(2, new MoveDone(1, 12, 0), nowNs, effects);
        verify(host).completed(eq(2), eq(List.of(new Range(0, 4))), any());
        assertEquals("[REBALANCE] 127.0.0.1:8082: cleared, 12 old keys dropped", effects.notes.get(1));
    }

    @Test
    void progressIsToldAtMostOnceASecondForEachTarget() {
        onView(view(7, arc(0, 9, 1, 2), arc(10, 19, 3, 4)));
        effects.notes.clear();
        for (int i = 1; i <= 30; i++) {
            nowNs += 100 * MS;
            scheduler.on(2, new MoveProgress(1, i, i * MIB, i / 100.0), nowNs, effects);
        }
        assertEquals(
                List.of(
                        "[REBALANCE] 127.0.0.1:8082: 10 % · 10.0 MiB · 10 MiB/s · 9 s left",
                        "[REBALANCE] 127.0.0.1:8082: 20 % · 20.0 MiB · 10 MiB/s · 8 s left",
                        "[REBALANCE] 127.0.0.1:8082: 30 % · 30.0 MiB · 10 MiB/s · 7 s left"),
                effects.notes);
        assertEquals(0.15, scheduler.fraction(), 1e-9);
        assertEquals(30 * MIB, scheduler.movingBytes());
    }

    @Test
    void sizesAndTimesReadWell() {
        assertEquals("0 % · 512 B · 512 B/s", ProgressText.line(0, 512, 1_000 * MS));
        assertEquals("99 % · 2.0 KiB · 1 KiB/s · 1 s left", ProgressText.line(0.999, 2048, 2_000 * MS));
        assertEquals("10 % · 3.0 GiB · 10 MiB/s · 45 min left", ProgressText.line(0.1, 3072 * MIB, 300_000 * MS));
    }

    private void onView(View view) {
        scheduler.onView(view, nowNs, effects);
    }

    private void tickAfterMs(long ms) {
        nowNs += ms * MS;
        scheduler.tick(nowNs, effects);
    }

    private List<StartMove> starts() {
        return sent.stream()
                .map(Sent::message)
                .filter(StartMove.class::isInstance)
                .map(StartMove.class::cast)
                .toList();
    }

    private StartMove onlyStart() {
        assertEquals(1, sent.size());
        return starts().get(0);
    }

    private static ServerNode address(int member) {
        return new ServerNode("127.0.0.1", 8080 + member);
    }

    private static Arc arc(int start, int end, int inSync, int syncing) {
        return new Arc(
                start,
                end,
                List.of(new Copy(inSync, Table.OWN, Sync.IN_SYNC), new Copy(syncing, Table.PREV, Sync.SYNCING)),
                false);
    }

    private static View view(long epoch, Arc... arcs) {
        TreeMap<Integer, Member> members = new TreeMap<>();
        for (int id = 1; id <= 6; id++) {
            members.put(id, new Member(id, address(id), 100 + id, false, false));
        }
        return new View(1, epoch, 1, mock(HashRing.class), members, List.of(arcs), 7);
    }
}
