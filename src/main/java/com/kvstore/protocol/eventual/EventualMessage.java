package com.kvstore.protocol.eventual;

import com.kvstore.common.Message;
import com.kvstore.protocol.parts.Piece;
import com.kvstore.protocol.parts.StoredRecord;
import com.kvstore.protocol.parts.Stretch;
import java.util.List;

/**
 * What peers of an eventual group say to each other. Who speaks is known from the link's greeting. A <b>stream</b> is the
 * changes that one process took from clients, numbered from 1; see {@link Streams}.
 */
public sealed interface EventualMessage extends Message {

    /**
     * One transaction's records: applied together.
     *
     * @param records with the same version; each key once; never empty
     */
    record Change(List<StoredRecord> records) {
        public Change {
            records = List.copyOf(records);
        }
    }

    /**
     * How much of a stream a peer holds: every change up to {@code seq}, or something newer in its place.
     *
     * @param clock all changes of the stream with a version clock up to this are among those
     * @param ahead changes behind a gap that the peer holds too
     * @param current whether it is what the peer takes for its origin's present stream
     */
    record Position(long stream, long seq, long clock, Ahead ahead, boolean current) {

        /** Whether it tells of changes that {@code seq} and {@code held} do not cover. */
        boolean isMoreThan(long seq, Ahead held) {
            return this.seq > seq || (ahead.to > seq && ahead.isMoreThan(held));
        }
    }

    /** Changes {@code from} to {@code to}, both included, behind a gap; {@code from} 0: there is no gap. */
    record Ahead(long from, long to) {
        static final Ahead NONE = new Ahead(0, 0);

        boolean isMoreThan(Ahead other) {
            return to > other.to || (to == other.to && from < other.from);
        }
    }

    /**
     * The sender's own next changes; none: it is idle.
     *
     * @param to the stream of the process this is for: another one at the same peer must not take it, for it may be older
     *     than deletes that the process before knew and everybody has forgotten since
     * @param firstSeq the number of the first change, or of the next one to come
     * @param clock all of the stream's changes up to this version clock are among these and those before
     */
    record Sync(long to, long stream, long firstSeq, List<Change> changes, long clock) implements EventualMessage {
        public Sync {
            changes = List.copyOf(changes);
        }

        long lastSeq() {
            return firstSeq + changes.size() - 1;
        }
    }

    /**
     * Everything of your stream up to {@code seq} has arrived, or all of it that you still had to send.
     *
     * @param clock every change of the stream up to this version clock is held, without a gap
     */
    record SyncAck(long stream, long seq, long clock) implements EventualMessage {}

    /**
     * How much the sender holds of every stream it knows.
     *
     * @param horizon the sender's: nothing of this clock or below is taken any more where its key is gone
     */
    record Report(List<Position> positions, long horizon) implements EventualMessage {
        public Report {
            positions = List.copyOf(positions);
        }
    }

    /**
     * What do you hold that I do not?
     *
     * @param pull names the conversation; rises
     * @param from a scan hash (unsigned), included
     * @param pieces the digests of what I have, the first beginning at {@code from}; never empty
     * @param maxBytes answer with about so much
     */
    record Pull(long pull, long from, List<Piece> pieces, int maxBytes) implements EventualMessage {
        public Pull {
            pieces = List.copyOf(pieces);
        }
    }

    /**
     * Answer to a {@link Pull}.
     *
     * @param last scan hash (unsigned) up to which, included, this answers; -1 when the scan is complete
     * @param differing all records of the sender in each stretch that differs
     * @param positions what the sender held when it answered
     */
    record Chunk(long pull, long last, List<Stretch> differing, List<Position> positions) implements EventualMessage {
        public Chunk {
            differing = List.copyOf(differing);
            positions = List.copyOf(positions);
        }
    }
}
