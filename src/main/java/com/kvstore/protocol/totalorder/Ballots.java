package com.kvstore.protocol.totalorder;

import com.kvstore.protocol.kernel.Effects;
import com.kvstore.protocol.totalorder.TotalOrderMessage.Accept;
import com.kvstore.protocol.totalorder.TotalOrderMessage.Accepted;
import com.kvstore.protocol.totalorder.TotalOrderMessage.Fetch;
import com.kvstore.protocol.totalorder.TotalOrderMessage.Prepare;
import com.kvstore.protocol.totalorder.TotalOrderMessage.Promise;
import com.kvstore.protocol.totalorder.TotalOrderMessage.Refuse;
import com.kvstore.protocol.totalorder.TotalOrderMessage.Sealed;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Decides where a lane ends whose owner is gone, slow or cut off: Paxos (Lamport, The Part-Time Parliament, 1998) on one
 * number, in which the owner's multicast is ballot 0. Whoever waits for the lane may begin one.
 *
 * <p>Invariant: an entry that a majority vouched for is within every end that is ever accepted: whoever promises takes no
 * more entries and tells how many it has, and two majorities have a peer in common.
 *
 * <p>Threading: one machine's.
 */
final class Ballots {
    private static final long STAGGER_NS = 60_000_000L;

    private static final class Ballot {
        private final long number;
        private final long startedNs;
        private final Map<Integer, Promise> promises = new TreeMap<>();
        private final Map<Integer, Integer> acceptedInLife = new TreeMap<>();
        /** Where the lane is to end; {@link Lane#UNKNOWN} in phase 1. */
        private long length = Lane.UNKNOWN;

        private int holder;
        private boolean proposed;

        private Ballot(long number, long startedNs) {
            this.number = number;
            this.startedNs = startedNs;
        }
    }

    private final Node node;
    private final Order order;
    private final Multicast multicast;
    /** By lane: what this peer has begun. */
    private final SortedMap<Long, Ballot> begun = new TreeMap<>();

    Ballots(Node node, Order order, Multicast multicast) {
        this.node = node;
        this.order = order;
        this.multicast = multicast;
    }

    /** Begins ballots on lanes that are waited for too long, and gives way to higher ones where one has got stuck. */
    void tick(long nowNs, Effects effects) {
        begun.keySet().removeIf(lane -> order.lane(lane) == null);
        for (Lane lane : order.lanes().values().toArray(new Lane[0])) {
            Ballot ballot = begun.get(lane.id());
            if (lane.isSealed()) {
                begun.remove(lane.id());
            } else if (ballot != null) {
                if (nowNs - ballot.startedNs > TotalOrderConfig.BALLOT_NS + node.index() * STAGGER_NS) {
                    begin(lane, nowNs, effects);
                } else {
                    propose(lane, ballot, effects);
                }
            } else if (isTooLong(lane, nowNs)) {
                begin(lane, nowNs, effects);
            }
        }
    }

    /** Whether to wait no longer; a lane whose owner is known to have left it is not waited for at all. */
    private boolean isTooLong(Lane lane, long nowNs) {
        long patienceNs = TotalOrderConfig.SUSPECT_NS + node.index() * STAGGER_NS;
        return lane.life() < node.votes.life(lane.owner())
                || (multicast.hasLeft(lane) && lane.promised == 0)
                || (lane.blockedSinceNs != 0 && nowNs - lane.blockedSinceNs > patienceNs);
    }

    private void begin(Lane lane, long nowNs, Effects effects) {
        long number = (lane.promised / Lane.OWNERS + 1) * Lane.OWNERS + node.index();
        Ballot ballot = new Ballot(number, nowNs);
        begun.put(lane.id(), ballot);
        node.broadcast(new Prepare(node.formed(), lane.id(), number), effects);
        lane.promise(number);
        onPromise(node.index(), promiseOf(lane), effects);
    }

    private Promise promiseOf(Lane lane) {
        return new Promise(
                node.formed(),
                node.votes.lives(),
                lane.id(),
                lane.promised,
                lane.voteForBallot(),
                lane.sealBallot,
                lane.sealLength);
    }

    /** @return whether this peer's vote on the lane has changed */
    boolean onPrepare(int from, Prepare prepare, Effects effects) {
        Lane lane = known(from, prepare.lane(), effects);
        if (lane == null) {
            return false;
        }
        if (prepare.ballot() < lane.promised) {
            node.send(from, new Refuse(node.formed(), lane.id(), lane.promised), effects);
            return false;
        }
        lane.promise(prepare.ballot());
        node.send(from, promiseOf(lane), effects);
        return true;
    }

