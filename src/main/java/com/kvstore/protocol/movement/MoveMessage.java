package com.kvstore.protocol.movement;

import com.kvstore.common.Message;
import com.kvstore.common.ServerNode;
import com.kvstore.common.Version;
import com.kvstore.protocol.membership.Range;
import com.kvstore.protocol.parts.Piece;
import com.kvstore.protocol.parts.Stretch;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How a copy is filled: the target pulls from the source, piece by piece, in the order of a hash of the key that is the
 * same on both ({@code RecordTable.scanHash}), and only pieces that differ.
 */
public sealed interface MoveMessage extends Message {

    /**
     * Coordinator to target: fill your copies of these ranges from {@code source}.
     *
     * @param move names the move; rises, never used twice by one coordinator process
     * @param epoch the epoch that made the target's copies SYNCING: what the source lacks and is older than this is gone
     * @param source null: every copy was lost; drop what you have there that is older than {@code epoch}
     * @param bytesPerSecond never faster than that, and slower while clients are at work; 0 is as fast as it goes
     */
    record StartMove(long move, long epoch, @Nullable ServerNode source, List<Range> ranges, long bytesPerSecond)
            implements MoveMessage {
        public StartMove {
            ranges = List.copyOf(ranges);
        }
    }

    /** Coordinator to target: stop; a later move may take up again. */
    record CancelMove(long move) implements MoveMessage {}

    /**
     * Target to coordinator.
     *
     * @param fraction of the key space that is done, 0 to 1
     */
    record MoveProgress(long move, long keys, long bytes, double fraction) implements MoveMessage {}

    /** Target to coordinator: the copies hold all that the source held. */
    record MoveDone(long move, long keys, long bytes) implements MoveMessage {}

    /** Target to coordinator: the source cannot be reached or refused. */
    record MoveFailed(long move, String reason) implements MoveMessage {}

    /** Target to source, first on its link: what will be asked for. */
    record OpenMove(long move, long epoch, List<Range> ranges) implements MoveMessage {
        public OpenMove {
            ranges = List.copyOf(ranges);
        }
    }

    /**
     * Target to source: everything from {@code from} on that differs from what I have.
     *
     * @param from a scan hash (unsigned), included
     * @param pieces the digests of what I have, piece after piece, the first beginning at {@code from}; never empty
     * @param maxBytes answer with about so much
     */
    record Fetch(long move, long from, List<Piece> pieces, int maxBytes) implements MoveMessage {}

    /**
     * Source to target.
     *
     * @param last scan hash (unsigned) up to which, included, this answers; -1 (the largest) when the scan is complete
     * @param differing for each stretch that differs, all records of the source in it: the target drops what it has
     *     there that is not among them and older than the move's epoch
     * @param committed with the last one: transactions that the source knows to be committed and that others may not know
     *     of yet. A copy in sync is asked about them by a coordinator that recovers
     * @param requests of clients that the source has served so far; what came between two answers tells the target how
     *     busy it is
     */
    record Chunk(long move, long last, List<Stretch> differing, List<Version> committed, long requests)
            implements MoveMessage {}

    /** Source to target: I cannot serve this, now or at all. */
    record RefuseMove(long move, String reason) implements MoveMessage {}
}
