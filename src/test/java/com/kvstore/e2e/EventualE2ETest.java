package com.kvstore.e2e;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.kvstore.client.Convergence;
import com.kvstore.common.Bytes;
import com.kvstore.e2e.RunningProcess.Outcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Real peers of an eventual group, under real {@code kill -9} and SIGSTOP. */
@Timeout(180)
class EventualE2ETest {
    private static final Duration SOON = Duration.ofSeconds(30);
    private static final long STATED_MS = 10_000;

    private PeerGroup group;

    @BeforeEach
    void start() {
        group = PeerGroup.started("eventual", 3);
    }

    @AfterEach
    void end() {
        group.close();
    }

    private void awaitOutput(String expected, int peer, String... words) {
        await().atMost(SOON)
                .untilAsserted(
                        () -> assertEquals(expected, group.at(peer, words).out()));
    }

    @Test
    void whatOnePeerTookTheOthersHearOf() {
        assertEquals(
                "✓ PUT successful: name\n", group.at(0, "SET", "name", "Apurv").out());
        awaitOutput("✓ Value for 'name' is: Apurv\n", 1, "GET", "name");
        awaitOutput("✓ Value for 'name' is: Apurv\n", 2, "GET", "name");
        assertEquals(
                "✓ DELETE successful: name\n", group.at(2, "DELETE", "name").out());
        awaitOutput("✗ Key not found: name\n", 0, "GET", "name");
    }

    @Test
    void aPeerAloneTakesWritesAndThoseThatComeBackEmptyCatchUp() throws Exception {
        assertEquals(0, group.at(0, "put", "before", "1").exit());
        awaitOutput("1", 2, "--raw", "get", "before");
        group.peer(0).kill9();
        group.peer(1).kill9();

        // With --group the client finds the one that is left.
        Outcome alone = group.group("PUT", "alone", "2");
        assertEquals(0, alone.exit(), alone.toString());
        assertTrue(alone.out().startsWith("✓ PUT successful: alone"), alone.out());
        assertEquals("1", group.group("--raw", "get", "before").out());

        group.start(0);
        group.start(1);
        group.awaitAnswer(0, SOON);
        group.awaitAnswer(1, SOON);
        Convergence convergence = Convergence.await(
                group.config(), group.addresses(), List.of(Bytes.of("before"), Bytes.of("alone")), STATED_MS);
        assertTrue(convergence.reached(), convergence + "\n" + group.consoles());
        assertEquals("2", group.at(0, "--raw", "get", "alone").out());
    }

    @Test
    void whatAPausedPeerMissedIsRepairedWithinTheStatedTime() throws Exception {
        group.peer(2).pause();
        List<Bytes> keys =
                IntStream.range(0, 50).mapToObj(i -> Bytes.of("key" + i)).toList();
        Outcome writes = group.session(
                IntStream.range(0, 50).mapToObj(i -> "put key" + i + " v" + i).toArray(String[]::new));
        assertEquals(0, writes.exit(), writes.toString());
        group.peer(2).resume();

        Convergence convergence = Convergence.await(group.config(), group.addresses(), keys, STATED_MS);
        assertTrue(convergence.reached(), convergence + "\n" + group.consoles());
        assertEquals("v49", group.at(2, "--raw", "get", "key49").out());
    }

    @Test
    void aSessionReadsItsOwnWritesAtAPeerThatHasNotHeardOfThem() throws IOException {
        Path session = group.directory.resolve("session");
        String[] kept = {"--session", session.toString()};
        group.peer(1).pause();
        assertEquals(
                0,
                group.client(kept[0], kept[1], group.port + "", "put", "k", "mine")
                        .exit());
        assertTrue(Files.readString(session).endsWith("aw==\n"), "the key in base64");
        group.peer(1).resume();

        Outcome read = group.client(kept[0], kept[1], group.port + 1 + "", "get", "k");
        assertEquals("✓ Value for 'k' is: mine\n", read.out(), read.toString());

        // What never can come there is not answered with something old.
        Files.writeString(session, "999999999999999999.1 aw==\n");
        Outcome never = group.client(kept[0], kept[1], "--timeout", "6s", group.port + 1 + "", "get", "k");
        assertEquals(2, never.exit(), never.toString());
        assertTrue(never.out().contains("has not reached this peer yet"), never.toString());
    }

    @Test
    void oneCommandStartsAGroupAnswersAndLeavesNothingBehind() {
        GroupCommand.startsAnswersAndLeavesNothingBehind("eventual", group.directory);
    }
}
