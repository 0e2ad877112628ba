package com.kvstore.common;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConsistentHashTest {

    @ParameterizedTest
    @CsvSource({
        "username, 25",
        "email, 0",
        "age, 24",
        "important, 10",
        "127.0.0.1:8081, 1",
        "127.0.0.1:8082, 17",
        "127.0.0.1:8083, 2",
        "127.0.0.1:8084, 30",
        "127.0.0.1:8085, 24",
        "127.0.0.1:8086, 1"
    })
    void knownNamesHaveTheirKnownPositions(String name, int position) {
        assertEquals(position, ConsistentHash.position(name, 31));
        assertEquals(position, ConsistentHash.position(Bytes.of(name), 31));
    }

    @Test
    void everyPositionIsOnTheRingWhateverItsSize() {
        for (int ringSize : new int[] {1, 2, 31, 1 << 20, Integer.MAX_VALUE}) {
            for (int i = 0; i < 2_000; i++) {
                int position = ConsistentHash.position("key" + i, ringSize);
                assertTrue(position >= 0 && position < ringSize, () -> position + " at size " + ringSize);
            }
        }
    }
}
