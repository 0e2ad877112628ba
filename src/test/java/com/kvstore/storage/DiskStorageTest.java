package com.kvstore.storage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.kvstore.common.Bytes;
import com.kvstore.common.Condition;
import com.kvstore.common.Table;
import com.kvstore.common.Version;
import com.kvstore.protocol.membership.PreparedWrite;
import com.kvstore.protocol.parts.StoredRecord;
import com.kvstore.protocol.ring.Promise;
import com.kvstore.protocol.twophase.TwoPhaseMessage.Prepare;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DiskStorageTest {
    @TempDir
    private Path directory;

    private static final Prepare PREPARE = new Prepare(
            new Version(3, 9),
            List.of(1, 2),
            List.of(
                    new PreparedWrite(Table.PREV, 7, Bytes.of("k"), Bytes.of("v"), 99, Condition.NONE),
                    new PreparedWrite(Table.OWN, 8, Bytes.of("gone"), null, Condition.NONE)),
            List.of(4));

    private DiskStorage open() throws IOException {
        return DiskStorage.open(directory.resolve("d"), true, notice -> {});
    }

    /** @return null when durable */
    private static String sync(DiskStorage storage) {
        CompletableFuture<String> ended = new CompletableFuture<>();
        storage.sync(ended::complete);
        return ended.join();
    }

    private static StoredRecord record(String key, String value, long counter) {
        return new StoredRecord(5, Bytes.of(key), value == null ? null : Bytes.of(value), new Version(2, counter));
    }

    @Test
    void whatWasSyncedIsThereAfterAKill() throws IOException {
        long incarnation;
        Path killed;
        Promise promise = new Promise(11, 12, 13, 14);
        try (DiskStorage storage = open()) {
            incarnation = storage.incarnation();
            assertTrue(storage.table().apply(record("a", "1", 1)));
            assertTrue(storage.table().apply(record("b", null, 2)));
            storage.transactions().prepared(PREPARE);
            storage.transactions().prepared(new Prepare(new Version(3, 10), List.of(1), List.of(), List.of()));
            storage.transactions().committed(new Version(3, 10));
            storage.transactions().prepared(new Prepare(new Version(3, 11), List.of(1), List.of(), List.of()));
            storage.transactions().aborted(new Version(3, 11));
            storage.promise(promise);
            assertNull(sync(storage));
            storage.table().apply(record("unsynced", "x", 9));
            killed = CrashCopy.of(directory.resolve("d"), "killed");
        }
        try (DiskStorage storage = DiskStorage.open(killed, true, notice -> {})) {
            assertEquals(incarnation, storage.incarnation());
            assertEquals(promise, storage.promise());
            assertEquals(record("a", "1", 1), storage.table().get(Bytes.of("a")));
            assertEquals(record("b", null, 2), storage.table().get(Bytes.of("b")));
            assertNull(storage.table().get(Bytes.of("unsynced")));
            assertEquals(1, storage.table().keys());
            assertEquals(1, storage.table().tombstones());
            assertEquals(List.of(PREPARE), storage.transactions().preparedBefore());
            assertEquals(List.of(new Version(3, 10)), storage.transactions().committedBefore());
        }
    }

    @Test
    void anEmptyDirectoryIsAnotherIncarnation() throws IOException {
        try (DiskStorage one = open();
                DiskStorage other = DiskStorage.open(directory.resolve("e"), false, notice -> {})) {
            assertNotEquals(one.incarnation(), other.incarnation());
        }
    }

    @Test
    void theTableBehavesAsTheOneInMemoryWhateverIsSyncedInBetween() throws IOException {
        Random random = new Random(42);
        MemoryTable expected = new MemoryTable();
        try (DiskStorage storage = open()) {
            for (int i = 0; i < 6_000; i++) {
                Bytes key = Bytes.of("key" + random.nextInt(300));
                if (random.nextInt(10) == 0) {
                    expected.remove(key);
                    storage.table().remove(key);
                } else {
                    Bytes value = random.nextInt(4) == 0 ? null : Bytes.of("v" + i);
                    Version version = new Version(1, random.nextInt(6_000));
                    long deadlineMs = value != null && random.nextInt(5) == 0 ? 1 + random.nextInt(1_000) : 0;
                    assertEquals(
                            expected.apply(3, key, value, deadlineMs, version),
                            storage.table().apply(3, key, value, deadlineMs, version));
                }
                if (random.nextInt(40) == 0) {
                    assertNull(sync(storage));
                }
                if (random.nextInt(200) == 0) {
                    assertSameTable(expected, storage, random.nextLong());
                }
            }
            assertSameTable(expected, storage, 0);
            storage.table().clear();
            assertEquals(
                    0,
                    storage.table().keys()
                            + storage.table().tombstones()
                            + storage.table().bytes());
            assertEquals(List.of(), records(storage.table(), 0));
        }
    }

    private static void assertSameTable(MemoryTable expected, DiskStorage storage, long from) {
        assertEquals(records(expected, from), records(storage.table(), from));
        assertEquals(expected.keys(), storage.table().keys());
        assertEquals(expected.tombstones(), storage.table().tombstones());
        assertEquals(expected.expiring(), storage.table().expiring());
        assertEquals(expected.bytes(), storage.table().bytes());
        assertEquals(expired(expected), expired(storage.table()));
    }

    private static List<StoredRecord> records(com.kvstore.protocol.parts.RecordTable table, long from) {
        List<StoredRecord> records = new ArrayList<>();
        table.scan(from, (hash, record) -> records.add(record));
        return records;
    }

    private static Map<Bytes, Version> expired(com.kvstore.protocol.parts.RecordTable table) {
        Map<Bytes, Version> expired = new HashMap<>();
        long from = 0;
        do {
            from = table.findExpired(from, 50, 500, (position, key, version) -> expired.put(key, version));
        } while (from != 0);
        return expired;
    }

    /** What a killed process leaves: the files as they are while it runs. */
    private void crashAfter(int writes) throws IOException {
        try (DiskStorage storage = DiskStorage.open(directory.resolve("running"), true, notice -> {})) {
            for (int i = 0; i < writes; i++) {
                storage.table().apply(record("k" + i, "v".repeat(1_000), i));
                assertNull(sync(storage));
            }
            copy(directory.resolve("running"), directory.resolve("d"));
        }
    }

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.toList()) {
                Files.copy(file, to.resolve(from.relativize(file)));
            }
        }
    }

    @Test
    void aTornTailIsCutOff() throws IOException {
        crashAfter(10);
        flipABit(10 * JournalRecord.PAGE_BYTES + 500);
        try (DiskStorage storage = open()) {
            assertEquals(9, storage.table().keys());
            assertTrue(storage.table().holds(Bytes.of("k8")));
            assertFalse(storage.table().holds(Bytes.of("k9")));
        }
    }

    @Test
    void damageInTheMiddleOfTheJournalIsRefused() throws IOException {
        crashAfter(100);
        flipABit(50 * JournalRecord.PAGE_BYTES + 500);
        assertThrows(DamagedDataException.class, this::open);
    }

    @Test
    void whatAFullJournalHoldsIsInTheTablesBeforeItsFilesAreUsedAgain() throws IOException {
        String value = "v".repeat(1_000_000);
        try (DiskStorage storage = DiskStorage.open(directory.resolve("running"), true, notice -> {})) {
            for (int i = 0; i < 150; i++) {
                storage.table().apply(record("k" + i, value + i, i));
                assertNull(sync(storage));
            }
            copyUntilWhole();
        }
        try (DiskStorage storage = open()) {
            assertEquals(150, storage.table().keys());
            for (int i = 0; i < 150; i++) {
                assertEquals(record("k" + i, value + i, i), storage.table().get(Bytes.of("k" + i)));
            }
        }
    }

    /** Files may come and go while tables are written: a copy in which one was missed is made again. */
    private void copyUntilWhole() throws IOException {
        for (int tries = 0; ; tries++) {
            Path target = directory.resolve("copy-" + tries);
            try {
                copy(directory.resolve("running"), target);
                Files.move(target, directory.resolve("d"));
                return;
            } catch (NoSuchFileException gone) {
                assertTrue(tries < 100, gone.toString());
            }
        }
    }

    private void flipABit(long at) throws IOException {
        Path journal = directory.resolve("d").resolve("data").resolve("journal").resolve("1");
        try (RandomAccessFile file = new RandomAccessFile(journal.toFile(), "rw")) {
            file.seek(at);
            int b = file.read();
            file.seek(at);
            file.write(b ^ 1);
        }
    }

    @Test
    void dataWithoutTheirFormatAreRefused() throws IOException {
        open().close();
        Files.delete(directory.resolve("d").resolve("format"));
        assertThrows(DamagedDataException.class, this::open);
        Files.writeString(directory.resolve("d").resolve("format"), "kvstore data, format 9\n");
        assertTrue(assertThrows(IOException.class, this::open).getMessage().contains("another version"));
    }
}
