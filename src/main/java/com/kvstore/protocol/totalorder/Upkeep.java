package com.kvstore.protocol.totalorder;

import com.kvstore.common.Bytes;
import com.kvstore.common.Condition;
import com.kvstore.common.ErrorCode;
import com.kvstore.common.Expiry;
import com.kvstore.common.Result;
import com.kvstore.common.Write;
import com.kvstore.protocol.kernel.Effects;
import com.kvstore.protocol.totalorder.TotalOrderMessage.Fetch;
import com.kvstore.protocol.totalorder.TotalOrderMessage.Join;
import com.kvstore.protocol.totalorder.TotalOrderMessage.Transaction;
import java.util.ArrayList;
import java.util.List;

/**
 * What a peer does now and then: heartbeats, asking others for what it waits for, forgetting what nobody needs, asking for
 * a lane when it has none, taking out what has expired.
 *
 * <p>Threading: one machine's.
 */
final class Upkeep {
    /**
     * Nobody has opened a lane for this peer for so long: perhaps the only lanes left are of peers that do not know that
     * they have them. Then all of them are ended, and everybody gets a new one.
     */
    private static final long STRANDED_NS = 1_200_000_000L;

    private static final long SWEEP_NS = 500_000_000L;
    private static final int LOOKED_AT_A_SWEEP = 10_000;
    private static final int SWEPT_AT_ONCE = 500;
    private static final long OPEN_AGAIN_NS = 1_000_000_000L;

    private final Node node;
    private final Order order;
    private final Replica replica;
    private final Multicast multicast;
    private final Requests requests;
    /** When this peer last had a lane. */
    private long laneSinceNs;

    private long lastHeartbeatNs;
    private long lastAskNs;
    private long lastSweepNs;
    private long lastPresenceNs;
    private long sweepFrom;
    private long nowNs;
    /** By index: the process heard last; what lane an opening was proposed behind, and when. */
    private final long[] incarnations;

    private final long[] openAfter;
    private final long[] openNs;
    /** By index: the formation a peer belongs to. */
    private final long[] formedOf;

    Upkeep(Node node, Order order, Replica replica, Multicast multicast, Requests requests) {
        this.node = node;
        this.order = order;
        this.replica = replica;
        this.multicast = multicast;
        this.requests = requests;
        this.incarnations = new long[node.size()];
        this.openAfter = new long[node.size()];
        this.openNs = new long[node.size()];
        this.formedOf = new long[node.size()];
    }

    static Result.Failure stopping() {
        return Result.Failure.of(ErrorCode.UNAVAILABLE, "Not applied: this peer is stopping. Ask another one");
    }

    /** Whether the process of a peer is another one than was heard before. */
    boolean restarted(int index, long incarnation) {
        boolean other = incarnations[index] != 0 && incarnations[index] != incarnation;
        incarnations[index] = incarnation;
        return other;
    }

    boolean othersAreFormed() {
        for (long formed : formedOf) {
            if (formed != 0) {
                return node.formation.formed() == 0;
            }
        }
        return false;
    }

    /** A peer has said which formation it belongs to; 0: none. */
    void heard(int index, long formed) {
        formedOf[index] = formed;
    }

    /** Gives a new link to a peer that takes messages and says nothing. */
    void links(long now, Effects effects) {
        nowNs = now;
        for (int i = 0; i < node.size(); i++) {
            if (node.isOpen(i) && node.heardNs[i] != 0 && now - node.heardNs[i] > TotalOrderConfig.SILENT_NS) {
                node.heardNs[i] = now - TotalOrderConfig.MAJORITY_NS;
                node.links.reopen(node.idOf(i), effects);
            }
        }
    }

    /** What a person may want to know. */
    TotalOrderStatus status() {
        List<TotalOrderStatus.PeerStatus> peers = new ArrayList<>();
        for (int peer : node.config.group().others(node.config.self())) {
            peers.add(new TotalOrderStatus.PeerStatus(
                    peer,
                    node.config.group().address(peer),
                    node.links.isOpen(peer),
                    node.votes.life(node.config.group().indexOf(peer))));
        }
        return new TotalOrderStatus(
                node.config.self(),
                !node.isActive() ? "joining" : multicast.own() == null ? "waiting" : "up",
                node.clock(),
                replica.delivered(),
                replica.table().keys(),
                requests.inHand(),
                peers);
    }

