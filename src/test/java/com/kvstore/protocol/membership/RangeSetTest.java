package com.kvstore.protocol.membership;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

class RangeSetTest {

    @Test
    void rangesThatTouchOrOverlapBecomeOne() {
        RangeSet set = RangeSet.of(
                List.of(new Range(20, 30), new Range(0, 4), new Range(5, 9), new Range(22, 25), new Range(11, 12)));
        assertEquals(List.of(new Range(0, 9), new Range(11, 12), new Range(20, 30)), set.ranges());
    }

    @Test
    void aStretchIsCoveredOnlyAsAWhole() {
        RangeSet set = RangeSet.of(List.of(new Range(0, 4), new Range(5, 9), new Range(11, 12)));
        assertTrue(set.covers(0, 9));
        assertTrue(set.covers(3, 6));
        assertFalse(set.covers(9, 11));
        assertFalse(set.covers(12, 13));
        assertFalse(set.covers(13, 13));
        assertFalse(RangeSet.of(List.of()).covers(0, 0));
    }

    @Test
    void theLargestRingsLastPositionIsCovered() {
        int last = Integer.MAX_VALUE - 1;
        RangeSet set = RangeSet.of(List.of(new Range(last, last), new Range(5, last - 1)));
        assertEquals(List.of(new Range(5, last)), set.ranges());
        assertTrue(set.covers(6, last));
    }
}
