package com.kvstore.protocol.totalorder;

import com.kvstore.protocol.kernel.Effects;
import com.kvstore.protocol.totalorder.TotalOrderMessage.Cast;
import com.kvstore.protocol.totalorder.TotalOrderMessage.Entry;
import com.kvstore.protocol.totalorder.TotalOrderMessage.LaneVote;
import com.kvstore.protocol.totalorder.TotalOrderMessage.Op;
import com.kvstore.protocol.totalorder.TotalOrderMessage.Sealed;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * This peer's own lane on its way to the others, and the others' on their way here. What a turn has gathered, entries and
 * votes, leaves as one {@link Cast} to each peer when the turn ends.
 *
 * <p>Bounded: a peer that does not vote is sent {@link #WINDOW_BYTES} and {@link #WINDOW_ENTRIES} and no more, and a disk
 * that does not keep up is given no more of the own lane.
 *
 * <p>Threading: one machine's.
 */
final class Multicast {
    private static final int WINDOW_ENTRIES = 1024;
    private static final long WINDOW_BYTES = 4L * 1024 * 1024;
    private static final int ENTRIES_A_CAST = 128;
    private static final long BYTES_A_CAST = 1024 * 1024;

    private final Node node;
    private final Order order;
    private final Replica replica;
    private @Nullable Lane own;
    private long newestOwn = Lane.UNKNOWN;
    private long echo;
    /** Whether someone multicasts on a lane that is not open here yet: there is something to be delivered first. */
    private boolean missesLanes;

    /** By index: up to where the own lane was sent on the present link. */
    private final long[] sent;

    private final boolean[] castTo;
    /** By index: how many operations a peer has said it has delivered. */
    private final long[] delivered;

    Multicast(Node node, Order order, Replica replica) {
        this.node = node;
        this.order = order;
        this.replica = replica;
        this.sent = new long[node.size()];
        this.castTo = new boolean[node.size()];
        this.delivered = new long[node.size()];
    }

    /** The lane this peer may add to; null: it has none. */
    @Nullable Lane own() {
        return own != null && !own.isSealed() && own.promised == 0 ? own : null;
    }

    /** The lane this peer has added to last, sealed or not; null: none. */
    @Nullable Lane lane() {
        return own;
    }

    /**
     * Goes on behind an earlier process, which may have multicast what its disk does not have: its lane is not added to any
     * more, lest a number or a timestamp comes twice.
     *
     * @param newest the newest lane it may have added to
     */
    void restore(long newest) {
        newestOwn = newest;
    }

    long newestOwn() {
        return newestOwn;
    }

    /** Whether a lane is this peer's own, and it will add nothing to it any more. */
    boolean hasLeft(Lane lane) {
        return lane.owner() == node.index() && lane.id() <= newestOwn && lane != own;
    }

    /** Nothing has been. */
    void reset() {
        own = null;
        newestOwn = Lane.UNKNOWN;
    }

    /** A lane was opened; it is this peer's if it is for its present life and no newer one is. */
    void opened(Lane lane) {
        if (lane.owner() == node.index()
                && lane.life() == node.votes.life(node.index())
                && lane.id() > newestOwn
                && lane.known() == 0) {
            own = lane;
            newestOwn = lane.id();
            java.util.Arrays.fill(sent, 0);
            castToAll();
        }
    }

    /** Adds an entry to the own lane. @return its number */
    long add(List<Op> ops) {
        Lane lane = java.util.Objects.requireNonNull(own);
        lane.take(lane.known() + 1, List.of(new Entry(node.tickClock(), node.wall.nowMs(), ops)));
        castToAll();
        return lane.known();
    }

    /** Asks a majority whether the own lane is open still. @return what they will echo */
    long askEcho() {
        castToAll();
        return ++echo;
    }

    void castToAll() {
        java.util.Arrays.fill(castTo, true);
    }

    /** The link to this peer is new. */
    void linkOpened(int index) {
        Lane lane = own;
        LaneVote vote = lane == null ? null : node.votes.of(index, lane.id());
        sent[index] = vote == null ? 0 : vote.voted();
        castTo[index] = true;
    }

    /** The clock moves with every turn that has seen a larger counter: the own lane promises nothing smaller any more. */
    void moveClock() {
        if (own != null) {
            own.clock = Math.max(own.clock, node.clock());
        }
    }

    /** @return whether it brought entries that were not known */
    boolean on(int from, Cast cast, Effects effects) {
        node.votes.on(from, cast.votes());
        delivered[from] = cast.delivered();
        Lane mine = own;
        if (mine != null) {
            LaneVote vote = node.votes.of(from, mine.id());
            sent[from] = Math.max(sent[from], vote == null ? 0 : vote.voted());
        }
        if (cast.lane() == Lane.UNKNOWN) {
            return false;
        }
        node.observe(cast.clock());
        Lane lane = order.lane(cast.lane());
        long end = lane == null ? order.endOf(cast.lane()) : lane.sealed();
        if (end != Lane.UNKNOWN) {
            node.send(from, new Sealed(node.formed(), cast.lane(), end), effects);
        }
        if (lane == null && end == Lane.UNKNOWN) {
            missesLanes = true;
        }
        if (lane == null || lane.owner() != from || lane.promised != 0 || lane.isSealed()) {
            return false;
        }
        long before = lane.known();
        lane.take(cast.first(), cast.entries());
        if (lane.known() >= cast.first() + cast.entries().size() - 1) {
            lane.clock = Math.max(lane.clock, cast.clock());
            if (cast.echo() > lane.echo) {
                lane.echo = cast.echo();
                castTo[from] = true;
            }
        }
        return lane.known() > before;
    }

    /** Sends what the turn has gathered. */
    void flush(Effects effects) {
        moveClock();
        List<LaneVote> votes = null;
        for (int i = 0; i < castTo.length; i++) {
            if (castTo[i] && node.isOpen(i)) {
                if (votes == null) {
                    votes = votes();
                }
                castTo[i] = sendTo(i, votes, effects);
            } else {
                castTo[i] = false;
            }
        }
    }

    private List<LaneVote> votes() {
        List<LaneVote> votes = new ArrayList<>();
        for (Lane lane : order.lanes().values()) {
            votes.add(new LaneVote(lane.id(), lane.vote(), lane.promised == 0 ? lane.echo : -1));
        }
        return votes;
    }

    /** @return whether there is more for the next turn */
    private boolean sendTo(int index, List<LaneVote> votes, Effects effects) {
        Lane lane = own;
        if (lane == null || lane.isSealed()) {
            cast(index, Lane.UNKNOWN, 0, 1, List.of(), votes, effects);
            return false;
        }
        long first = sent[index] + 1;
        List<Entry> entries = List.of();
        if (first > lane.base() && mayTake(index, lane)) {
            entries = lane.some(first, ENTRIES_A_CAST, BYTES_A_CAST);
            sent[index] += entries.size();
        } else {
            first = lane.known() + 1;
        }
        boolean all = first + entries.size() - 1 == lane.known();
        long clock = all ? lane.clock : entries.get(entries.size() - 1).counter();
        cast(index, lane.id(), clock, first, entries, votes, effects);
        return !all && mayTake(index, lane);
    }

    private void cast(
            int index, long lane, long clock, long first, List<Entry> entries, List<LaneVote> votes, Effects effects) {
        node.send(
                index,
                new Cast(
                        node.formed(),
                        node.votes.lives(),
                        lane,
                        clock,
                        echo,
                        first,
                        entries,
                        votes,
                        replica.delivered()),
                effects);
    }

    /** Whether the peer knows the lane, takes entries of it, and has not too many to vote on already. */
    private boolean mayTake(int index, Lane lane) {
        LaneVote vote = node.votes.of(index, lane.id());
        if (vote == null || vote.echo() < 0 || sent[index] - vote.voted() >= WINDOW_ENTRIES) {
            return false;
        }
        return bytes(lane, vote.voted(), sent[index]) < WINDOW_BYTES;
    }

    /** Whether this peer's own disk is not too far behind what it has added. */
    boolean mayAdd(Lane lane) {
        return lane.known() - lane.vote() < WINDOW_ENTRIES && bytes(lane, lane.vote(), lane.known()) < WINDOW_BYTES;
    }

    /** How large the entries behind one number up to another are, about; no more is counted than the window. */
    private static long bytes(Lane lane, long behind, long last) {
        long bytes = 0;
        for (long i = Math.max(behind, lane.base()) + 1; i <= last && bytes < WINDOW_BYTES; i++) {
            bytes += Sizes.of(lane.get(i));
        }
        return bytes;
    }

    /** Whether lanes were heard of that are not known here, since this was asked last. */
    boolean missesLanes() {
        boolean misses = missesLanes;
        missesLanes = false;
        return misses;
    }

    /** Whether a peer is known to have delivered more than this one. */
    boolean isBehind(int index) {
        return delivered[index] > replica.delivered();
    }
}
