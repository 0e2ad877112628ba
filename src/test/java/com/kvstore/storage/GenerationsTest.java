package com.kvstore.storage;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.kvstore.common.Bytes;
import com.kvstore.common.Condition;
import com.kvstore.common.Table;
import com.kvstore.common.Version;
import com.kvstore.protocol.membership.PreparedWrite;
import com.kvstore.protocol.parts.RecordTable;
import com.kvstore.protocol.parts.StoredRecord;
import com.kvstore.protocol.twophase.TwoPhaseMessage.Prepare;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.rocksdb.RocksDBException;

/** What is in memory, on its way to the tables and in the tables is one store, also after a crash at any moment. */
class GenerationsTest {
    /** So little that a generation ends every few batches. */
    private static final long LIMIT_BYTES = 4_000;

    @TempDir
    private Path directory;

    private final TreeMap<Bytes, StoredRecord> records = new TreeMap<>();
    private final TreeMap<Version, Prepare> prepared = new TreeMap<>();
    private final TreeMap<Version, Version> committed = new TreeMap<>();
    private final TreeMap<Integer, Byte> values = new TreeMap<>();
    /** Neither of the two any more. */
    private final List<Version> ended = new ArrayList<>();

    private long counter;

    private DiskStorage open(String name, Journal.Opener opener) throws IOException {
        return DiskStorage.openWith(directory.resolve(name), true, opener, LIMIT_BYTES);
    }

    private static String sync(DiskStorage storage) {
        CompletableFuture<String> ended = new CompletableFuture<>();
        storage.sync(ended::complete);
        return ended.join();
    }

    private static byte[] name(int number) {
        return ByteBuffer.allocate(1 + Integer.BYTES)
                .put((byte) 0)
                .putInt(number)
                .array();
    }

    private void write(DiskStorage storage, Random random) {
        Bytes key = Bytes.of("key" + random.nextInt(60));
        Version version = new Version(1, ++counter);
        switch (random.nextInt(12)) {
            case 0 -> {
                storage.table().remove(key);
                records.remove(key);
            }
            case 1, 2 -> {
                PreparedWrite write = new PreparedWrite(Table.OWN, 8, key, Bytes.of("p" + counter), Condition.NONE);
                Prepare prepare = new Prepare(version, List.of(1, 2), List.of(write), List.of());
                storage.transactions().prepared(prepare);
                prepared.put(version, prepare);
            }
            case 3 -> {
                if (!prepared.isEmpty()) {
                    Version oldest = prepared.firstKey();
                    prepared.remove(oldest);
                    storage.transactions().committed(oldest);
                    committed.put(oldest, oldest);
                }
            }
            case 4 -> {
                if (!committed.isEmpty()) {
                    Version settled = committed.pollFirstEntry().getKey();
                    storage.transactions().settled(settled);
                    ended.add(settled);
                } else if (!prepared.isEmpty()) {
                    Version aborted = prepared.pollLastEntry().getKey();
                    storage.transactions().aborted(aborted);
                    ended.add(aborted);
                }
            }
            case 5 -> {
                if (!ended.isEmpty()) {
                    // What was dropped here is learnt again from the copy that this one is filled from.
                    Version again = ended.remove(random.nextInt(ended.size()));
                    storage.transactions().committed(again);
                    committed.put(again, again);
                }
            }
            case 6 -> {
                // A walk learns where there is nothing; what is written afterwards relies on it.
                long from = RecordTable.scanHash(key);
                int[] left = {random.nextInt(3)};
                storage.table().scan(random.nextBoolean() ? from : from + 1, (hash, record) -> left[0]-- > 0);
            }
            case 7 -> {
                StoredRecord present = records.get(key);
                if (present != null && present.version().counter() > 1) {
                    Version before = new Version(1, present.version().counter() - 1);
                    assertFalse(storage.table().apply(new StoredRecord(3, key, null, before)));
                }
            }
            case 8 -> {
                // Such as the entries of a log, which are numbered and soon go again.
                byte[] value = {(byte) random.nextInt()};
                storage.put(name(values.size()), value);
                values.put(values.size(), value[0]);
            }
            case 9 -> {
                if (!values.isEmpty()) {
                    int gone = random.nextBoolean() ? values.firstKey() : values.lastKey();
                    storage.remove(name(gone));
                    values.remove(gone);
                }
            }
            default -> {
                Bytes value = Bytes.of("v" + counter + "x".repeat(random.nextInt(100)));
                StoredRecord record = new StoredRecord(3, key, random.nextInt(5) == 0 ? null : value, version);
                assertTrue(storage.table().apply(record));
                records.put(key, record);
            }
        }
    }

