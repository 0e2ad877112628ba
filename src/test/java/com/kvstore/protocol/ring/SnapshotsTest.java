package com.kvstore.protocol.ring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.kvstore.common.Bytes;
import com.kvstore.common.Command;
import com.kvstore.common.ErrorCode;
import com.kvstore.common.Result;
import com.kvstore.common.SnapshotEntry;
import com.kvstore.common.SnapshotPage;
import com.kvstore.common.Write;
import com.kvstore.protocol.twophase.TwoPhaseMessage.BatchReply;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Snapshots and the comparison of copies, by hand-made events. */
class SnapshotsTest {
    private final RingHarness ring = RingHarness.cluster(8081, 8082, 8083);

    private static SnapshotPage page(Result result) {
        return SnapshotPage.decode(assertInstanceOf(Result.Value.class, result).value());
    }

    private Map<String, String> readAll(SnapshotPage first) {
        Map<String, String> found = new TreeMap<>();
        SnapshotPage page = first;
        while (page.node() != SnapshotPage.END) {
            page = page(ring.run(new Command.Snapshot(page.id(), page.node(), page.from())));
            for (SnapshotEntry entry :
                    SnapshotEntry.decode(ByteBuffer.wrap(page.entries().array()))) {
                found.put(entry.key().text(), entry.value().text());
            }
        }
        return found;
    }

    @Test
    void aSnapshotIsWhatWasThereWhenItBeganWhateverIsWrittenAfterwards() {
        Map<String, String> expected = new TreeMap<>();
        for (int i = 0; i < 60; i++) {
            ring.put("k" + i, "v" + i);
            expected.put("k" + i, "v" + i);
        }
        SnapshotPage first = page(ring.run(new Command.Snapshot(0, 0, 0)));
        for (int i = 0; i < 60; i += 2) {
            ring.put("k" + i, "later");
            ring.delete("k" + (i + 1));
        }
        ring.put("new", "later");
        assertEquals(expected, readAll(first));
        assertEquals("later", ring.get("k0"));
    }

    @Test
    void aTransactionUnderWayIsInItAsAWholeOrNotAtAll() {
        Command both = new Command.Transact(
                List.of(Write.put(Bytes.of("a"), Bytes.of("1")), Write.put(Bytes.of("b"), Bytes.of("1"))));
        ring.withhold = message -> message instanceof BatchReply;
        ring.withholdFrom = ring.owner("a").address;
        long write = ring.ask(both);
        long snapshot = ring.ask(new Command.Snapshot(0, 0, 0));
        assertFalse(ring.answers.containsKey(snapshot), "it waits for the write");
        ring.withhold = message -> false;
        ring.advance(3_000);
        assertTrue(ring.answers.containsKey(write));
        Result begun = ring.answers.get(snapshot);
        SnapshotPage first =
                begun instanceof Result.Value ? page(begun) : page(ring.run(new Command.Snapshot(0, 0, 0)));
        Map<String, String> found = readAll(first);
        assertEquals(found.get("a"), found.get("b"));
    }

    @Test
    void aSnapshotWhoseDataNodeGoesDownHasEnded() {
        ring.put("username", "alice");
        SnapshotPage first = page(ring.run(new Command.Snapshot(0, 0, 0)));
        ring.kill(ring.slave(8082));
        ring.advance(2_000);
        Result result = ring.run(new Command.Snapshot(first.id(), 0, 0));
        assertEquals(ErrorCode.CONFLICT, RingHarness.code(result));
        assertEquals(Map.of("username", "alice"), readAll(page(ring.run(new Command.Snapshot(0, 0, 0)))));
    }

    @Test
    void copiesThatDifferAreFoundAndRepaired() {
        for (int i = 0; i < 40; i++) {
            ring.put("k" + i, "v" + i);
        }
        assertTrue(ring.run(new Command.Repair()).toString().contains("all copies are equal"));
        ring.replica("k7").table.remove(Bytes.of("k7"));
        Result result = ring.run(new Command.Repair());
        assertTrue(result.toString().contains("1 arc differs"), result.toString());
        ring.advance(5_000);
        assertTrue(ring.replica("k7").table.holds(Bytes.of("k7")));
        assertTrue(ring.run(new Command.Repair()).toString().contains("all copies are equal"));
        assertEquals("v7", ring.get("k7"));
        assertEquals(3, ring.machine().status(ring.nowNs).checks());
        assertEquals(1, ring.machine().status(ring.nowNs).differences());
    }
}
