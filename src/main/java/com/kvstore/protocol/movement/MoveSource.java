package com.kvstore.protocol.movement;

import com.kvstore.common.Version;
import com.kvstore.protocol.kernel.Effects;
import com.kvstore.protocol.membership.Range;
import com.kvstore.protocol.movement.MoveMessage.Chunk;
import com.kvstore.protocol.movement.MoveMessage.Fetch;
import com.kvstore.protocol.movement.MoveMessage.OpenMove;
import com.kvstore.protocol.movement.MoveMessage.RefuseMove;
import com.kvstore.protocol.parts.BoundedScan;
import com.kvstore.protocol.parts.DifferenceScan;
import com.kvstore.protocol.parts.RecordTable;
import com.kvstore.protocol.parts.Stretch;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The slave that feeds: answers what targets ask for, and keeps nothing of a move but its ranges.
 *
 * <p>Threading: belongs to one machine.
 *
 * <p>Bounded: one move a link; one {@link Fetch} looks at a few thousand records at most and is answered with about as
 * much as it asks for (a single record may be larger).
 *
 * <p>Failure behaviour: a move that was never opened, or of an epoch this node has not seen yet, is refused with the
 * reason; a request that makes no sense likewise.
 */
public final class MoveSource {
    private final RecordTable table;
    private final LongSupplier requests;
    private final Supplier<List<Version>> committed;
    /** By link. */
    private final Map<Long, OpenedMove> opened = new HashMap<>();

    private record OpenedMove(OpenMove request, PositionSet positions) {}

    /**
     * @param table what is fed from; only read
     * @param requests how many requests of clients this node has served so far: targets step back while it serves many
     * @param committed what is known to be committed here and may not be everywhere yet
     */
    public MoveSource(RecordTable table, LongSupplier requests, Supplier<List<Version>> committed) {
        this.table = table;
        this.requests = requests;
        this.committed = committed;
    }

    /**
     * Handles {@link OpenMove} and {@link Fetch}; anything else is not for a source and is ignored.
     *
     * <p>Both are refused unless this node's copies of what is moved are in sync, in the view it has: one that lost them with
     * a newer view takes part in no writes of it, and drops what it holds, so what it would answer is no copy of anything.
     *
     * @param currentEpoch of the newest view this node has accepted: a move of a later one would be answered without what
     *     that view's transactions will find settled here
     * @param inSync whether this node's copies of all of these ranges are in sync
     */
    public void on(long link, MoveMessage message, long currentEpoch, Predicate<List<Range>> inSync, Effects effects) {
        if (message instanceof OpenMove open) {
            if (open.epoch() > currentEpoch) {
                opened.remove(link);
                String reason = "the source has not seen epoch " + open.epoch() + " yet (it is at " + currentEpoch
                        + "); try again";
                effects.send(link, new RefuseMove(open.move(), reason));
            } else {
                opened.put(link, new OpenedMove(open, new PositionSet(open.ranges())));
            }
        } else if (message instanceof Fetch fetch) {
            effects.send(link, answer(opened.get(link), fetch, inSync));
        }
    }

    /** Forgets what was opened on {@code link}, if anything. */
    public void linkClosed(long link) {
        opened.remove(link);
    }

    private MoveMessage answer(@Nullable OpenedMove move, Fetch fetch, Predicate<List<Range>> inSync) {
        if (move == null || move.request().move() != fetch.move()) {
            return new RefuseMove(fetch.move(), "move " + fetch.move() + " was not opened on this link; open it again");
        }
        if (!inSync.test(move.request().ranges())) {
            return new RefuseMove(fetch.move(), "the source's copy of it is not in sync any more");
        }
        if (!DifferenceScan.inOrder(fetch.from(), fetch.pieces())) {
            return new RefuseMove(fetch.move(), "the pieces asked for are none or not in order");
        }
        DifferenceScan scan = new DifferenceScan(
                fetch.from(),
                fetch.pieces(),
                fetch.maxBytes(),
                move.positions()::contains,
                /* tombstonesCount= */ false);
        scan.run(table, fetch.from());
        List<Stretch> differing = scan.differing();
        boolean last = scan.reached() == BoundedScan.END;
        return new Chunk(
                fetch.move(), scan.reached(), differing, last ? committed.get() : List.of(), requests.getAsLong());
    }
}
