package com.kvstore.protocol.primarybackup;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.kvstore.common.Bytes;
import com.kvstore.common.Group;
import com.kvstore.common.RequestId;
import com.kvstore.common.ServerNode;
import com.kvstore.protocol.parts.AppliedRequests;
import com.kvstore.protocol.parts.DurableMachine.Saved;
import com.kvstore.protocol.parts.Formation;
import com.kvstore.protocol.parts.TestDisk;
import com.kvstore.protocol.primarybackup.LogEntry.KeyWrite;
import com.kvstore.protocol.primarybackup.PrimaryBackupMessage.DoViewChange;
import com.kvstore.protocol.primarybackup.PrimaryBackupMessage.Fetch;
import com.kvstore.protocol.primarybackup.PrimaryBackupMessage.FetchSnapshot;
import com.kvstore.storage.MemoryTable;
import java.util.List;
import org.junit.jupiter.api.Test;

class ReplicaStoreTest {
    private static final Group GROUP = new Group(
            "primary-backup",
            List.of(
                    new Group.Member(1, new ServerNode("10.0.0.1", 6100)),
                    new Group.Member(2, new ServerNode("10.0.0.2", 6100)),
                    new Group.Member(3, new ServerNode("10.0.0.3", 6100))));
    private static final Formation.Saved FORMATION =
            new Formation.Saved(7, 99, List.of(7L, 8L, 9L), true, List.of(7L, 8L, 11L));

    /** One life of peer 1. */
    private static final class Life {
        private final Replica replica;
        private final Formation formation;
        private final ReplicaStore store;
        private final boolean isBack;

        private Life(TestDisk disk) {
            replica = new Replica(GROUP, 1, disk.table(), PrimaryBackupConfig.of(false));
            formation = new Formation(GROUP, 1, false, () -> 12345, () -> false);
            store = new ReplicaStore(disk, replica, formation);
            isBack = store.restore();
        }
    }

    private final TestDisk disk = new TestDisk();

    private static LogEntry entry(String key, RequestId id) {
        return new LogEntry(id, List.of(new KeyWrite(Bytes.of(key), Bytes.of("v"), 0)));
    }

    /** In view 3, whose primary is peer 1, or in view 4, where it is a backup; three entries, two of them applied. */
    private Life living(long view) {
        Life life = new Life(disk);
        assertFalse(life.isBack);
        life.formation.restore(FORMATION);
        life.replica.begin();
        life.replica.view = view;
        life.replica.normalView = view;
        life.replica.log.append(entry("a", new RequestId("c", 1, 0, 0)));
        life.replica.log.append(entry("b", null));
        life.replica.log.append(entry("c", null));
        life.replica.commitTo(2);
        assertEquals(Saved.VITAL, life.store.save());
        return life;
    }

    @Test
    void aBackupGoesOnInItsViewWithItsLogAndWhatItRemembersOfClients() {
        living(4);

        Life next = new Life(disk);

        assertTrue(next.isBack);
        assertEquals(4, next.replica.view);
        assertEquals(Replica.Status.NORMAL, next.replica.status);
        assertEquals(3, next.replica.log.last());
        assertEquals(3, next.replica.durableOp());
        assertEquals(2, next.replica.applied);
        assertEquals(2, next.replica.table.keys());
        assertEquals(AppliedRequests.Known.DONE, next.replica.requests.find(new RequestId("c", 1, 0, 0)));
        assertEquals(FORMATION, next.formation.saved());
    }

    @Test
    void aPromisedViewIsVitalAndIsNotForgotten() {
        Life life = living(4);
        life.replica.view = 8;
        life.replica.status = Replica.Status.VIEW_CHANGE;
        assertEquals(Saved.VITAL, life.store.save());

        Life next = new Life(disk);

        assertEquals(8, next.replica.view);
        assertEquals(4, next.replica.normalView);
        assertEquals(Replica.Status.VIEW_CHANGE, next.replica.status);
    }

    @Test
    void aPromiseWaitsForTheDiskAndSoDoesEverythingInANewView() {
        PrimaryBackupMachine machine =
                new PrimaryBackupMachine(GROUP, 1, new MemoryTable(), PrimaryBackupConfig.of(false), () -> 1);

        assertFalse(machine.mayPrecede(new DoViewChange(1, 0, 0, 0, 0, List.of())));
    }

    @Test
    void theNextPartOfTheRecordsIsAskedForOnceTheLastIsOnTheDisk() {
        PrimaryBackupMachine machine =
                new PrimaryBackupMachine(GROUP, 1, new MemoryTable(), PrimaryBackupConfig.of(false), () -> 1);

        assertFalse(machine.mayPrecede(new FetchSnapshot(1, 0)));
        assertTrue(machine.mayPrecede(new Fetch(1, 1)));
    }

    @Test
    void aFormerPrimaryDoesNotGoOnInItsView() {
        living(3);

        Life next = new Life(disk);

        assertEquals(4, next.replica.view);
        assertEquals(3, next.replica.normalView);
        assertEquals(Replica.Status.VIEW_CHANGE, next.replica.status);
    }

    @Test
    void anEntryCountsOnceItIsOnTheDiskAndNotWhenItComesInThePlaceOfAnother() {
        Life life = living(4);
        assertTrue(life.store.durable(disk.written()));
        assertEquals(3, life.replica.durableOp());

        life.replica.log.truncateAfter(1);
        life.replica.log.append(entry("x", null));
        life.replica.log.append(entry("y", null));
        assertEquals(Saved.VITAL, life.store.save());
        assertEquals(1, life.replica.durableOp());

        assertTrue(life.store.durable(disk.written()));
        assertEquals(3, life.replica.durableOp());
        Life next = new Life(disk);
        assertEquals("x", next.replica.log.get(2).writes().get(0).key().text());
    }

    @Test
    void whatIsForgottenInMemoryIsTakenOutOfTheDisk() {
        Life life = living(4);
        int before = disk.recovered().size();

        life.replica.trim(2);
        life.store.save();

        assertEquals(before - 2, disk.recovered().size());
        assertEquals(3, new Life(disk).replica.log.first());
    }

    @Test
    void aPeerThatWasRecoveringBeginsAnew() {
        Life life = living(4);
        life.replica.normalView = -1;
        life.store.save();

        Life next = new Life(disk);

        assertFalse(next.isBack);
        assertEquals(0, next.replica.table.keys());
        assertEquals(12345, next.formation.nonce());
    }
}
