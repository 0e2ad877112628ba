package com.kvstore.protocol.twophase;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import com.kvstore.common.Bytes;
import com.kvstore.common.Expiry;
import com.kvstore.common.Result;
import com.kvstore.common.Version;
import org.junit.jupiter.api.Test;

class ReadCacheTest {
    private static final Bytes KEY = ClusterFixture.KEY;
    private static final Result.Value ALICE = value("alice");

    private final ReadCache cache = new ReadCache(4);

    @Test
    void aValueThatWasReadIsThereTheNextTime() {
        cache.fill(KEY, ALICE, cache.stamp(KEY));

        assertEquals(ALICE, cache.get(KEY));
    }

    @Test
    void aDecidedWriteTakesItsKeyOut() {
        cache.fill(KEY, ALICE, cache.stamp(KEY));

        cache.decided(KEY);

        assertNull(cache.get(KEY));
    }

    @Test
    void aReadSentBeforeAWriteWasDecidedFillsNothingHoweverLateItsAnswerIs() {
        int sent = cache.stamp(KEY);
        cache.decided(KEY);
        cache.decided(Bytes.of("another"));

        cache.fill(KEY, ALICE, sent);

        assertNull(cache.get(KEY));
    }

    @Test
    void aReadSentAfterTheWriteWasDecidedFills() {
        cache.decided(KEY);

        cache.fill(KEY, ALICE, cache.stamp(KEY));

        assertEquals(ALICE, cache.get(KEY));
    }

    @Test
    void afterALossNothingReadBeforeItIsServedOrEnters() {
        Bytes other = Bytes.of("other");
        cache.fill(KEY, ALICE, cache.stamp(KEY));
        int sent = cache.stamp(other);

        cache.lost();
        cache.fill(other, ALICE, sent);

        assertNull(cache.get(KEY));
        assertNull(cache.get(other));
    }

    @Test
    void anEvictedKeyCanStillBeKeptOutByAWriteUnderWay() {
        int sent = cache.stamp(KEY);
        for (int i = 0; i < 5; i++) {
            Bytes filler = Bytes.of("filler" + i);
            cache.fill(filler, ALICE, cache.stamp(filler));
        }
        cache.decided(KEY);

        cache.fill(KEY, ALICE, sent);

        assertNull(cache.get(KEY), "evicting is not deleting, and forgets no write");
    }

    private static Result.Value value(String text) {
        return new Result.Value(Bytes.of(text), new Version(1, 1), Expiry.NO_DEADLINE);
    }
}
