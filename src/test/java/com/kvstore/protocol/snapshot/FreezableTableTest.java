package com.kvstore.protocol.snapshot;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.kvstore.common.Bytes;
import com.kvstore.common.Version;
import com.kvstore.protocol.parts.BoundedScan;
import com.kvstore.protocol.parts.StoredRecord;
import com.kvstore.storage.MemoryTable;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class FreezableTableTest {
    private final FreezableTable table = new FreezableTable(new MemoryTable());
    private long counter;

    private void write(Random random) {
        Bytes key = Bytes.of("key" + random.nextInt(400));
        if (random.nextInt(8) == 0) {
            table.remove(key);
        } else {
            Bytes value = random.nextInt(5) == 0 ? null : Bytes.of("v" + counter);
            table.apply(random.nextInt(31), key, value, new Version(1, ++counter));
        }
    }

    private Map<Bytes, StoredRecord> present() {
        Map<Bytes, StoredRecord> present = new TreeMap<>();
        table.scan(0, (hash, record) -> {
            present.put(record.key(), record);
            return true;
        });
        return present;
    }

    @Test
    void whatIsReadIsWhatWasThereHoweverMuchChangesMeanwhile() {
        for (int seed = 0; seed < 50; seed++) {
            Random random = new Random(seed);
            for (int i = 0; i < 600; i++) {
                write(random);
            }
            Map<Bytes, StoredRecord> expected = present();
            table.freeze();
            Map<Bytes, StoredRecord> read = new TreeMap<>();
            long reached;
            long from = 0;
            do {
                for (int i = random.nextInt(100); i > 0; i--) {
                    write(random);
                }
                assertTrue(table.isFrozen(from));
                reached = table.readFrozen(1 + random.nextInt(3_000), record -> {
                    StoredRecord before = read.put(record.key(), record);
                    assertNull(before, "seen twice");
                });
                from = reached + 1;
            } while (reached != BoundedScan.END);
            assertEquals(expected, read);
            assertFalse(table.isFrozen(0), "read to its end");
        }
    }

    @Test
    void aSecondFreezeTakesThePlaceOfTheFirst() {
        table.apply(1, Bytes.of("a"), Bytes.of("1"), new Version(1, 1));
        table.freeze();
        table.apply(1, Bytes.of("a"), Bytes.of("2"), new Version(1, 2));
        table.freeze();
        table.apply(1, Bytes.of("a"), Bytes.of("3"), new Version(1, 3));
        table.readFrozen(1_000, record -> assertEquals(Bytes.of("2"), record.value()));
        table.thaw();
        assertFalse(table.isFrozen(0));
    }
}