    private void assertAllThere(DiskStorage storage) {
        for (int i = 0; i < 60; i++) {
            Bytes key = Bytes.of("key" + i);
            assertEquals(records.get(key), storage.table().get(key));
        }
        List<StoredRecord> expected = new ArrayList<>(records.values());
        expected.sort((a, b) -> Long.compareUnsigned(RecordTable.scanHash(a.key()), RecordTable.scanHash(b.key())));
        List<StoredRecord> scanned = new ArrayList<>();
        storage.table().scan(0, (hash, record) -> scanned.add(record));
        assertEquals(expected, scanned);
        long values =
                records.values().stream().filter(each -> !each.isTombstone()).count();
        assertEquals(values, storage.table().keys());
        assertEquals(records.size() - values, storage.table().tombstones());
    }

    private void assertRecovered(Path crashed) throws IOException {
        try (DiskStorage storage = DiskStorage.open(crashed, true, notice -> {})) {
            assertAllThere(storage);
            assertEquals(List.copyOf(prepared.values()), storage.transactions().preparedBefore());
            assertEquals(List.copyOf(committed.keySet()), storage.transactions().committedBefore());
            TreeMap<Integer, Byte> found = new TreeMap<>();
            storage.visit(new byte[1], (key, value) -> {
                boolean ours = key[0] == 0;
                if (ours) {
                    found.put(ByteBuffer.wrap(key).getInt(1), value[0]);
                }
                return ours;
            });
            assertEquals(values, found);
        }
    }

    @Tag("slow")
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void whateverTheTablesHaveTakenOverAtACrashAllThatWasSyncedIsThere(long seed) throws IOException {
        Random random = new Random(seed);
        try (DiskStorage storage = open("running", Segment::new)) {
            for (int round = 0; round < 8; round++) {
                for (int i = random.nextInt(600); i >= 0; i--) {
                    write(storage, random);
                    if (random.nextInt(4) == 0) {
                        assertNull(sync(storage));
                    }
                }
                assertAllThere(storage);
                assertNull(sync(storage));
                assertRecovered(CrashCopy.of(directory.resolve("running"), "crashed-" + round));
            }
        }
        assertRecovered(directory.resolve("running"));
    }

    /** A generation that ended with a batch which failed goes to the tables with the number before that of the next one. */
    @Tag("slow")
    @ParameterizedTest
    @ValueSource(longs = {4, 5, 6})
    void syncsThatFailLoseNothingOfAGenerationThatEndedWithThem(long seed) throws IOException {
        Random random = new Random(seed);
        boolean[] fails = {false};
        Journal.Opener failing = file -> new Segment(file) {
            @Override
            void write(JournalRecord record, ByteBuffer scratch, boolean directly) throws IOException {
                if (fails[0] && random.nextInt(2) == 0) {
                    throw new IOException("No space left on device");
                }
                super.write(record, scratch, directly);
            }
        };
        try (DiskStorage storage = open("running", failing)) {
            for (int round = 0; round < 8; round++) {
                fails[0] = true;
                for (int i = 0; i < 300; i++) {
                    write(storage, random);
                    if (random.nextInt(4) == 0) {
                        sync(storage);
                    }
                }
                fails[0] = false;
                assertNull(sync(storage));
                assertAllThere(storage);
                assertRecovered(CrashCopy.of(directory.resolve("running"), "crashed-" + round));
            }
        }
    }

    @Test
    void aTransactionThatEndedBeforeItsGenerationNeverReachesTheTables() {
        Generation generation = new Generation(new WrittenRecords(0));
        Version lived = new Version(1, 1);
        Version ended = new Version(1, 2);
        Version known = new Version(1, 3);
        generation.put(lived, new byte[] {7, 7});
        generation.put(ended, new byte[] {7, 7});
        generation.remove(ended, false);
        generation.remove(known, true);
        List<Version> written = new ArrayList<>();
        try {
            generation.writeTo((family, key, value) -> {
                Version version = PrepareCodec.version(key);
                assertEquals(version.equals(known), value.length == 0);
                written.add(version);
            });
        } catch (RocksDBException never) {
            throw new AssertionError(never);
        }
        assertFalse(written.contains(ended));
        assertEquals(2, written.size());
    }

