package com.kvstore.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.kvstore.e2e.RunningProcess.Outcome;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.json.JSONObject;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a person or a script gets to see of the client, against real processes. */
class SessionE2ETest {
    private static Cluster cluster;

    @BeforeAll
    static void start() {
        cluster = Cluster.started(3);
    }

    @AfterAll
    static void stop() {
        cluster.close();
    }

    @Test
    void aPipedSessionAnswersEachCommandInOneLineAndNothingElse() {
        Outcome outcome = cluster.session(
                "put:username:alice",
                "get:username",
                "update:username:bob",
                "get:username",
                "put:url:http://example.org/a b",
                "get:url",
                "delete:username");
        assertEquals(
                List.of(
                        "✓ PUT successful: username",
                        "✓ Value for 'username' is: alice",
                        "✓ UPDATE successful: username",
                        "✓ Value for 'username' is: bob",
                        "✓ PUT successful: url",
                        "✓ Value for 'url' is: http://example.org/a b",
                        "✓ DELETE successful: username"),
                outcome.outLines());
        assertEquals("", outcome.err());
        assertEquals(0, outcome.exit());
    }

    @Test
    void aMissingKeyIsNamedAndMakesTheExitStatusOne() {
        Outcome outcome = cluster.session("get:email", "update:email:x", "delete:email", "put:present:1");
        assertEquals(
                List.of(
                        "✗ Key not found: email",
                        "✗ Key not found: email",
                        "✗ Key not found: email",
                        "✓ PUT successful: present"),
                outcome.outLines());
        assertEquals(1, outcome.exit());
    }

    @Test
    void aCommandThatCannotBeUnderstoodMakesTheExitStatusTwo() {
        Outcome outcome = cluster.session("frobnicate:key", "put:after:1", "get:nowhere");
        List<String> answers = outcome.outLines();
        assertEquals(3, answers.size(), outcome.toString());
        assertTrue(answers.get(0).startsWith("✗ "), answers.get(0));
        assertEquals("✓ PUT successful: after", answers.get(1));
        assertEquals(2, outcome.exit());
    }

    @Test
    void bothGrammarsDoTheSameInAnyLetterCase() {
        Outcome outcome = cluster.session(
                "SET \"two words\" \"a \\\"quoted\\\" value\"",
                "get two\\ words",
                "Put:two words:plain",
                "GET:two words",
                "uPdAtE \"two words\" x",
                "DEL \"two words\"");
        assertEquals(
                List.of(
                        "✓ PUT successful: two words",
                        "✓ Value for 'two words' is: a \"quoted\" value",
                        "✓ PUT successful: two words",
                        "✓ Value for 'two words' is: plain",
                        "✓ UPDATE successful: two words",
                        "✓ DELETE successful: two words"),
                outcome.outLines());
        assertEquals(0, outcome.exit());
    }

    @Test
    void exitSaysGoodbyeAndNothingAfterItRuns() {
        Outcome outcome = cluster.session("put:left:1", "exit", "put:never:1");
        assertEquals(List.of("✓ PUT successful: left", "TATA!!!!"), outcome.outLines());
        assertEquals(0, outcome.exit());
        assertEquals(1, cluster.client("get", "never").exit());
    }

    @Test
    void oneCommandOnTheCommandLineRunsAndEnds() {
        assertEquals(
                "✓ PUT successful: name\n",
                cluster.client("put", "name", "Apurv").out());
        Outcome found = cluster.client("get", "name");
        assertEquals("✓ Value for 'name' is: Apurv\n", found.out());
        assertEquals(0, found.exit());
        Outcome atPort = cluster.client(Integer.toString(cluster.port), "SET", "name", "Apurv Two");
        assertEquals("✓ PUT successful: name\n", atPort.out());
        Outcome missing = cluster.client("get", "no such name");
        assertEquals("✗ Key not found: no such name\n", missing.out());
        assertEquals(1, missing.exit());
    }

    @Test
    void rawPrintsTheBareValue() {
        cluster.client("put", "raw-key", "  spaced  ");
        assertEquals(
                "  spaced  ", cluster.client("--raw", "get", "raw-key").out().replaceFirst("\n$", ""));
    }

    @Test
    void jsonPrintsJsonForErrorsToo() {
        cluster.client("put", "json-key", "value");
        JSONObject found =
                new JSONObject(cluster.client("--json", "get", "json-key").out());
        assertEquals("value", found.getString("message"));
        Outcome missing = cluster.client("--json", "get", "no-json-key");
        assertEquals("NOT_FOUND", new JSONObject(missing.out()).getString("code"));
        assertEquals(1, missing.exit());
    }

