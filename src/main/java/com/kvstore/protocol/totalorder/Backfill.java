package com.kvstore.protocol.totalorder;

import com.kvstore.protocol.kernel.Effects;
import com.kvstore.protocol.totalorder.TotalOrderMessage.Behind;
import com.kvstore.protocol.totalorder.TotalOrderMessage.Fetch;
import com.kvstore.protocol.totalorder.TotalOrderMessage.Fetched;
import com.kvstore.protocol.totalorder.TotalOrderMessage.Sealed;

/**
 * Entries that a peer lacks, from any other that has them: whose owner is gone, or whose cast was lost.
 *
 * <p>Bounded: an answer has {@value #MAX_ENTRIES} entries or a little more than a MiB.
 *
 * <p>Threading: one machine's.
 */
final class Backfill {
    private static final int MAX_ENTRIES = 256;
    private static final long MAX_BYTES = 1024 * 1024;

    private final Node node;
    private final Order order;
    private final Replica replica;

    Backfill(Node node, Order order, Replica replica) {
        this.node = node;
        this.order = order;
        this.replica = replica;
    }

    /** Sends what is asked for, or tells why not: it is forgotten here, or the lane has come to its end. */
    void onFetch(int from, Fetch fetch, Effects effects) {
        Lane lane = order.lane(fetch.lane());
        if (lane == null) {
            long end = order.endOf(fetch.lane());
            if (end != Lane.UNKNOWN) {
                node.send(from, new Sealed(node.formed(), fetch.lane(), end), effects);
            }
            if (end != Lane.UNKNOWN || fetch.lane() / Lane.OWNERS <= replica.counter()) {
                node.send(from, new Behind(node.formed(), replica.delivered()), effects);
            }
        } else if (fetch.from() <= lane.base()) {
            node.send(from, new Behind(node.formed(), replica.delivered()), effects);
        } else {
            node.send(
                    from,
                    new Fetched(
                            node.formed(),
                            lane.id(),
                            fetch.from(),
                            lane.some(fetch.from(), MAX_ENTRIES, MAX_BYTES),
                            lane.known(),
                            lane.clock,
                            lane.sealed()),
                    effects);
        }
    }

    /** @return whether it brought entries that were not known */
    boolean onFetched(int from, Fetched fetched, Effects effects) {
        Lane lane = order.lane(fetched.lane());
        if (lane == null) {
            return false;
        }
        if (fetched.sealed() != Lane.UNKNOWN && !lane.isSealed()) {
            order.sealed(lane, fetched.sealed());
        }
        long before = lane.known();
        lane.take(fetched.first(), fetched.entries());
        fetched.entries().forEach(entry -> node.observe(entry.counter()));
        if (lane.known() >= fetched.known()) {
            lane.clock = Math.max(lane.clock, fetched.clock());
            node.observe(fetched.clock());
        } else if (lane.known() > before) {
            node.send(from, new Fetch(node.formed(), lane.id(), lane.known() + 1), effects);
        }
        return lane.known() > before;
    }
}
