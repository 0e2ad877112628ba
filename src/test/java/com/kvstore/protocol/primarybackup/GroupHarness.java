package com.kvstore.protocol.primarybackup;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.kvstore.common.Result;
import com.kvstore.protocol.parts.PeersHarness;
import java.util.concurrent.atomic.AtomicLong;

/** Peers of one primary-backup group in one thread. */
final class GroupHarness extends PeersHarness<PrimaryBackupMachine> {
    GroupHarness(int size, PrimaryBackupConfig config) {
        super("primary-backup", size, factory(config));
    }

    private static Factory<PrimaryBackupMachine> factory(PrimaryBackupConfig config) {
        AtomicLong lastNonce = new AtomicLong();
        return (group, self, incarnation, table) ->
                new PrimaryBackupMachine(group, self, table, config, lastNonce::incrementAndGet);
    }

    /** A group of so many that has formed, with peer 1 as the primary. */
    static GroupHarness formed(int size) {
        GroupHarness harness = new GroupHarness(size, PrimaryBackupConfig.of(false));
        harness.startAll();
        assertEquals("primary", harness.state(1));
        return harness;
    }

    String state(int id) {
        return status(id).state();
    }

    PrimaryBackupStatus status(int id) {
        return peer(id).machine.status();
    }

    @Override
    public Result.Ack put(int id, String key, String value) {
        Result.Ack ack = super.put(id, key, value);
        assertEquals(Result.Ack.WHOLE, ack);
        return ack;
    }
}