    @Test
    void statusAsJsonHasWhatScriptsRelyOn() {
        Outcome outcome = cluster.client("status", "--json");
        assertEquals(0, outcome.exit(), outcome.toString());
        JSONObject status = new JSONObject(outcome.out());
        assertTrue(status.getLong("epoch") > 0);
        JSONObject copies = status.getJSONObject("copies");
        assertTrue(copies.getBoolean("whole"));
        assertEquals(0, copies.getInt("single"));
        assertEquals(0, copies.getInt("lost"));
        assertEquals(0, copies.getLong("moving_bytes"));
        assertEquals(3, status.getJSONArray("servers").length());
        JSONObject server = status.getJSONArray("servers").getJSONObject(0);
        assertTrue(cluster.slavePorts().contains(Cluster.portOf(server.getString("address"))));
        assertEquals("up", server.getString("state"));
        assertTrue(server.getInt("position") >= 0 && server.getInt("position") < 31);
        assertTrue(server.has("keys"));
        assertTrue(server.getLong("heartbeat_age_ms") < 30_000);
    }

    @Test
    void whereTellsPositionOwnerAndReplica() {
        Outcome outcome = cluster.client("where", "username");
        assertEquals(0, outcome.exit(), outcome.toString());
        assertTrue(outcome.out().contains("25"), outcome.out());
        assertTrue(outcome.out().contains(Cluster.ownerOf("username", cluster.ring())), outcome.out());
        assertTrue(outcome.out().contains(Cluster.replicaOf("username", cluster.ring())), outcome.out());
    }

    @Test
    void aFileComesBackByteForByte() throws IOException {
        byte[] bytes = new byte[3 * 1024 * 1024];
        new Random(7).nextBytes(bytes);
        Path original = cluster.directory.resolve("original");
        Files.write(original, bytes);
        Outcome stored = cluster.client("put-file", "file", original.toString());
        assertEquals(0, stored.exit(), stored.toString());
        Outcome restored = cluster.client("get-file", "file", "restored");
        assertEquals(0, restored.exit(), restored.toString());
        assertEquals(-1, Files.mismatch(original, cluster.directory.resolve("restored")));
    }

    @Test
    void aValueOfAnyTextComesBackAsItWent() {
        String text = "Grüße 世界 \uD83D\uDE00 \t tab";
        assertEquals(0, cluster.client("put", "text", text).exit());
        assertEquals(text, cluster.client("--raw", "get", "text").out().replaceFirst("\n$", ""));
    }

    @Test
    void anUnreachableCoordinatorIsNamedTogetherWithTheConfigFile() throws IOException {
        Path elsewhere = Files.createDirectory(cluster.directory.resolve("elsewhere"));
        int nobody = Ports.free();
        Files.writeString(elsewhere.resolve("cs_config.txt"), "127.0.0.1\n" + nobody + "\n", StandardCharsets.UTF_8);
        Outcome outcome = RunningProcess.run(elsewhere, Map.of(), Cluster.command("run-client.sh", "get", "name"), "");
        String said = outcome.out() + outcome.err();
        assertTrue(said.contains("127.0.0.1:" + nobody), said);
        assertTrue(said.contains("cs_config.txt"), said);
        assertEquals(2, outcome.exit());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "run-coordinator.sh --no-such-option",
                "run-coordinator.sh 127.0.0.1 not-a-port",
                "run-coordinator.sh 127.0.0.1 70000",
                "run-coordinator.sh 127.0.0.1 8080 --cache-size many",
                "run-coordinator.sh 127.0.0.1 8080 --heartbeat-timeout 5parsecs",
                "run-slave.sh",
                "run-slave.sh 127.0.0.1",
                "run-slave.sh 127.0.0.1 0",
                "run-slave.sh 127.0.0.1 8081 --no-such-option",
                "run-client.sh --no-such-option",
                "run-cluster.sh --slaves none",
                "run-cluster.sh --no-such-option 1",
            })
    void aBadCommandLineIsExplainedOnStandardErrorAndExitsTwo(String commandLine) {
        String[] words = commandLine.split(" ");
        Outcome outcome = RunningProcess.run(
                cluster.directory,
                Map.of(),
                Cluster.command(
                        words[0], List.of(words).subList(1, words.length).toArray(String[]::new)),
                "");
        assertEquals(2, outcome.exit(), outcome.toString());
        assertFalse(outcome.err().isBlank(), outcome.toString());
        assertFalse(outcome.err().contains("Exception"), outcome.err());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "run-coordinator.sh",
                "run-slave.sh",
                "run-client.sh",
                "run-cluster.sh",
                "run-tests.sh",
                "build-simple.sh"
            })
    void everyScriptHasHelp(String script) {
        Outcome outcome = RunningProcess.run(cluster.directory, Map.of(), Cluster.command(script, "--help"), "");
        assertEquals(0, outcome.exit(), outcome.toString());
        assertTrue(outcome.out().contains(script.replaceFirst(".*/", "")), outcome.toString());
    }
}