    /** Tells where this peer stands, now and then. */
    void presence(long now, Effects effects) {
        if (now - lastPresenceNs > TotalOrderConfig.HEARTBEAT_NS) {
            lastPresenceNs = now;
            node.links.broadcast(node.formation.presence(), effects);
        }
    }

    void tick(long now, Effects effects) {
        nowNs = now;
        if (now - lastHeartbeatNs > TotalOrderConfig.HEARTBEAT_NS) {
            lastHeartbeatNs = now;
            multicast.castToAll();
            forgetDelivered();
        }
        if (multicast.own() != null) {
            laneSinceNs = now;
        }
        boolean stranded = now - laneSinceNs > STRANDED_NS;
        order.markBlocked(stranded ? Long.MAX_VALUE : requests.readCounter(), now);
        if (now - lastAskNs > TotalOrderConfig.ASK_OTHERS_NS) {
            lastAskNs = now;
            askOthers(now, effects);
        }
        if (multicast.own() == null) {
            node.broadcast(
                    new Join(
                            node.formed(),
                            node.votes.life(node.index()),
                            order.newestOf(node.index()).lane()),
                    effects);
        } else if (now - lastSweepNs > SWEEP_NS) {
            lastSweepNs = now;
            sweep();
        }
        if (now - lastPresenceNs > 10 * TotalOrderConfig.HEARTBEAT_NS) {
            presence(now, effects);
        }
    }

    /** A peer that does not vote yet follows the order by asking. */
    void follow(long now, Effects effects) {
        nowNs = now;
        order.markBlocked(Long.MAX_VALUE, now);
        askOthers(now, effects);
    }

    /** Asks for what is waited for; for everything, where this peer is behind and may not know what it waits for. */
    private void askOthers(long now, Effects effects) {
        boolean everything = multicast.own() == null || multicast.missesLanes();
        for (int i = 0; i < node.size(); i++) {
            everything |= node.isOpen(i) && multicast.isBehind(i);
        }
        // The same one for all lanes, and another the next time: one for each in turns might always be the wrong one.
        int other = node.someOther();
        for (Lane lane : order.lanes().values()) {
            boolean waits = lane.blockedSinceNs != 0 && now - lane.blockedSinceNs > TotalOrderConfig.ASK_OTHERS_NS;
            if (everything || waits || (lane.isSealed() && lane.known() < lane.sealed())) {
                if (other >= 0) {
                    node.send(other, new Fetch(node.formed(), lane.id(), lane.known() + 1), effects);
                }
            }
        }
    }

    private void forgetDelivered() {
        long kept = 0;
        for (Lane lane : order.lanes().values()) {
            lane.forgetUpTo(node.votes.everywhere(lane));
            for (long i = lane.delivered; i > lane.base(); i--) {
                kept += Sizes.of(lane.get(i));
                if (kept > node.config.maxLogBytes()) {
                    lane.forgetUpTo(i);
                }
            }
        }
    }

    /** Whether an opening behind this lane is still to be proposed by this peer. */
    boolean mayOpen(int owner, long after) {
        if (openNs[owner] != 0 && openAfter[owner] == after && nowNs - openNs[owner] < OPEN_AGAIN_NS) {
            return false;
        }
        openAfter[owner] = after;
        openNs[owner] = nowNs;
        return true;
    }

    /** The peer with the first open lane takes out what has expired, for all. */
    private void sweep() {
        Lane own = multicast.own();
        if (own == null
                || replica.table().expiring() == 0
                || own.id() != order.lanes().firstKey()) {
            return;
        }
        List<Write> expired = new ArrayList<>();
        sweepFrom = replica.table()
                .findExpired(sweepFrom, LOOKED_AT_A_SWEEP, node.wall.nowMs(), (position, key, version) -> {
                    if (expired.size() < SWEPT_AT_ONCE) {
                        expired.add(remove(key, version));
                    }
                });
        expired.forEach(write -> requests.add(new Transaction(null, List.of(), List.of(write))));
    }

    private static Write remove(Bytes key, com.kvstore.common.Version version) {
        return new Write(key, null, Expiry.NEVER, Condition.expired(version));
    }
}
