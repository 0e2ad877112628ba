package com.kvstore.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.json.JSONObject;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Case 14 of docs/guarantees.md: a data node's disk hangs, with no error and for longer than any time-out. A file system in
 * a file is frozen, which takes root and loop devices; elsewhere this is skipped.
 */
class StuckDiskE2ETest {
    private static final long IMAGE_BYTES = 256L << 20;
    /** Should this process die, nothing stays frozen. */
    private static final int THAW_AFTER_S = 90;

    @TempDir
    private Path directory;

    private Path disk;
    private Process thawing;

    private static int run(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        return process.waitFor(30, TimeUnit.SECONDS) ? process.exitValue() : -1;
    }

    @BeforeEach
    void mountAFileSystemInAFile() throws IOException, InterruptedException {
        Path image = directory.resolve("image");
        try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
            file.setLength(IMAGE_BYTES);
        }
        disk = Files.createDirectory(directory.resolve("disk"));
        boolean mounted;
        try {
            mounted = run("mkfs.ext4", "-q", "-F", image.toString()) == 0
                    && run("mount", "-o", "loop", image.toString(), disk.toString()) == 0;
        } catch (IOException noSuchCommand) {
            mounted = false;
        }
        assumeTrue(mounted, "needs root, mkfs.ext4 and a loop device");
    }

    @AfterEach
    void unmount() throws IOException, InterruptedException {
        if (thawing != null) {
            thawing.destroyForcibly();
            run("fsfreeze", "-u", disk.toString());
        }
        // The data node that had files there was killed: the last of them may be closed a moment later.
        AwakeClock.await(Cluster.START, 100, () -> {
            try {
                return run("umount", disk.toString()) == 0 || run("mountpoint", "-q", disk.toString()) != 0;
            } catch (IOException | InterruptedException failed) {
                throw new AssertionError(failed);
            }
        });
    }

    private void freeze() throws IOException, InterruptedException {
        thawing = new ProcessBuilder("sh", "-c", "sleep " + THAW_AFTER_S + "; fsfreeze -u '" + disk + "'").start();
        assertEquals(0, run("fsfreeze", "-f", disk.toString()));
    }

    @Test
    void aSlaveWhoseDiskHangsIsTreatedAsDownAndCatchesUpWhenItMovesAgain() throws Exception {
        int stuck = Ports.free();
        int other = Ports.free();
        try (Cluster cluster = new Cluster()) {
            cluster.startCoordinator();
            cluster.launchSlave(stuck, "--data-dir", disk.resolve("data").toString());
            cluster.launchSlave(other, "--data-dir", "data");
            cluster.awaitWhole(2);
            try (JsonConnection connection = cluster.connect()) {
                for (int i = 0; i < 50; i++) {
                    assertEquals("ack", connection.put("k" + i, "before").getString("req_type"));
                }
                freeze();
                for (int i = 0; i < 50; i++) {
                    JSONObject written = connection.put("k" + i, "after");
                    assertEquals("ack", written.getString("req_type"), written.toString());
                    assertEquals(1, written.getInt("copies"), written.toString());
                }
                for (int i = 0; i < 50; i++) {
                    assertEquals("after", connection.get("k" + i).optString("message"));
                }
                assertTrue(!Cluster.isWhole(cluster.status()));
                assertEquals(0, run("fsfreeze", "-u", disk.toString()));
                cluster.awaitWhole(2);
                cluster.slave(other).kill9();
                for (int i = 0; i < 50; i++) {
                    assertEquals("after", connection.get("k" + i).optString("message"));
                }
            } finally {
                run("fsfreeze", "-u", disk.toString());
            }
        }
    }
}
