package com.kvstore.protocol.membership;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The union of some ranges.
 *
 * <p>Thread-safe: immutable.
 */
public final class RangeSet {
    /** By start; no two touch. */
    private final TreeMap<Integer, Range> ranges = new TreeMap<>();

    private RangeSet(List<Range> sorted) {
        Range last = null;
        for (Range range : sorted) {
            if (last != null && range.start() - 1 <= last.end()) {
                last = new Range(last.start(), Math.max(last.end(), range.end()));
            } else {
                last = range;
            }
            ranges.put(last.start(), last);
        }
    }

    /** @param ranges in any order; they may overlap */
    public static RangeSet of(Collection<Range> ranges) {
        List<Range> sorted = new ArrayList<>(ranges);
        sorted.sort(Comparator.comparingInt(Range::start));
        return new RangeSet(sorted);
    }

    /** The fewest ranges that make up this set, ascending. */
    public List<Range> ranges() {
        return List.copyOf(ranges.values());
    }

    /** Whether every position from {@code start} to {@code end}, both included, is in the set. */
    public boolean covers(int start, int end) {
        Map.Entry<Integer, Range> nearest = ranges.floorEntry(start);
        return nearest != null && nearest.getValue().end() >= end;
    }
}
