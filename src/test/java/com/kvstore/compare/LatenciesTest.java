package com.kvstore.compare;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class LatenciesTest {
    @Test
    void aPercentileIsWithinTwoPercentOfTheTrueOne() {
        SplittableRandom random = new SplittableRandom(5);
        Latencies latencies = new Latencies();
        long[] all = new long[20_000];
        for (int i = 0; i < all.length; i++) {
            all[i] = (long) Math.exp(random.nextDouble() * 20);
            latencies.add(all[i]);
        }
        Arrays.sort(all);
        for (double percent : new double[] {1, 50, 90, 99, 100}) {
            long exact = all[(int) Math.ceil(all.length * percent / 100) - 1];
            long found = latencies.percentileNs(percent);
            assertTrue(found >= exact && found <= exact * 1.02 + 1, percent + " %: " + found + " for " + exact);
        }
    }

    @Test
    void theLargestValueThereIsHasAPlace() {
        Latencies latencies = new Latencies();
        latencies.add(Long.MAX_VALUE);
        latencies.add(-1);
        assertEquals(0, latencies.percentileNs(50));
        assertEquals(Long.MAX_VALUE, latencies.percentileNs(100));
    }

    @Test
    void whatSeveralCountedIsAddedUp() {
        Latencies one = new Latencies();
        Latencies other = new Latencies();
        one.add(10);
        other.add(20);
        other.add(30);
        one.addAll(other);
        assertEquals(3, one.count());
        assertEquals(20, one.percentileNs(50));
    }

    @Test
    void nothingCountedIsZero() {
        assertEquals(0, new Latencies().percentileNs(99));
    }
}