    @Test
    void aValueThatWentBeforeItsGenerationEndedNeverReachesTheTables() throws Exception {
        Generations generations = new Generations(LIMIT_BYTES);
        Bytes tabled = Bytes.of("tabled");
        Bytes brief = Bytes.of("brief");
        generations.put(tabled, new byte[] {1});
        generations.put(brief, new byte[] {2});
        generations.remove(brief);
        assertEquals(Map.of(tabled, 1), written(generations.turn()));
        // It goes twice, and comes back in between: the tables have it all the time.
        generations.remove(tabled);
        generations.put(tabled, new byte[] {3});
        generations.remove(tabled);
        assertEquals(Map.of(tabled, 0), written(generations.turn()));
        generations.put(tabled, new byte[] {4});
        generations.remove(tabled);
        assertEquals(Map.of(), written(generations.turn()));
    }

    /** How many bytes a generation has for each name; 0: it is to go. */
    private static Map<Bytes, Integer> written(Generation generation) throws RocksDBException {
        Map<Bytes, Integer> written = new HashMap<>();
        generation.writeTo((family, key, value) -> written.put(Bytes.wrap(key), value.length));
        return written;
    }

    /**
     * Sixty rounds of killing every process showed it: what was prepared before the kill was dropped at the start, learnt as
     * committed from the other copy and settled, all in one generation, and stayed prepared in the tables. Two kills later it
     * was committed once more, and a value came back that had been deleted.
     */
    @Test
    void aTransactionThatIsTakenOutTwiceInOneGenerationIsNotInTheTablesAnyMore() throws IOException {
        PreparedWrite write = new PreparedWrite(Table.OWN, 8, Bytes.of("key"), Bytes.of("value"), Condition.NONE);
        Version transaction = new Version(1, 1);
        try (DiskStorage storage = open("running", Segment::new)) {
            storage.transactions().prepared(new Prepare(transaction, List.of(1, 2), List.of(write), List.of()));
            assertNull(sync(storage));
        }
        try (DiskStorage storage = open("running", Segment::new)) {
            assertEquals(1, storage.transactions().preparedBefore().size());
            storage.transactions().aborted(transaction);
            storage.transactions().committed(transaction);
            storage.transactions().settled(transaction);
            assertNull(sync(storage));
        }
        try (DiskStorage storage = open("running", Segment::new)) {
            assertEquals(List.of(), storage.transactions().preparedBefore());
            assertEquals(List.of(), storage.transactions().committedBefore());
        }
    }

    @Test
    void whereAWalkSawNothingIsLookedAtAgainOnceTheTablesMayHaveSomethingThere() throws IOException {
        try (RocksEngine engine =
                RocksEngine.open(directory.resolve("data"), directory.resolve("native"), Segment::new, notice -> {})) {
            Generations generations = new Generations(LIMIT_BYTES);
            BatchBuffer buffer = new BatchBuffer();
            DiskTable table = new DiskTable(engine, buffer, generations, () -> {});
            table.scan(0, (hash, record) -> true);
            Bytes key = Bytes.of("key");
            StoredRecord newer = new StoredRecord(3, key, Bytes.of("newer"), new Version(1, 2));
            StoredRecord older = new StoredRecord(3, key, Bytes.of("older"), new Version(1, 1));
            assertTrue(table.apply(newer));
            engine.write(buffer.take(), true, false);
            Generation ended = generations.turn();
            assertFalse(table.apply(older));
            engine.takeOver(ended, engine.newest());
            await("the tables to take it over").until(ended::isInTables);
            generations.turn();
            assertFalse(table.apply(older));
            generations.turn();
            for (int i = 0; generations.recent().find(RecordTable.scanHash(key), key) != null; i++) {
                assertTrue(table.apply(new StoredRecord(3, Bytes.of("other" + i), null, new Version(1, i))));
            }
            assertFalse(table.apply(older));
            assertNull(generations.recent().find(RecordTable.scanHash(key), key), "nowhere but in the tables any more");
            assertEquals(newer, table.get(key));
        }
    }
}
