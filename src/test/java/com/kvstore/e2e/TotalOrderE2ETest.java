package com.kvstore.e2e;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.kvstore.e2e.RunningProcess.Outcome;
import java.time.Duration;
import java.util.Map;
import org.json.JSONObject;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Real peers of a total-order group, under real {@code kill -9}. */
@Timeout(180)
class TotalOrderE2ETest {
    private static final Duration SOON = Duration.ofSeconds(30);

    private PeerGroup group;

    @BeforeEach
    void start() {
        group = PeerGroup.started("total-order", 3);
    }

    @AfterEach
    void end() {
        group.close();
    }

    @Test
    void whatOnePeerTookEveryPeerKnows() {
        assertEquals(
                "✓ PUT successful: name\n", group.at(0, "SET", "name", "Apurv").out());
        assertEquals(
                "✓ Value for 'name' is: Apurv\n", group.at(1, "GET", "name").out());
        assertEquals(
                "✓ DELETE successful: name\n", group.at(2, "DELETE", "name").out());
        Outcome absent = group.at(0, "GET", "name");
        assertEquals("✗ Key not found: name\n", absent.out());
        assertEquals(1, absent.exit());
    }

    @Test
    void aLocalReadSaysThatItMayBeStale() {
        assertEquals(0, group.at(0, "SET", "name", "Apurv").exit());
        await().atMost(SOON)
                .untilAsserted(() -> assertEquals(
                        "✓ Value for 'name' is: Apurv (read locally: it may be stale)\n",
                        group.client("--read", "local", group.port + 1 + "", "GET", "name")
                                .out()));
    }

    @Test
    void aKilledPeerHoldsNobodyUpAndComesBackEmptyWithEverything() {
        for (int i = 0; i < 5; i++) {
            assertEquals(0, group.group("put", "key" + i, "value" + i).exit());
        }
        group.peer(0).kill9();
        long killedNs = System.nanoTime();

        // The first peer of the file is the one that is gone: the client goes on to another by itself.
        Outcome write = group.group("PUT", "after", "the kill");
        long elapsedMs = (System.nanoTime() - killedNs) / 1_000_000;
        assertEquals("✓ PUT successful: after\n", write.out(), write.toString());
        assertTrue(elapsedMs < 5_000, "it took " + elapsedMs + " ms, the client's own start among them");
        assertEquals("value3", group.group("--raw", "get", "key3").out());

        group.start(0);
        await().atMost(SOON).ignoreExceptions().untilAsserted(() -> {
            JSONObject status = group.status(0);
            assertEquals(6, status.getInt("keys"), status.toString());
        });
        assertEquals("value4", group.at(0, "--raw", "get", "key4").out());
        assertEquals(0, group.at(0, "put", "new", "life").exit());
        assertEquals("life", group.at(2, "--raw", "get", "new").out());
    }

    @Test
    void withTheMajorityGoneItIsUnavailableAndSaysSo() {
        assertEquals(0, group.group("put", "k", "v").exit());
        group.peer(1).kill9();
        group.peer(2).kill9();

        Outcome write = group.at(0, "--timeout", "8s", "put", "k", "w");
        assertEquals(2, write.exit(), write.toString());
        // That one may have been under way when the majority was still thought to be there.
        Outcome later = group.at(0, "--timeout", "8s", "put", "k", "x");
        assertEquals(2, later.exit(), later.toString());
        assertTrue(later.toString().contains("majority"), later.toString());
        Outcome read = group.at(0, "--timeout", "8s", "get", "k");
        assertEquals(2, read.exit(), read.toString());
        assertTrue(read.toString().contains("majority"), read.toString());
        String json = group.client("--json", "--timeout", "8s", group.port + "", "put", "k", "y")
                .out();
        assertEquals("UNAVAILABLE", new JSONObject(json).getString("code"), json);
    }

    @Test
    void oneCommandStartsAGroupAnswersAndLeavesNothingBehind() {
        GroupCommand.startsAnswersAndLeavesNothingBehind("total-order", group.directory);
    }

    @Test
    void commandsAtThePromptGoOnWhenThePeerIsGone() {
        Outcome session = group.session("PUT k v", "GET k", "DELETE k", "GET k");
        assertEquals(
                "✓ PUT successful: k\n✓ Value for 'k' is: v\n✓ DELETE successful: k\n✗ Key not found: k\n",
                session.out(),
                session.toString());
        assertEquals(Map.of("exit", 1), Map.of("exit", session.exit()));
        group.peer(0).kill9();
        assertEquals("✓ PUT successful: k\n", group.session("PUT k v").out());
    }
}
