package com.kvstore.storage;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.kvstore.SmallDisk;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JournalTest {
    private static final int PAGE = JournalRecord.PAGE_BYTES;

    @TempDir
    private Path directory;

    /** Every sync of its files fails while told so. */
    private boolean syncsFail;

    private final Journal.Opener opener = file -> new Segment(file) {
        @Override
        void sync() throws IOException {
            if (syncsFail) {
                throw new IOException("Input/output error");
            }
            super.sync();
        }
    };

    private Journal open(long applied) throws IOException {
        return Journal.open(directory.resolve("j"), applied, opener);
    }

    private static List<byte[]> read(Journal journal, long applied) throws IOException {
        List<byte[]> read = new ArrayList<>();
        journal.replay(applied, (sequence, batch) -> {
            assertEquals(applied + 1 + read.size(), sequence);
            read.add(batch);
        });
        return read;
    }

    private static byte[] batch(Random random, int bytes) {
        byte[] batch = new byte[bytes];
        random.nextBytes(batch);
        return batch;
    }

    private static void assertSame(List<byte[]> expected, List<byte[]> actual) {
        assertEquals(expected.size(), actual.size());
        for (int i = 0; i < expected.size(); i++) {
            assertArrayEquals(expected.get(i), actual.get(i));
        }
    }

    private List<Path> files() throws IOException {
        try (Stream<Path> files = Files.list(directory.resolve("j"))) {
            return files.sorted().toList();
        }
    }

    private static void change(Path file, long at, int bits) throws IOException {
        try (RandomAccessFile bytes = new RandomAccessFile(file.toFile(), "rw")) {
            bytes.seek(at);
            int present = bytes.read();
            bytes.seek(at);
            bytes.write(present ^ bits);
        }
    }

    @Test
    void batchesOfAnySizeComeBackInTheirOrder() throws IOException {
        Random random = new Random(1);
        List<byte[]> written = new ArrayList<>();
        for (int life = 0; life < 4; life++) {
            try (Journal journal = open(0)) {
                assertSame(written, read(journal, 0));
                for (int i = 0; i < 60; i++) {
                    int bytes = random.nextInt(10) == 0 ? random.nextInt(3 << 20) : random.nextInt(3 * PAGE);
                    written.add(batch(random, bytes));
                    assertEquals(written.size(), journal.append(written.get(written.size() - 1), true));
                }
            }
        }
        assertTrue(files().size() > 2, "the journal has changed files");
        try (Journal journal = open(0)) {
            assertSame(written, read(journal, 0));
            assertSame(written.subList(100, written.size()), read(journal, 100));
        }
    }

    @Test
    void filesAreUsedAgainOnceTheTablesHaveTheirBatches() throws IOException {
        Random random = new Random(2);
        Map<Long, byte[]> written = new TreeMap<>();
        long released = 0;
        try (Journal journal = open(0)) {
            for (int i = 0; i < 2_000; i++) {
                byte[] batch = batch(random, random.nextInt(100_000));
                written.put(journal.append(batch, i % 50 == 0), batch);
                if (i % 200 == 199) {
                    released = journal.sequence() - 20;
                    journal.release(released);
                    journal.prepare();
                }
            }
        }
        assertTrue(files().size() < 8, "100 MB were written in few files: " + files());
        try (Journal journal = open(released)) {
            long from = released;
            List<byte[]> expected = new ArrayList<>();
            written.forEach((sequence, batch) -> {
                if (sequence > from) {
                    expected.add(batch);
                }
            });
            assertSame(expected, read(journal, released));
        }
    }

    /** Full files of 1, 2, 4, 8, 16 and 32 MiB: fewer than may be full, but more than a restart should go through. */
    @Test
    void theTablesAreWantedOnceARestartWouldHaveMuchToGoThrough() throws IOException {
        try (Journal journal = open(0)) {
            for (int i = 0; i < 30; i++) {
                journal.append(new byte[1_000_000], false);
            }
            assertFalse(journal.isLong());
            for (int i = 0; i < 40; i++) {
                journal.append(new byte[1_000_000], false);
            }
            assertTrue(journal.isLong());
        }
    }

    @Test
    void aTornLastBatchIsCutOffAndItsPlaceTakenByTheNext() throws IOException {
        Random random = new Random(3);
        try (Journal journal = open(0)) {
            for (int i = 0; i < 10; i++) {
                journal.append(batch(random, 2 * PAGE), true);
            }
        }
        change(files().get(0), 9 * 3 * PAGE + PAGE + 5, 1);
        try (Journal journal = open(0)) {
            assertEquals(9, read(journal, 0).size());
            assertEquals(10, journal.append(new byte[] {7}, true));
        }
        try (Journal journal = open(0)) {
            List<byte[]> read = read(journal, 0);
            assertEquals(10, read.size());
            assertArrayEquals(new byte[] {7}, read.get(9));
        }
    }

    @Test
    void aFlippedBitInAnyOlderBatchIsRefusedNamingTheFile() throws IOException {
        Random random = new Random(4);
        try (Journal journal = open(0)) {
            for (int i = 0; i < 30; i++) {
                journal.append(batch(random, 2 * PAGE - JournalRecord.HEADER_BYTES), true);
            }
        }
        Path file = files().get(0);
        for (int i = 0; i < 200; i++) {
            long at = random.nextInt(29 * 2 * PAGE);
            int bit = 1 << random.nextInt(8);
            change(file, at, bit);
            DamagedDataException refused = assertThrows(DamagedDataException.class, () -> open(0), "byte " + at);
            assertTrue(refused.getMessage().contains("journal"), refused.getMessage());
            change(file, at, bit);
        }
        try (Journal journal = open(0)) {
            assertEquals(30, read(journal, 0).size());
        }
    }

    @Test
    void aMissingFileIsRefused() throws IOException {
        try (Journal journal = open(0)) {
            for (int i = 0; i < 20; i++) {
                journal.append(new byte[300_000], true);
                journal.prepare();
            }
        }
        for (Path file : files()) {
            Path away = directory.resolve("away");
            Files.move(file, away);
            assertThrows(DamagedDataException.class, () -> open(0), file.toString());
            Files.move(away, file);
        }
        for (Path file : files()) {
            Files.delete(file);
        }
        assertThrows(DamagedDataException.class, () -> open(5));
    }

    @Test
    void theNextBatchTakesThePlaceOfOneThatCouldNotBeSynced() throws IOException {
        try (Journal journal = open(0)) {
            journal.append(new byte[] {1}, true);
            syncsFail = true;
            assertThrows(IOException.class, () -> journal.append(new byte[3 * PAGE], true));
            assertThrows(IOException.class, () -> journal.append(new byte[3 * PAGE], true));
            syncsFail = false;
            assertEquals(2, journal.append(new byte[] {2}, true));
            assertEquals(3, journal.append(new byte[] {3}, true));
        }
        try (Journal journal = open(0)) {
            assertSame(List.of(new byte[] {1}, new byte[] {2}, new byte[] {3}), read(journal, 0));
        }
    }

    /** Two makers of one file took it away from each other when the disk was full, with batches in it. */
    @Test
    void noFileIsMadeTwiceHoweverAppendingAndPreparingMeet() throws Exception {
        List<Path> opened = Collections.synchronizedList(new ArrayList<>());
        Journal.Opener counting = file -> {
            opened.add(file);
            return new Segment(file);
        };
        try (Journal journal = Journal.open(directory.resolve("j"), 0, counting)) {
            AtomicBoolean done = new AtomicBoolean();
            CompletableFuture<Void> preparing = CompletableFuture.runAsync(() -> {
                while (!done.get()) {
                    try {
                        journal.prepare();
                    } catch (IOException failed) {
                        throw new UncheckedIOException(failed);
                    }
                }
            });
            for (int i = 0; i < 40; i++) {
                journal.append(new byte[900_000], false);
            }
            done.set(true);
            preparing.join();
        }
        assertEquals(opened.size(), new HashSet<>(opened).size(), "opened: " + opened);
        assertEquals(files().size(), opened.size());
    }

    /** What was not synced may be on the disk in any part: whatever is read back is an unbroken beginning. */
    @Test
    void afterAPowerLossAnUnbrokenBeginningIsReadWithAllThatWasSynced() throws IOException {
        for (int seed = 0; seed < 10; seed++) {
            Path home = directory.resolve("power-" + seed);
            powerLosses(home, new Random(seed));
        }
    }

    private void powerLosses(Path home, Random random) throws IOException {
        List<byte[]> written = new ArrayList<>();
        long applied = 0;
        for (int life = 0; life < 4; life++) {
            Map<Path, byte[]> onDisk = new TreeMap<>();
            int[] appended = {0};
            int[] safe = {0};
            Journal.Opener watched = file -> new Segment(file) {
                @Override
                void sync() throws IOException {
                    super.sync();
                    onDisk.put(file, Files.readAllBytes(file));
                    safe[0] = appended[0];
                }
            };
            try (Journal journal = Journal.open(home, applied, watched)) {
                List<byte[]> read = read(journal, applied);
                assertSame(written.subList((int) applied, (int) applied + read.size()), read);
                written = new ArrayList<>(written.subList(0, (int) applied + read.size()));
                onDisk.putAll(images(home));
                appended[0] = written.size();
                safe[0] = appended[0];
                for (int i = 0; i < 40; i++) {
                    byte[] batch = batch(random, random.nextInt(15) == 0 ? 200_000 : random.nextInt(3 * PAGE));
                    boolean sync = random.nextInt(6) == 0;
                    written.add(batch);
                    journal.append(batch, sync);
                    appended[0] = written.size();
                    safe[0] = sync ? appended[0] : safe[0];
                    if (sync && random.nextInt(3) == 0) {
                        applied = journal.sequence() - random.nextInt(2);
                        journal.release(applied);
                    }
                }
            }
            losePower(home, onDisk, random);
            try (Journal journal = Journal.open(home, applied, opener)) {
                int there = (int) applied + read(journal, applied).size();
                assertTrue(there >= safe[0], there + " of " + safe[0] + " synced batches are there");
            }
        }
    }

    private static Map<Path, byte[]> images(Path home) throws IOException {
        Map<Path, byte[]> images = new TreeMap<>();
        try (Stream<Path> files = Files.list(home)) {
            for (Path file : files.toList()) {
                images.put(file, Files.readAllBytes(file));
            }
        }
        return images;
    }

    /** Each page that was written since may have arrived or not. */
    private static void losePower(Path home, Map<Path, byte[]> onDisk, Random random) throws IOException {
        for (Map.Entry<Path, byte[]> now : images(home).entrySet()) {
            byte[] before = onDisk.get(now.getKey());
            byte[] after = now.getValue();
            if (before == null) {
                continue;
            }
            for (int at = 0; at < before.length; at += PAGE) {
                int end = Math.min(at + PAGE, before.length);
                if (!Arrays.equals(before, at, end, after, at, end) && random.nextBoolean()) {
                    System.arraycopy(before, at, after, at, end - at);
                }
            }
            Files.write(now.getKey(), after);
        }
    }

    @Test
    void aFileThatIsMadeAheadLeavesMostOfTheRoomToTheTables() throws Exception {
        try (SmallDisk disk = SmallDisk.mount(directory.resolve("small"), 40);
                Journal journal = Journal.open(disk.directory().resolve("j"), 0, opener)) {
            long roomBytes = Files.getFileStore(disk.directory()).getUsableSpace();
            for (int i = 0; i < 6; i++) {
                journal.append(new byte[(int) (roomBytes / 16)], true);
            }
            long leftBytes = Files.getFileStore(disk.directory()).getUsableSpace();
            journal.prepare();
            assertTrue(Files.getFileStore(disk.directory()).getUsableSpace() >= leftBytes / 4 * 3 - PAGE);
        }
    }
}
