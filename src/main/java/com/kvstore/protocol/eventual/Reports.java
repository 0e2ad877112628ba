package com.kvstore.protocol.eventual;

import com.kvstore.protocol.eventual.EventualMessage.Position;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What the other peers last said they hold, and what follows from it: what this peer misses, and what everybody has.
 *
 * <p>Threading: one machine's.
 */
final class Reports {
    /** A stream whose process is over: how much of it the peers hold. */
    private static final class Retired {
        private int holders;
        private @Nullable Position first;
        private boolean alike = true;
        private long leastClock = Long.MAX_VALUE;
    }

    private final Holdings holdings;
    private final int self;
    /** By index; null: nothing was said by the peer's present process. */
    private final List<Position>[] latest;

    private final List<Position>[] settled;

    @SuppressWarnings({"unchecked", "rawtypes"})
    Reports(EventualConfig config, Holdings holdings) {
        this.holdings = holdings;
        this.self = config.index();
        this.latest = new List[config.group().size()];
        this.settled = new List[config.group().size()];
    }

    void on(int index, List<Position> positions) {
        latest[index] = positions;
    }

    /** The peer's process was replaced by another. */
    void forget(int index) {
        latest[index] = null;
        settled[index] = null;
    }

    boolean hasReported(int index) {
        return latest[index] != null;
    }

    /** Whether all others take this stream for its peer's present one. */
    boolean allKnow(long stream) {
        for (int i = 0; i < latest.length; i++) {
            if (i != self
                    && (latest[i] == null
                            || latest[i].stream().noneMatch(each -> each.stream() == stream && each.current()))) {
                return false;
            }
        }
        return true;
    }

    /** Whether all others have said something. */
    boolean complete() {
        for (int i = 0; i < latest.length; i++) {
            if (i != self && latest[i] == null) {
                return false;
            }
        }
        return true;
    }

    /** What was said by now has had time to arrive here by itself, when this is called the next time. */
    void settle() {
        System.arraycopy(latest, 0, settled, 0, latest.length);
    }

    /** Whether a stream's own process is bringing it here. */
    interface Flow {
        boolean flows(long stream);
    }

    /** Whether this peer holds what I have missed, and will not get by itself. */
    boolean hasMissed(int index, Flow flow) {
        return settled[index] != null && holdsMore(settled[index], flow);
    }

    /** Whether this peer holds what I do not, however new. */
    boolean holdsMore(int index) {
        return latest[index] != null && holdsMore(latest[index], stream -> false);
    }

    private boolean holdsMore(List<Position> positions, Flow flow) {
        for (Position position : positions) {
            if (holdings.lacks(position) && !flow.flows(position.stream())) {
                return true;
            }
        }
        return false;
    }

    /**
     * The clock reading up to which every listed peer holds every write there is: nothing older can turn up any more.
     *
     * <p>It moves only while all listed peers agree on who is who; a stream whose process is over counts until all hold
     * equally much of it, for nobody takes it from its own process any more.
     *
     * @return 0 while it cannot be told
     */
    long everywhere() {
        long least = Long.MAX_VALUE;
        SortedMap<Long, Retired> retired = new TreeMap<>();
        for (int i = 0; i < latest.length; i++) {
            List<Position> positions = i == self ? holdings.positions() : latest[i];
            if (positions == null) {
                return 0;
            }
            int currents = 0;
            for (Position position : positions) {
                boolean current = holdings.isCurrent(position.stream());
                if (current != position.current()) {
                    return 0;
                } else if (current) {
                    currents++;
                    least = Math.min(least, position.clock());
                } else {
                    count(retired, position);
                }
            }
            if (currents < latest.length) {
                return 0;
            }
        }
        for (Retired stream : retired.values()) {
            boolean something = stream.first != null
                    && (stream.first.seq() > 0 || stream.first.ahead().to() > 0);
            if (stream.holders < latest.length && something) {
                stream.alike = false;
            }
            if (!stream.alike) {
                least = Math.min(least, stream.holders < latest.length ? 0 : stream.leastClock);
            }
        }
        return least;
    }

    private static void count(SortedMap<Long, Retired> retired, Position position) {
        Retired stream = retired.computeIfAbsent(position.stream(), any -> new Retired());
        Position first = stream.first;
        if (first == null) {
            stream.first = position;
        } else if (position.seq() != first.seq() || !position.ahead().equals(first.ahead())) {
            stream.alike = false;
        }
        stream.holders++;
        stream.leastClock = Math.min(stream.leastClock, position.clock());
    }
}
