package com.kvstore.protocol.ring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.kvstore.common.Bytes;
import com.kvstore.common.Command;
import com.kvstore.protocol.movement.MoveMessage.Chunk;
import com.kvstore.protocol.movement.MoveMessage.Fetch;
import com.kvstore.protocol.movement.MoveMessage.MoveDone;
import com.kvstore.protocol.ring.RingHarness.Node;
import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Case 23: the source, the target or the coordinator of a move is killed while a part of the keys has moved and the rest has
 * not. The move is resumed or rolled back: every key has one owner and two copies, and nobody else holds any.
 */
final class MidMoveTest {
    private static final int KEYS = 300;
    private static final String PADDING = "x".repeat(9_000);

    private final RingHarness ring = RingHarness.cluster(8081, 8082);
    private final TreeMap<String, String> expected = new TreeMap<>();
    private Node target;

    /** A third server joins, and its move stops after the first chunk. */
    @BeforeEach
    void stopInMidMove() {
        for (int i = 0; i < KEYS; i++) {
            put("key" + i, i + PADDING);
        }
        int[] chunks = new int[1];
        ring.withhold = message -> {
            chunks[0] += message instanceof Chunk ? 1 : 0;
            return message instanceof Fetch && chunks[0] > 0;
        };
        target = ring.startSlave(8084);
        ring.advance(300);
        assertTrue(target.table.keys() > 0, "a part of it has moved");
        assertFalse(ring.view().whole());
        put("key7", "written in mid-move");
        delete("key8");
        put("new", "written in mid-move");
    }

    private void put(String key, String value) {
        ring.put(key, value);
        expected.put(key, value);
    }

    private void delete(String key) {
        ring.delete(key);
        expected.remove(key);
    }

    /** Of the members: each key twice, and no other. */
    private void assertTwoCopiesOfEverythingOn(int... ports) {
        assertTrue(ring.view().whole(), () -> "" + ring.view());
        assertEquals(ports.length, ring.view().ring().servers());
        ring.advance(5_000);
        long copies = 0;
        for (int port : ports) {
            copies += ring.slave(port).table.keys();
        }
        assertEquals(2L * expected.size(), copies, "two copies of every key and no orphans");
        for (int i = 0; i < KEYS; i++) {
            String key = "key" + i;
            assertEquals(expected.getOrDefault(key, "NOT_FOUND"), ring.get(key), key);
        }
        for (String key : expected.keySet()) {
            for (Node copy : List.of(ring.owner(key), ring.replica(key))) {
                assertEquals(
                        expected.get(key), copy.table.get(Bytes.of(key)).value().text(), key);
            }
        }
    }

    @Test
    void aMoveWhoseSourceDiesGoesOnFromTheOtherCopy() {
        Node source = ring.slave(RingHarness.links(target, ring.slave(8081)).isEmpty() ? 8082 : 8081);
        int other = source.address.port() == 8081 ? 8082 : 8081;
        ring.kill(source);
        ring.withhold = message -> false;
        put("key9", "written after the kill");
        delete("key10");
        ring.advance(70_000);
        assertNull(ring.view().memberAt(source.address));
        assertTwoCopiesOfEverythingOn(other, 8084);
    }

    @Test
    void aMoveWhoseTargetDiesIsRolledBackAndLeavesNothingBehind() {
        ring.kill(target);
        ring.withhold = message -> false;
        put("key9", "written after the kill");
        ring.advance(70_000);
        assertNull(ring.view().memberAt(target.address));
        assertTwoCopiesOfEverythingOn(8081, 8082);
    }

    @Test
    void aMoveWhoseTargetDiesAndReturnsEmptyIsBegunAgain() {
        ring.kill(target);
        ring.withhold = message -> false;
        put("key9", "written after the kill");
        delete("key10");
        ring.startSlave(8084);
        ring.advance(10_000);
        assertTwoCopiesOfEverythingOn(8081, 8082, 8084);
    }

    @Test
    void aMoveWhoseCoordinatorDiesIsResumedByTheNextOne() {
        ring.kill(ring.coordinator);
        ring.withhold = message -> false;
        ring.startCoordinator();
        put("key9", "written after the kill");
        delete("key10");
        ring.advance(10_000);
        assertTwoCopiesOfEverythingOn(8081, 8082, 8084);
    }

    @Test
    void sourceAndCoordinatorMayDieTogether() {
        ring.kill(ring.slave(8081));
        ring.kill(ring.coordinator);
        ring.withhold = message -> false;
        ring.startCoordinator();
        put("key9", "written after the kill");
        delete("key10");
        ring.advance(70_000);
        assertTwoCopiesOfEverythingOn(8082, 8084);
    }

    /** What a drained server gives away: killed in the midst of it, it is not gone before its keys are elsewhere. */
    @Test
    void aServerThatDiesWhileItIsDrainedLosesNothing() {
        ring.withhold = message -> false;
        ring.advance(30_000);
        assertTrue(ring.view().whole(), "the source that said nothing was given up");
        ring.withhold = message -> message instanceof MoveDone;
        ring.ask(new Command.Drain(target.address));
        ring.advance(300);
        assertTrue(ring.view().memberAt(target.address).leaving());
        ring.kill(target);
        ring.withhold = message -> false;
        put("key9", "written after the kill");
        ring.advance(70_000);
        assertNull(ring.view().memberAt(target.address));
        assertTwoCopiesOfEverythingOn(8081, 8082);
    }
}