    /** The lane, if its end is still open; whoever asks for another is told the end, if it is known. */
    private @Nullable Lane known(int from, long id, Effects effects) {
        Lane lane = order.lane(id);
        long end = lane == null ? order.endOf(id) : lane.sealed();
        if (end != Lane.UNKNOWN) {
            node.send(from, new Sealed(node.formed(), id, end), effects);
            return null;
        }
        return lane;
    }

    void onPromise(int from, Promise promise, Effects effects) {
        Ballot ballot = begun.get(promise.lane());
        Lane lane = order.lane(promise.lane());
        if (ballot == null || lane == null || lane.isSealed() || ballot.number != promise.ballot()) {
            return;
        }
        ballot.promises.put(from, promise);
        propose(lane, ballot, effects);
    }

    /** Phase 2, as soon as a majority has promised and what it vouches for is here. */
    private void propose(Lane lane, Ballot ballot, Effects effects) {
        if (ballot.proposed) {
            // Again: who lacked entries has fetched them meanwhile.
            node.broadcast(new Accept(node.formed(), lane.id(), ballot.number, ballot.length), effects);
            return;
        }
        if (ballot.length == Lane.UNKNOWN && !choose(ballot)) {
            return;
        }
        if (lane.known() < ballot.length) {
            node.send(ballot.holder, new Fetch(node.formed(), lane.id(), lane.known() + 1), effects);
            return;
        }
        ballot.proposed = true;
        node.broadcast(new Accept(node.formed(), lane.id(), ballot.number, ballot.length), effects);
        if (accept(lane, ballot.number, ballot.length)) {
            accepted(lane, ballot, node.index(), effects);
        }
    }

    private boolean choose(Ballot ballot) {
        // A promise of a life that is over may be forgotten by now: whoever knows of the new life has said so.
        ballot.promises
                .entrySet()
                .removeIf(each -> each.getValue().lives().get(each.getKey()) < node.votes.life(each.getKey()));
        if (ballot.promises.size() < node.majority()) {
            return false;
        }
        long bestBallot = 0;
        long length = 0;
        long holderHas = -1;
        for (Map.Entry<Integer, Promise> each : ballot.promises.entrySet()) {
            Promise promise = each.getValue();
            if (promise.sealBallot() > bestBallot) {
                bestBallot = promise.sealBallot();
                length = promise.sealLength();
                ballot.holder = each.getKey();
            } else if (bestBallot == 0 && promise.voted() > holderHas) {
                holderHas = promise.voted();
                length = promise.voted();
                ballot.holder = each.getKey();
            }
        }
        ballot.length = length;
        return true;
    }

    private static boolean accept(Lane lane, long ballot, long length) {
        if (ballot < lane.promised) {
            return false;
        }
        lane.promise(ballot);
        lane.sealBallot = ballot;
        lane.sealLength = length;
        return true;
    }

    /** @return whether this peer's vote on the lane has changed */
    boolean onAccept(int from, Accept accept, Effects effects) {
        Lane lane = known(from, accept.lane(), effects);
        if (lane == null) {
            return false;
        }
        if (accept.ballot() < lane.promised) {
            node.send(from, new Refuse(node.formed(), lane.id(), lane.promised), effects);
            return false;
        }
        if (lane.known() < accept.length()) {
            // Nobody vouches for what it does not have: it comes first, and the question once more.
            lane.promise(accept.ballot());
            node.send(from, new Fetch(node.formed(), lane.id(), lane.known() + 1), effects);
            return true;
        }
        accept(lane, accept.ballot(), accept.length());
        node.send(from, new Accepted(node.formed(), node.votes.lives(), lane.id(), accept.ballot()), effects);
        return true;
    }

    void onAccepted(int from, Accepted accepted, Effects effects) {
        Ballot ballot = begun.get(accepted.lane());
        Lane lane = order.lane(accepted.lane());
        if (ballot != null && lane != null && !lane.isSealed() && ballot.number == accepted.ballot()) {
            accepted(lane, ballot, from, effects);
        }
    }

    private void accepted(Lane lane, Ballot ballot, int from, Effects effects) {
        ballot.acceptedInLife.put(from, node.votes.life(from));
        ballot.acceptedInLife.entrySet().removeIf(each -> each.getValue() < node.votes.life(each.getKey()));
        if (ballot.acceptedInLife.size() >= node.majority()) {
            begun.remove(lane.id());
            node.broadcast(new Sealed(node.formed(), lane.id(), ballot.length), effects);
            order.sealed(lane, ballot.length);
        }
    }

    void onRefuse(Refuse refuse) {
        Lane lane = order.lane(refuse.lane());
        if (lane != null && !lane.isSealed() && refuse.ballot() > lane.promised) {
            // The next ballot of this peer must be higher still.
            lane.promise(refuse.ballot());
        }
    }

    void onSealed(Sealed sealed) {
        Lane lane = order.lane(sealed.lane());
        if (lane != null && !lane.isSealed()) {
            order.sealed(lane, sealed.length());
        }
    }
}
