package com.kvstore.storage;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.kvstore.common.Bytes;
import com.kvstore.common.Expiry;
import com.kvstore.common.Version;
import com.kvstore.protocol.parts.RecordTable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.rocksdb.RocksDBException;

class RecentRecordsTest {
    private static final long NO_LIMIT = Long.MAX_VALUE;

    private Generation older = new Generation(new WrittenRecords(0));
    private Generation newest = new Generation(new WrittenRecords(0));

    private static long hash(Bytes key) {
        return RecordTable.scanHash(key);
    }

    private static byte[] store(RecentRecords recent, Bytes key, String value, long counter) {
        return recent.store(hash(key), 3, key, Bytes.of(value), Expiry.NO_DEADLINE, new Version(1, counter));
    }

    /** The tables have the generation before, as they must when another one ends. */
    private Generation turn(RecentRecords recent) {
        older.arrivedInTables();
        older = newest;
        newest = new Generation(new WrittenRecords(older.records().endMark()));
        recent.turn(older, newest);
        return older;
    }

    /** Keys and values as they go to the tables; REMOVED: the key goes. */
    private static Map<Bytes, String> written(Generation ended) throws RocksDBException {
        Map<Bytes, String> written = new HashMap<>();
        List<Bytes> places = new ArrayList<>();
        ended.writeTo((family, place, packed) -> {
            assertEquals(RocksEngine.RECORDS, family);
            places.add(Bytes.wrap(place));
            Bytes key = Bytes.wrap(Arrays.copyOfRange(place, Long.BYTES, place.length));
            Bytes value =
                    packed.length == 0 ? null : PackedRecord.unpack(packed).value();
            assertNull(written.put(key, packed.length == 0 ? "REMOVED" : String.valueOf(value)), "written twice");
        });
        List<Bytes> sorted = new ArrayList<>(places);
        sorted.sort((a, b) -> Arrays.compareUnsigned(a.array(), b.array()));
        assertEquals(sorted, places, "in the order of the tables");
        return written;
    }

    @Test
    void aRecordOfTheNewestGenerationTakesItsOldPlaceIfItIsAsLong() throws RocksDBException {
        RecentRecords recent = new RecentRecords(older, newest, NO_LIMIT);
        Bytes key = Bytes.of("key");
        byte[] first = store(recent, key, "one", 1);
        assertSame(first, store(recent, key, "two", 2));
        byte[] longer = store(recent, key, "three", 3);
        assertSame(longer, recent.find(hash(key), key));
        assertEquals(longer.length, newest.records().bytes());
        assertEquals(longer.length + RecentRecords.OVERHEAD_BYTES, recent.sizeBytes());
        assertEquals(Map.of(key, "three"), written(turn(recent)));
    }

    /** The other thread may be writing it to them. */
    @Test
    void aRecordOnItsWayToTheTablesIsNotChangedInItsPlace() throws RocksDBException {
        RecentRecords recent = new RecentRecords(older, newest, NO_LIMIT);
        Bytes key = Bytes.of("key");
        byte[] old = store(recent, key, "one", 1);
        byte[] copy = old.clone();
        Generation ended = turn(recent);
        store(recent, key, "two", 2);
        recent.storeRemoval(hash(key), key);
        assertArrayEquals(copy, old);
        assertEquals(Map.of(key, "one"), written(ended));
        assertEquals(Map.of(key, "REMOVED"), written(turn(recent)));
    }

    @Test
    void aRecordThatTheTablesHaveIsReplacedInItsPlace() throws RocksDBException {
        RecentRecords recent = new RecentRecords(older, newest, NO_LIMIT);
        Bytes key = Bytes.of("key");
        byte[] first = store(recent, key, "one", 1);
        turn(recent).arrivedInTables();
        assertSame(first, store(recent, key, "two", 2));
        assertEquals(Map.of(key, "two"), written(turn(recent)));
        turn(recent);
        assertSame(first, store(recent, key, "six", 3));
        assertEquals(Map.of(key, "six"), written(turn(recent)));
    }

    @Test
    void whatIsOlderThanTwoGenerationsGoesOnceThereIsMoreThanTheLimit() {
        long limitBytes = 100_000;
        RecentRecords recent = new RecentRecords(older, newest, limitBytes);
        for (int i = 0; i < 200; i++) {
            store(recent, Bytes.of("old" + i), "value", i);
        }
        turn(recent);
        turn(recent);
        Bytes one = Bytes.of("old7");
        assertNotNull(recent.find(hash(one), one), "there is room");
        for (int i = 0; i < 5_000; i++) {
            store(recent, Bytes.of("new" + i), "value", i);
        }
        for (int i = 0; i < 200; i++) {
            Bytes old = Bytes.of("old" + i);
            assertNull(recent.find(hash(old), old));
        }
        for (int i = 0; i < 5_000; i++) {
            Bytes kept = Bytes.of("new" + i);
            assertNotNull(recent.find(hash(kept), kept), "the tables may lack it");
        }
    }

    @Test
    void whileNewKeysAreWrittenGenerationAfterGenerationTheLimitHolds() {
        long limitBytes = 300_000;
        RecentRecords recent = new RecentRecords(older, newest, limitBytes);
        int keys = 0;
        for (int generation = 0; generation < 30; generation++) {
            for (int i = 0; i < 1_000; i++) {
                store(recent, Bytes.of("key" + keys++), "value", keys);
                assertTrue(recent.sizeBytes() <= limitBytes + limitBytes / 20, recent.sizeBytes() + " bytes");
            }
            turn(recent);
        }
    }

    /** Against a map of all that was written, which the tables stand for: what is found is right, what must be is found. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void whateverIsWrittenIsFoundAndReachesTheTables(long seed) throws RocksDBException {
        Random random = new Random(seed);
        RecentRecords recent = new RecentRecords(older, newest, 20_000);
        TreeMap<Bytes, String> all = new TreeMap<>();
        Map<Bytes, String> tables = new HashMap<>();
        Map<Bytes, String> inNewest = new HashMap<>();
        Map<Bytes, String> inOlder = new HashMap<>();
        for (int i = 1; i <= 30_000; i++) {
            Bytes key = Bytes.of("key" + random.nextInt(1 + i / 10));
            if (random.nextInt(10) == 0) {
                recent.storeRemoval(hash(key), key);
                all.put(key, "REMOVED");
            } else {
                String value = "v" + i + "x".repeat(random.nextInt(3));
                store(recent, key, value, i);
                all.put(key, value);
            }
            inNewest.put(key, all.get(key));
            boolean turns = random.nextInt(300) == 0;
            if (!older.isInTables() && (turns || random.nextInt(100) == 0)) {
                assertEquals(inOlder, written(older), "as it was when it ended");
                older.arrivedInTables();
                tables.putAll(inOlder);
            }
            if (turns) {
                turn(recent);
                inOlder = inNewest;
                inNewest = new HashMap<>();
            }
            Bytes asked = Bytes.of("key" + random.nextInt(1 + i / 10));
            byte[] packed = recent.find(hash(asked), asked);
            if (packed == null) {
                assertEquals(all.get(asked), tables.get(asked), "only the tables know");
                assertTrue(!inNewest.containsKey(asked) && !inOlder.containsKey(asked));
            } else {
                String found = PackedRecord.isRemoval(packed)
                        ? "REMOVED"
                        : String.valueOf(PackedRecord.unpack(packed).value());
                assertEquals(all.get(asked), found);
            }
        }
    }
}
