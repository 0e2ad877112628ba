package com.kvstore.protocol.totalorder;

import static com.kvstore.protocol.parts.PeersHarness.putCommand;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.kvstore.common.Group;
import com.kvstore.common.Result;
import com.kvstore.protocol.parts.OutputCommit;
import com.kvstore.protocol.parts.PeersHarness;
import com.kvstore.protocol.parts.TestDisk;
import com.kvstore.protocol.totalorder.TotalOrderMessage.Cast;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Total-order peers with disks, which take their time and lose what they have not synced. */
class OrderStoreTest {
    private long lastNonce;
    private final PeersHarness<OutputCommit> group = new PeersHarness<>(
            "total-order", 3, (members, self, incarnation, table) -> peer(members, self, incarnation));

    private OutputCommit peer(Group members, int self, long incarnation) {
        TestDisk disk = group.disk(self);
        TotalOrderConfig config = new TotalOrderConfig(members, self, incarnation, false, 1_000_000, 100);
        return new OutputCommit(new TotalOrderMachine(config, disk, () -> ++lastNonce), disk, "peer " + self);
    }

    private long put(int id, String key, String value) {
        return group.ask(id, putCommand(key, value), null);
    }

    private boolean isDone(int id, long client) {
        Result answer = group.answer(id, client);
        if (answer != null) {
            assertInstanceOf(Result.Ack.class, answer);
        }
        return answer != null;
    }

    private long laneOf(int id) {
        return casts(id).mapToLong(Cast::lane).max().orElseThrow();
    }

    private Stream<Cast> casts(int id) {
        return group.peer(id).sent.stream().filter(Cast.class::isInstance).map(Cast.class::cast);
    }

    @Test
    void anEntryLeavesBeforeItsOwnersDiskHasItAndTheOthersDisksAreEnough() {
        group.startAll();
        group.stickDisk(1);

        assertTrue(isDone(1, put(1, "k", "v")));
        assertEquals("v", group.get(2, "k"));
    }

    @Test
    void aVoteWaitsForTheDisk() {
        group.startAll();
        group.stickDisk(2);
        group.stickDisk(3);

        long client = put(1, "k", "v");
        group.pass(50);
        assertNull(group.answer(1, client));

        group.freeDisk(3);
        group.pass(100);
        assertTrue(isDone(1, client));
    }

    @Test
    void aDiskThatTakesNothingHoldsUpNobodyElse() {
        group.startAll();
        group.stickDisk(3);
        put(1, "k", "first");
        group.pass(100);

        for (int i = 0; i < 10; i++) {
            assertTrue(isDone(1, put(1, "k", "v" + i)));
            assertTrue(isDone(3, put(3, "k", "w" + i)));
        }
    }

    @Test
    void aRestartedPeerAddsNothingToTheLaneItHadBefore() {
        group.startAll();
        long before = laneOf(1);
        group.stickDisk(1);
        group.holdUp(1, 3);
        group.stickDisk(2);
        // Peer 2 has it in memory, and nobody on disk.
        put(1, "k", "forgotten");
        group.kill(1);
        group.lose(1, 3);
        group.release();
        group.freeDisk(1);
        group.start(1);
        group.pass(2_000);

        long client = put(1, "k", "new");
        group.pass(1_000); // Peer 2 waits for its disk with a promise, and says nothing.
        assertTrue(isDone(1, client));
        group.freeDisk(2);
        group.pass(1_000);

        assertNotEquals(before, laneOf(1));
        for (int id : List.of(1, 2, 3)) {
            assertEquals("new", group.get(id, "k"));
        }
    }

    @Test
    void whenAllWereKilledEverybodyGoesOnOnANewLaneWithoutWaitingForTheOldOnes() {
        group.startAll();
        assertTrue(isDone(1, put(1, "k", "v")));
        group.pass(200);
        for (int id : List.of(1, 2, 3)) {
            group.kill(id);
        }
        for (int id : List.of(1, 2, 3)) {
            group.start(id);
        }
        group.pass(TotalOrderConfig.SUSPECT_NS / PeersHarness.MS / 2);

        for (int id : List.of(1, 2, 3)) {
            assertEquals("v", group.get(id, "k"));
            assertTrue(isDone(id, put(id, "k" + id, "v")));
        }
    }

    @Test
    void aDiskThatDoesNotKeepUpIsGivenNoMoreThanAWindow() {
        group.startAll();
        group.stickDisk(1);
        String large = "x".repeat(500_000);
        for (int i = 0; i < 8; i++) {
            assertTrue(isDone(1, put(1, "k" + i, large)), "write " + i);
        }
        long client = put(1, "k9", large);
        long other = put(1, "k10", large);
        assertNull(group.answer(1, other));

        group.freeDisk(1);
        assertTrue(isDone(1, client));
        assertTrue(isDone(1, other));
    }
}
