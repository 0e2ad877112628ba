package com.kvstore.storage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.kvstore.common.Bytes;
import com.kvstore.common.Version;
import com.kvstore.protocol.parts.RecordTable;
import com.kvstore.protocol.parts.StoredRecord;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class MemoryTableTest {
    private static final Bytes ALICE = Bytes.of("alice");

    private final MemoryTable table = new MemoryTable();

    @Test
    void aStoredRecordComesBackAsItWasGiven() {
        assertTrue(table.apply(25, Bytes.of("username"), ALICE, new Version(3, 7)));

        assertEquals(
                new StoredRecord(25, Bytes.of("username"), ALICE, new Version(3, 7)), table.get(Bytes.of("username")));
        assertTrue(table.holds(Bytes.of("username")));
        assertNull(table.get(Bytes.of("email")));
        assertFalse(table.holds(Bytes.of("email")));
    }

    @Test
    void anEmptyValueIsAValueAndNoTombstone() {
        table.apply(1, ALICE, Bytes.EMPTY, new Version(1, 1));
        assertTrue(table.holds(ALICE));
        assertEquals(1, table.keys());
    }

    @Test
    void largeVersionsPositionsAndKeysSurvive() {
        Bytes key = Bytes.wrap(new byte[65_536]);
        StoredRecord record =
                new StoredRecord(Integer.MAX_VALUE, key, ALICE, new Version(Long.MAX_VALUE, Long.MAX_VALUE - 1));
        table.apply(record.position(), key, record.value(), record.version());
        assertEquals(record, table.get(key));
    }

    @Test
    void anOlderVersionIsRefusedAndTheSameOneIsTakenAgain() {
        Bytes key = Bytes.of("k");
        table.apply(1, key, ALICE, new Version(2, 5));

        assertFalse(table.apply(1, key, Bytes.of("old"), new Version(2, 4)));
        assertFalse(table.apply(1, key, Bytes.of("old"), new Version(1, 9)));
        assertTrue(table.apply(1, key, ALICE, new Version(2, 5)));
        assertEquals(ALICE, table.get(key).value());
        assertEquals(1, table.keys());

        assertTrue(table.apply(1, key, Bytes.of("new"), new Version(3, 0)));
        assertEquals(Bytes.of("new"), table.get(key).value());
    }

    @Test
    void aTombstoneIsKeptAndCountedApartAndOlderWritesDoNotPassIt() {
        Bytes key = Bytes.of("k");
        table.apply(1, key, ALICE, new Version(1, 1));
        assertEquals(6, table.bytes());

        assertTrue(table.apply(1, key, null, new Version(1, 2)));

        assertFalse(table.holds(key));
        assertTrue(table.get(key).isTombstone());
        assertEquals(0, table.keys());
        assertEquals(1, table.tombstones());
        assertEquals(1, table.bytes());
        assertFalse(table.apply(1, key, ALICE, new Version(1, 1)));
        assertTrue(table.apply(1, key, ALICE, new Version(1, 3)));
        assertEquals(0, table.tombstones());
    }

    @Test
    void whatWasReadDoesNotChangeWithTheTable() {
        Bytes key = Bytes.of("k");
        table.apply(1, key, Bytes.of("aaaa"), new Version(1, 1));
        StoredRecord read = table.get(key);
        table.apply(1, key, Bytes.of("bbbb"), new Version(1, 2));
        assertEquals(new StoredRecord(1, key, Bytes.of("aaaa"), new Version(1, 1)), read);
    }

    @Test
    void scanHashesAreTheSameOnEveryNodeForEver() {
        assertEquals("e220a8397b1dcdaf", Long.toHexString(RecordTable.scanHash(Bytes.EMPTY)));
        assertEquals("14dfd00cd999381b", Long.toHexString(RecordTable.scanHash(Bytes.of("username"))));
        assertEquals("aee652ff610602bd", Long.toHexString(RecordTable.scanHash(Bytes.of("127.0.0.1:8081"))));
        assertNotEquals(RecordTable.scanHash(Bytes.wrap(new byte[1])), RecordTable.scanHash(Bytes.wrap(new byte[2])));
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void itBehavesLikeASortedMapUnderRandomOperations(long seed) {
        Random random = new Random(seed);
        Model model = new Model();
        int keySpace = seed % 2 == 0 ? 300 : 4000;
        for (int step = 0; step < 20_000; step++) {
            // Waves of inserting and removing, so that the table grows and shrinks several times.
            boolean growing = (step / 5000) % 2 == 0;
            Bytes key = Bytes.of("key-" + random.nextInt(keySpace));
            int dice = random.nextInt(100);
            if (dice < (growing ? 75 : 15)) {
                Bytes value = dice % 5 == 0 ? null : Bytes.of("v".repeat(random.nextInt(20)) + step);
                Version version = new Version(random.nextInt(3), random.nextInt(1000));
                int position = random.nextInt(31);
                assertEquals(model.apply(position, key, value, version), table.apply(position, key, value, version));
            } else if (dice < (growing ? 80 : 95)) {
                model.remove(key);
                table.remove(key);
            } else {
                assertEquals(model.get(key), table.get(key));
                assertEquals(model.holds(key), table.holds(key));
            }
            if (step % 997 == 0) {
                model.assertSame(table, random.nextLong());
            }
        }
        model.assertSame(table, 0);
        table.clear();
        new Model().assertSame(table, 0);
    }

    @Test
    void aScanTakenUpAgainInPiecesSeesEveryRecordOnceInHashOrder() {
        for (int i = 0; i < 10_000; i++) {
            table.apply(i % 31, Bytes.of("key-" + i), ALICE, new Version(1, i));
        }
        List<Long> seen = new ArrayList<>();
        long[] from = {0};
        boolean[] more = {true};
        while (more[0]) {
            int[] taken = {0};
            more[0] = false;
            table.scan(from[0], (hash, record) -> {
                if (taken[0] == 7) {
                    from[0] = hash;
                    more[0] = true;
                    return false;
                }
                taken[0]++;
                assertEquals(RecordTable.scanHash(record.key()), hash);
                seen.add(hash);
                return true;
            });
        }
        List<Long> sorted = new ArrayList<>(seen);
        sorted.sort(Long::compareUnsigned);
        assertEquals(sorted, seen);
        assertEquals(10_000, seen.stream().distinct().count());
    }

    @Test
    void keysMadeToCollideAtTheTopOfTheOrderStayFindableAndSorted() {
        // All in the last bucket, which the directory is not made larger for without end.
        Model model = new Model();
        int found = 0;
        for (int i = 0; found < 500; i++) {
            Bytes key = Bytes.of("k" + i);
            if (RecordTable.scanHash(key) >>> 54 == 0x3ff) {
                found++;
                model.apply(1, key, ALICE, new Version(1, 1));
                table.apply(1, key, ALICE, new Version(1, 1));
            }
        }
        model.assertSame(table, 0);
        for (Bytes key : List.copyOf(model.keys())) {
            model.remove(key);
            table.remove(key);
        }
        model.assertSame(table, 0);
    }

    /** Filled like that, a table that goes by the hash's first bits had all of its records in one long run. */
    @Test
    void recordsThatComeInScanOrderAsInAMoveAreSpreadLikeAnyOthers() {
        List<Bytes> keys = new ArrayList<>();
        for (int i = 0; i < 50_000; i++) {
            keys.add(keyOf16Bytes(i));
        }
        keys.sort(Comparator.comparing(RecordTable::scanHash, Long::compareUnsigned));
        for (int i = 0; i < keys.size(); i++) {
            table.apply(1, keys.get(i), ALICE, new Version(1, i));
        }
        // The first ones come when the directory may have few places yet: of n records, some root of n share a bucket.
        assertTrue(table.fullestBucket() <= 250, table.fullestBucket() + " records in one bucket");
        for (int i = 0; i < keys.size(); i++) {
            assertEquals(new Version(1, i), table.get(keys.get(i)).version());
        }
    }

    @Test
    void whatIsLeftOfManyKeysIsFoundAndInOrder() {
        Model model = new Model();
        for (int i = 0; i < 20_000; i++) {
            Bytes key = keyOf16Bytes(i);
            model.apply(1, key, ALICE, new Version(1, i));
            table.apply(1, key, ALICE, new Version(1, i));
        }
        for (int i = 0; i < 20_000; i++) {
            if (i % 400 != 0) {
                model.remove(keyOf16Bytes(i));
                table.remove(keyOf16Bytes(i));
            }
        }
        model.assertSame(table, 0);
    }

    /** Live heap of what is promised for a key of 16 bytes and a value of 100. */
    @Test
    @Tag("slow")
    void anEntryTakesAtMost230BytesOfHeap() {
        int entries = 1_000_000;
        long before = liveHeapBytes();
        fill(entries);
        long perEntry = (liveHeapBytes() - before) / entries;
        assertEquals(entries, table.keys());
        assertTrue(perEntry <= 230, perEntry + " bytes an entry");
    }

    @Test
    @Tag("slow")
    void growingAMillionRecordsPausesForLessThan200Ms() {
        long worstNs = 0;
        for (int i = 0; i < 1_000_000; i++) {
            Bytes key = keyOf16Bytes(i);
            long startNs = System.nanoTime();
            table.apply(1, key, ALICE, new Version(1, i));
            worstNs = Math.max(worstNs, System.nanoTime() - startNs);
        }
        assertTrue(worstNs < TimeUnit.MILLISECONDS.toNanos(200), worstNs + " ns");
    }

    private void fill(int entries) {
        Bytes value = Bytes.wrap(new byte[100]);
        for (int i = 0; i < entries; i++) {
            table.apply(i % 31, keyOf16Bytes(i), value, new Version(1, i));
        }
    }

    private static Bytes keyOf16Bytes(int i) {
        return Bytes.of(String.format("%016d", i));
    }

    private static long liveHeapBytes() {
        Runtime runtime = Runtime.getRuntime();
        long least = Long.MAX_VALUE;
        for (int i = 0; i < 4; i++) {
            System.gc();
            least = Math.min(least, runtime.totalMemory() - runtime.freeMemory());
        }
        return least;
    }

    /** What a table should be, in the plainest way. */
    private static final class Model {
        private final Map<Bytes, StoredRecord> records =
                new TreeMap<>(Comparator.comparing(RecordTable::scanHash, Long::compareUnsigned)
                        .thenComparing(Comparator.naturalOrder()));

        boolean apply(int position, Bytes key, Bytes value, Version version) {
            StoredRecord present = records.get(key);
            if (present != null && present.version().isNewerThan(version)) {
                return false;
            }
            records.put(key, new StoredRecord(position, key, value, version));
            return true;
        }

        StoredRecord get(Bytes key) {
            return records.get(key);
        }

        boolean holds(Bytes key) {
            StoredRecord present = records.get(key);
            return present != null && !present.isTombstone();
        }

        void remove(Bytes key) {
            records.remove(key);
        }

        List<Bytes> keys() {
            return List.copyOf(records.keySet());
        }

        void assertSame(MemoryTable table, long from) {
            List<StoredRecord> expected = new ArrayList<>();
            long live = 0;
            long bytes = 0;
            for (StoredRecord record : records.values()) {
                live += record.isTombstone() ? 0 : 1;
                bytes += record.key().length()
                        + (record.value() == null ? 0 : record.value().length());
                if (Long.compareUnsigned(RecordTable.scanHash(record.key()), from) >= 0) {
                    expected.add(record);
                }
            }
            List<StoredRecord> scanned = new ArrayList<>();
            table.scan(from, (hash, record) -> scanned.add(record));
            assertEquals(expected, scanned);
            assertEquals(live, table.keys());
            assertEquals(records.size() - live, table.tombstones());
            assertEquals(bytes, table.bytes());
        }
    }
}
