package com.kvstore.protocol.eventual;

import static com.kvstore.protocol.parts.PeersHarness.deleteCommand;
import static com.kvstore.protocol.parts.PeersHarness.putCommand;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.kvstore.common.Group;
import com.kvstore.protocol.parts.OutputCommit;
import com.kvstore.protocol.parts.PeersHarness;
import com.kvstore.protocol.parts.TestDisk;
import org.junit.jupiter.api.Test;

/** Eventual peers with disks. */
class EventualStoreTest {
    private final PeersHarness<OutputCommit> group =
            new PeersHarness<>("eventual", 3, (members, self, incarnation, table) -> peer(members, self, incarnation));

    private OutputCommit peer(Group members, int self, long incarnation) {
        TestDisk disk = group.disk(self);
        EventualConfig config = new EventualConfig(members, self, incarnation, 1_000_000, 100);
        return new OutputCommit(new EventualMachine(config, disk), disk, "peer " + self);
    }

    private EventualStatus status(int id) {
        return ((EventualMachine) group.peer(id).machine.machine()).status();
    }

    /** No seed of nine thousand noticed when it was forgotten: the others tell it as soon as they are heard. */
    @Test
    void aRestartedPeerKnowsBelowWhichClockItHasForgottenTombstonesThoughItHearsNobody() {
        group.startAll();
        group.ask(1, putCommand("k", "v"), null);
        group.pass(1_000);
        group.ask(1, deleteCommand("k"), null);
        group.pass(500);
        assertEquals(1, status(1).tombstones());
        group.pass(10_000);
        assertEquals(0, status(1).tombstones());
        long forgottenMs = status(1).everywhereMs();
        group.kill(1);
        group.kill(2);
        group.kill(3);

        group.start(1);

        assertEquals(0, status(1).tombstones());
        assertTrue(status(1).everywhereMs() > 0 && status(1).everywhereMs() <= forgottenMs);
        group.start(2);
        group.start(3);
        group.pass(2_000);
        assertTrue(status(1).everywhereMs() > forgottenMs);
    }
}
