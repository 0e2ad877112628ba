package com.kvstore.protocol.eventual;

import com.kvstore.protocol.eventual.EventualMessage.Ahead;
import com.kvstore.protocol.eventual.EventualMessage.Position;
import com.kvstore.protocol.eventual.EventualMessage.Sync;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * How much this peer holds of each stream.
 *
 * <p>Invariant: of a stream at {@code seq}, every change up to that number was applied here, or something newer was in its
 * place; so a change up to it that arrives again is old and is not looked at. What arrives behind a gap is applied (newer
 * wins, so order does not matter) and remembered as <b>ahead</b>: once a repair has closed the gap it counts.
 *
 * <p>Threading: one machine's.
 */
final class Holdings {
    private static final class Held {
        private long seq;
        private long clock;
        private Ahead ahead = Ahead.NONE;
        private long aheadClock;
    }

    private final SortedMap<Long, Held> streams = new TreeMap<>();
    /** By index in the group; 0: none known. */
    private final long[] current;

    private final long own;

    Holdings(int peers, long own) {
        this.current = new long[peers];
        this.own = own;
        startOf(own);
    }

    /** Goes on with what an earlier process held. */
    void restore(List<Position> positions) {
        for (Position position : positions) {
            Held held = streams.computeIfAbsent(position.stream(), any -> new Held());
            held.seq = position.seq();
            held.clock = position.clock();
            held.ahead = position.ahead();
            if (position.current()) {
                current[Streams.indexOf(position.stream())] = position.stream();
            }
        }
    }

    /** A peer's process is known to be this one from now on. @return whether that is news */
    boolean startOf(long stream) {
        int index = Streams.indexOf(stream);
        if (current[index] == stream) {
            return false;
        }
        current[index] = stream;
        streams.computeIfAbsent(stream, any -> new Held());
        return true;
    }

    boolean isCurrent(long stream) {
        return current[Streams.indexOf(stream)] == stream;
    }

    /** This peer's own stream has come so far. */
    void ownIs(long seq, long clock) {
        Held held = streams.computeIfAbsent(own, any -> new Held());
        held.seq = seq;
        held.clock = clock;
    }

    /** Whether a peer at this position holds changes of the stream that are not here. */
    boolean lacks(Position position) {
        Held held = streams.get(position.stream());
        return position.isMoreThan(held == null ? 0 : held.seq, held == null ? Ahead.NONE : held.ahead);
    }

    /** Whether everything of this stream up to a version's clock is here. */
    boolean covers(long stream, long clock) {
        Held held = streams.get(stream);
        return held != null && held.clock >= clock;
    }

    /** The version clock up to which every change of this stream is here. */
    long clock(long stream) {
        Held held = streams.get(stream);
        return held == null ? 0 : held.clock;
    }

    /** Whether changes are missing here that arrived ones were behind. */
    boolean hasGap(long stream) {
        Held held = streams.get(stream);
        return held != null && held.ahead.from() != 0;
    }

    /** The number up to which changes of this stream have been seen to: what comes again is old. */
    long seq(long stream) {
        Held held = streams.get(stream);
        return held == null ? 0 : held.seq;
    }

    /** Takes note that the changes of a message were applied. @return up to where the sender need not send again */
    long received(Sync sync) {
        Held held = streams.computeIfAbsent(sync.stream(), any -> new Held());
        long last = sync.lastSeq();
        if (sync.firstSeq() <= held.seq + 1) {
            advance(held, last, sync.clock());
        } else {
            takeAhead(held, new Ahead(sync.firstSeq(), last), sync.clock());
        }
        return Math.max(held.seq, held.ahead.to());
    }

    /** A repair from a peer that held this much has come to its end. */
    void repaired(List<Position> positions) {
        for (Position position : positions) {
            if (position.stream() == own) {
                continue;
            }
            Held held = streams.computeIfAbsent(position.stream(), any -> new Held());
            advance(held, position.seq(), position.clock());
            Ahead ahead = position.ahead();
            if (ahead.from() != 0 && ahead.to() > held.seq) {
                // What its clock is, its own process alone could tell: it counts once the gap is closed from there.
                takeAhead(held, ahead, held.clock);
                join(held);
            }
        }
    }

    private static void advance(Held held, long seq, long clock) {
        if (seq >= held.seq) {
            held.seq = seq;
            held.clock = Math.max(held.clock, clock);
        }
        join(held);
    }

    private static void takeAhead(Held held, Ahead more, long clock) {
        Ahead ahead = held.ahead;
        if (ahead.from() == 0 || more.from() > ahead.to() + 1 || more.to() + 1 < ahead.from()) {
            if (ahead.from() == 0 || more.isMoreThan(ahead)) {
                held.ahead = more;
                held.aheadClock = clock;
            }
            return;
        }
        if (more.to() >= ahead.to()) {
            held.aheadClock = Math.max(held.aheadClock, clock);
        }
        held.ahead = new Ahead(Math.min(more.from(), ahead.from()), Math.max(more.to(), ahead.to()));
    }

    private static void join(Held held) {
        if (held.ahead.from() != 0 && held.ahead.from() <= held.seq + 1) {
            if (held.ahead.to() >= held.seq) {
                held.seq = held.ahead.to();
                held.clock = Math.max(held.clock, held.aheadClock);
            }
            held.ahead = Ahead.NONE;
            held.aheadClock = 0;
        }
    }

    /** What to report, in the order of the streams' names. */
    List<Position> positions() {
        List<Position> positions = new ArrayList<>(streams.size());
        streams.forEach((stream, held) ->
                positions.add(new Position(stream, held.seq, held.clock, held.ahead, isCurrent(stream))));
        return positions;
    }
}
