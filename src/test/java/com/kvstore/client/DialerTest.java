package com.kvstore.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.kvstore.common.ServerNode;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class DialerTest {
    private static final long MS = 1_000_000;
    private static final ServerNode A = new ServerNode("a", 1);
    private static final ServerNode B = new ServerNode("b", 2);
    private static final ServerNode C = new ServerNode("c", 3);

    @Test
    void everyAddressIsTriedAtOnceAndThenItWaits() {
        Dialer dialer = new Dialer(() -> List.of(A, B), new Random(1));
        assertEquals(A, dialer.next());
        assertFalse(dialer.roundOver());
        dialer.failed(0);
        assertEquals(0, dialer.waitNs(0));
        assertEquals(B, dialer.next());
        assertTrue(dialer.roundOver());
        dialer.failed(0);
        assertTrue(dialer.waitNs(0) > 0);
        assertEquals(A, dialer.next());
    }

    @Test
    void theWaitDoublesWithJitterUpToASecond() {
        Dialer dialer = new Dialer(() -> List.of(A), new Random(1));
        long expected = 20 * MS;
        for (int i = 0; i < 12; i++) {
            dialer.next();
            dialer.failed(0);
            long wait = dialer.waitNs(0);
            assertTrue(wait >= expected / 2 && wait <= expected, i + ": " + wait);
            expected = Math.min(1_000 * MS, expected * 2);
        }
        dialer.succeeded();
        assertEquals(0, dialer.waitNs(0));
        dialer.next();
        dialer.failed(0);
        assertTrue(dialer.waitNs(0) <= 20 * MS);
    }

    @Test
    void theAddressesAreAskedForAnewInEachRound() {
        AtomicInteger rounds = new AtomicInteger();
        Dialer dialer = new Dialer(() -> List.of(new ServerNode("h", rounds.incrementAndGet())), new Random(1));
        assertEquals(1, dialer.next().port());
        dialer.succeeded();
        assertEquals(2, dialer.next().port());
    }

    @Test
    void aRedirectIsTriedNextAndOnlyOnce() {
        Dialer dialer = new Dialer(() -> List.of(A, B), new Random(1));
        dialer.next();
        dialer.redirect(C);
        assertEquals(0, dialer.waitNs(0));
        assertEquals(C, dialer.next());
        dialer.failed(0);
        assertEquals(B, dialer.next());
    }
}
