package com.kvstore.e2e;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.kvstore.e2e.RunningProcess.Outcome;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.stream.Stream;
import org.json.JSONArray;
import org.json.JSONObject;
import org.junit.jupiter.api.Test;

/** {@code --backup-to}: a coordinator pushes its newest backup to backup servers, which are killed and come back. */
class BackupPushE2ETest {
    private static final Duration SOON = Duration.ofSeconds(60);
    private static final int VALUES = 48;

    private static RunningProcess launchBackupServer(Cluster cluster, int port, String... options) {
        String[] arguments = {"127.0.0.1", Integer.toString(port), "--backup-only", "--backup-dir", "theirs"};
        RunningProcess server = cluster.launch(
                "backup server",
                "run-slave.sh",
                Stream.concat(Arrays.stream(arguments), Arrays.stream(options)).toArray(String[]::new));
        server.awaitLine("[INFO] Ready to take backups", Cluster.START);
        return server;
    }

    private static List<Path> endingIn(Path directory, String end) {
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(file -> file.toString().endsWith(end)).sorted().toList();
        } catch (NoSuchFileException notYet) {
            return List.of();
        } catch (IOException failed) {
            throw new java.io.UncheckedIOException(failed);
        }
    }

    private static JSONObject backupServer(Cluster cluster, int port) {
        JSONArray servers = cluster.status().getJSONArray("backup_servers");
        for (int i = 0; i < servers.length(); i++) {
            if (servers.getJSONObject(i).getString("address").equals(Cluster.address(port))) {
                return servers.getJSONObject(i);
            }
        }
        throw new AssertionError(servers.toString());
    }

    /** Bytes that no compression and no repetition make smaller, another sequence for each key. */
    private static String value(int number) {
        byte[] bytes = new byte[1 << 20];
        new java.util.Random(number).nextBytes(bytes);
        return Base64.getEncoder().encodeToString(bytes).substring(0, 1 << 20);
    }

    /** Makes a backup where the coordinator keeps its own, as anybody on its host may. */
    private static String backupNow(Cluster cluster) {
        Outcome made = cluster.client("backup", "now", "mine");
        assertEquals(0, made.exit(), made.toString());
        List<Path> files = endingIn(cluster.directory.resolve("mine"), ".kvbackup");
        return files.get(files.size() - 1).getFileName().toString();
    }

    @Test
    void aBackupServerKilledInTheMidstOfAPushGetsTheNewestOneWhenItIsBackAndItRestoresElsewhere() throws Exception {
        int serverPort = Ports.free();
        try (Cluster from = Cluster.started(
                        2, "--backup-dir", "mine", "--backup-every", "1h", "--backup-to", Cluster.address(serverPort));
                Cluster to = Cluster.started(1)) {
            try (JsonConnection connection = from.connect()) {
                for (int i = 0; i < VALUES; i++) {
                    connection.put("k" + i, value(i));
                }
            }
            Path theirs = from.directory.resolve("theirs");
            RunningProcess server = launchBackupServer(from, serverPort);
            String cutOff = "";
            // Which moment the kill hits is the machine's to say; what counts is that one hits the midst of a push.
            for (int i = 0; i < 20 && cutOff.isEmpty(); i++) {
                String name = backupNow(from);
                Path arriving = theirs.resolve(name + ".arriving");
                await().atMost(SOON)
                        .pollDelay(Duration.ZERO)
                        .pollInterval(Duration.ofMillis(1))
                        .until(() -> Files.exists(arriving) || Files.exists(theirs.resolve(name)));
                server.kill9();
                cutOff = Files.exists(arriving) ? name : "";
                if (cutOff.isEmpty()) {
                    server = launchBackupServer(from, serverPort);
                }
            }
            assertFalse(cutOff.isEmpty(), "no push was under way when the server was killed");
            from.coordinator().awaitLine("Cannot push " + cutOff, SOON);
            assertFalse(backupServer(from, serverPort).isNull("problem"));

            String newest = backupNow(from);
            server = launchBackupServer(from, serverPort);
            // The server cleans up before it acknowledges, not before the file has its name.
            await().atMost(SOON)
                    .until(() -> newest.equals(backupServer(from, serverPort).optString("pushed")));
            assertEquals(List.of(), endingIn(theirs, ".arriving"), "the one cut off is replaced, not gone on with");
            assertArrayEquals(
                    Files.readAllBytes(from.directory.resolve("mine").resolve(newest)),
                    Files.readAllBytes(theirs.resolve(newest)));
            assertTrue(backupServer(from, serverPort).isNull("problem"));
            server.terminate();
            assertEquals(0, server.awaitExit(Cluster.START));

            Outcome restored =
                    to.client("backup", "restore", theirs.resolve(newest).toString());
            assertEquals(0, restored.exit(), restored.toString());
            try (JsonConnection connection = to.connect()) {
                for (int i = 0; i < VALUES; i++) {
                    assertEquals(value(i), connection.get("k" + i).getString("message"));
                }
                assertEquals(VALUES, connection.ask("{\"req_type\":\"count\"}").getLong("keys"));
            }
        }
    }

    @Test
    void dataNodesAndBackupServersThatKnowThePasswordArePushedToOnceTheyAreThereAndKeepTheNewest() throws Exception {
        int slavePort = Ports.free();
        int serverPort = Ports.free();
        int strangerPort = Ports.free();
        try (Cluster cluster = new Cluster(
                "--password-file",
                "password",
                "--backup-dir",
                "mine",
                "--backup-every",
                "1s",
                "--backup-to",
                String.join(
                        ",", Cluster.address(slavePort), Cluster.address(serverPort), Cluster.address(strangerPort)))) {
            Path password = cluster.directory.resolve("password");
            Files.writeString(password, "open sesame\n");
            Files.setPosixFilePermissions(password, PosixFilePermissions.fromString("rw-------"));
            cluster.startCoordinator();
            cluster.startSlave(slavePort, "--password-file", "password", "--backup-dir", "slave", "--backup-keep", "2");
            cluster.startSlave(strangerPort, "--password-file", "password");
            Outcome put = cluster.client("--password-file", "password", "put", "username", "alice");
            assertEquals(0, put.exit(), put.toString());

            Path onSlave = cluster.directory.resolve("slave");
            await().atMost(SOON).until(() -> !endingIn(onSlave, ".kvbackup").isEmpty());
            RunningProcess coordinator = cluster.coordinator();
            coordinator.awaitLine("to the backup server " + Cluster.address(serverPort), SOON);
            coordinator.awaitLine("start it with --backup-dir DIR", SOON);
            launchBackupServer(cluster, serverPort, "--password-file", "password");
            coordinator.awaitLine("is on the backup server " + Cluster.address(serverPort), SOON);
            Path onServer = cluster.directory.resolve("theirs");
            await().atMost(SOON)
                    .until(() -> endingIn(cluster.directory.resolve("mine"), ".kvbackup")
                                            .size()
                                    >= 4
                            && !endingIn(onServer, ".kvbackup").isEmpty());
            assertTrue(endingIn(onSlave, ".kvbackup").size() <= 3, "two stay, and one may just have come");
            long said = coordinator.lines().stream()
                    .filter(line -> line.contains("Cannot push") && line.contains(Cluster.address(strangerPort)))
                    .count();
            assertEquals(1, said, "once, not in a flood: " + coordinator);
            Outcome status = cluster.client("--password-file", "password", "status");
            assertTrue(status.out().contains("Backup servers"), status.out());
            assertTrue(status.out().contains("start it with --backup-dir DIR"), status.out());
        }
    }

    @Test
    void anybodyMayPushInJsonButNoNameLeavesTheDirectory() throws Exception {
        int serverPort = Ports.free();
        try (Cluster cluster = new Cluster()) {
            RunningProcess server = launchBackupServer(cluster, serverPort);
            JSONObject part = new JSONObject()
                    .put("req_type", "store-backup")
                    .put("total_bytes", 4)
                    .put("offset", 0)
                    .put("chunk_b64", Base64.getEncoder().encodeToString("evil".getBytes(StandardCharsets.UTF_8)));
            try (JsonConnection connection = new JsonConnection(serverPort)) {
                for (String name : List.of("../evil.kvbackup", "/evil", "..", "../../x", "theirs/../../evil")) {
                    assertEquals(
                            "BAD_REQUEST",
                            connection.ask(part.put("name", name)).getString("code"));
                }
                String name = "backup-20260101-000000-000.kvbackup";
                JSONObject damaged = connection.ask(part.put("name", name));
                assertEquals("CONFLICT", damaged.getString("code"), damaged.toString());
                JSONObject begun = connection.ask(part.put("total_bytes", 100));
                assertEquals(4, begun.getJSONObject("document").getLong("held_bytes"), begun.toString());
                assertEquals("WRONG_NODE", connection.get("username").getString("code"));
                assertEquals(
                        List.of(cluster.directory.resolve("theirs").resolve(name + ".arriving")),
                        endingIn(cluster.directory.resolve("theirs"), ""));
            }
            assertTrue(server.isAlive());
            assertEquals(List.of(cluster.directory.resolve("theirs")), endingIn(cluster.directory, ""));
        }
    }
}
