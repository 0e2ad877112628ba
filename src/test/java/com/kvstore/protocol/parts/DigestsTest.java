package com.kvstore.protocol.parts;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import com.kvstore.common.Bytes;
import com.kvstore.common.Version;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class DigestsTest {
    private static final Bytes VALUE = Bytes.of("v");

    @Test
    void theDigestOfNothingIsZero() {
        assertEquals(0, digest(List.of()));
    }

    @Test
    void aLiveRecordNeverDigestsToZero() {
        // This record's own digest is 0: the mixing keeps 0 at 0.
        Digests digests = new Digests();
        digests.add(0, new StoredRecord(1, Bytes.of("k"), VALUE, Version.ZERO));
        assertNotEquals(0, digests.value());
    }

    @Test
    void theOrderOfRecordsDoesNotMatter() {
        List<StoredRecord> records = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            records.add(live("key-" + i, 1, i));
        }
        long digest = digest(records);
        Collections.shuffle(records, new Random(5));
        assertEquals(digest, digest(records));
    }

    @Test
    void aMissingRecordAnotherEpochOrAnotherCounterShows() {
        Set<Long> different = new HashSet<>();
        different.add(digest(List.of(live("a", 1, 1), live("b", 1, 2))));
        different.add(digest(List.of(live("a", 1, 1))));
        different.add(digest(List.of(live("a", 1, 1), live("b", 2, 2))));
        different.add(digest(List.of(live("a", 1, 1), live("b", 1, 3))));
        different.add(digest(List.of(live("a", 1, 2), live("b", 1, 1))));
        assertEquals(5, different.size());
    }

    @Test
    void aTombstoneCountsAsNothingSoThatADroppedOneIsNoDifference() {
        StoredRecord tombstone = new StoredRecord(1, Bytes.of("b"), null, new Version(1, 2));
        assertEquals(digest(List.of(live("a", 1, 1))), digest(List.of(live("a", 1, 1), tombstone)));
        assertEquals(0, digest(List.of(tombstone)));
        assertNotEquals(digest(List.of(live("b", 1, 1))), digest(List.of(tombstone)));
    }

    @Test
    void resetForgets() {
        Digests digests = new Digests();
        digests.add(7, live("a", 1, 1));
        digests.reset();
        assertEquals(0, digests.value());
    }

    private static StoredRecord live(String key, long epoch, long counter) {
        return new StoredRecord(1, Bytes.of(key), VALUE, new Version(epoch, counter));
    }

    private static long digest(List<StoredRecord> records) {
        Digests digests = new Digests();
        for (StoredRecord record : records) {
            digests.add(RecordTable.scanHash(record.key()), record);
        }
        return digests.value();
    }
}
