package com.kvstore.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.kvstore.e2e.RunningProcess.Outcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A cluster that asks for a password, with the shipped scripts. */
class PasswordE2ETest {
    private final Cluster cluster = new Cluster("--password-file", "password");

    @BeforeEach
    void writePasswords() throws IOException {
        write("password", "open sesame\n");
        write("other", "let me in\n");
    }

    @AfterEach
    void stop() {
        cluster.close();
    }

    private void write(String name, String content) throws IOException {
        Path file = cluster.directory.resolve(name);
        Files.writeString(file, content);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    }

    @Test
    void onlyWhoKnowsThePasswordReadsWritesAndJoins() {
        cluster.startCoordinator();
        cluster.startSlave(Ports.free(), "--password-file", "password");
        RunningProcess stranger = cluster.launchSlave(Ports.free(), "--password-file", "other");
        stranger.awaitLine("refuses this node", Cluster.START);
        cluster.coordinator().awaitLine("gave a wrong password", Cluster.START);

        Outcome put = cluster.client("--password-file", "password", "put", "username", "alice");
        assertTrue(put.out().startsWith("✓ PUT successful: username"), put.toString());
        Outcome without = cluster.client("get", "username");
        assertEquals(2, without.exit());
        assertTrue(without.out().contains("--password-file"), without.toString());
        Outcome wrong = cluster.client("--password-file", "other", "get", "username");
        assertEquals(2, wrong.exit());
        Outcome status = cluster.client("--password-file", "password", "status", "--json");
        assertEquals(1, status.out().split("\"address\"", -1).length - 1, status.out());
        assertFalse((cluster.coordinator() + " " + stranger + status.out()).contains("sesame"));
    }

    @Test
    void aPasswordFileThatIsEmptyOrAbsentIsRefused() throws IOException {
        write("empty", "\n");
        Outcome empty = cluster.client("--password-file", "empty", "status");
        assertEquals(2, empty.exit());
        assertTrue(empty.err().contains("empty"), empty.err());
        Outcome absent = cluster.client("--password-file", "nowhere", "status");
        assertEquals(2, absent.exit());
        assertTrue(absent.err().contains("nowhere"), absent.err());
    }
}
