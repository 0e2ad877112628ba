package com.kvstore.protocol.movement;

import com.kvstore.protocol.membership.Range;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * Ranges of positions, asked once for every record of a scan: sorted, neighbours joined, searched by halves.
 *
 * <p>Thread-safe: immutable.
 */
final class PositionSet {
    private final int[] starts;
    private final int[] ends;

    /** @param ranges in any order, overlapping or not */
    PositionSet(List<Range> ranges) {
        List<Range> sorted = new ArrayList<>(ranges);
        sorted.sort(Comparator.comparingInt(Range::start));
        int[] someStarts = new int[sorted.size()];
        int[] someEnds = new int[sorted.size()];
        int n = 0;
        for (Range range : sorted) {
            if (n > 0 && range.start() <= someEnds[n - 1] + 1L) {
                someEnds[n - 1] = Math.max(someEnds[n - 1], range.end());
            } else {
                someStarts[n] = range.start();
                someEnds[n] = range.end();
                n++;
            }
        }
        starts = Arrays.copyOf(someStarts, n);
        ends = Arrays.copyOf(someEnds, n);
    }

    boolean contains(int position) {
        int low = 0;
        int high = starts.length - 1;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            if (position < starts[middle]) {
                high = middle - 1;
            } else if (position > ends[middle]) {
                low = middle + 1;
            } else {
                return true;
            }
        }
        return false;
    }

    /** How many positions the ranges hold: a measure of how much data lies in them. */
    long positions() {
        long sum = 0;
        for (int i = 0; i < starts.length; i++) {
            sum += ends[i] - (long) starts[i] + 1;
        }
        return sum;
    }
}
