package com.kvstore.protocol.totalorder;

import com.kvstore.common.Result;
import com.kvstore.protocol.kernel.Effects;
import com.kvstore.protocol.totalorder.TotalOrderMessage.Entry;
import com.kvstore.protocol.totalorder.TotalOrderMessage.NewestLane;
import com.kvstore.protocol.totalorder.TotalOrderMessage.Op;
import com.kvstore.protocol.totalorder.TotalOrderMessage.Open;
import com.kvstore.protocol.totalorder.TotalOrderMessage.OrderLane;
import com.kvstore.protocol.totalorder.TotalOrderMessage.OrderState;
import com.kvstore.protocol.totalorder.TotalOrderMessage.Transaction;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The lanes, merged: delivers entries in the order of their timestamps, each once it is safe.
 *
 * <p>An entry is delivered when a majority vouches for it (or a ballot has decided that it belongs to its lane), and every
 * other lane has promised, by its clock, its next entry or its end, that nothing smaller will come on it. The set of lanes
 * is itself ordered state: a lane is opened by an operation, and ends where a ballot has decided.
 *
 * <p>When the last lane has come to its end, nobody could open another: then every peer, in its latest life in the order,
 * gets a new one. Every peer comes to this point at the same place of the order.
 *
 * <p>Threading: one machine's.
 */
final class Order {
    /** Hears of operations when they are delivered. */
    interface Listener {
        /** @param index of the entry in the lane; {@code op}: of the operation in the entry */
        void delivered(Lane lane, long index, int op, Result result, Effects effects);

        /** This lane has begun. */
        void opened(Lane lane);
    }

    private final Votes votes;
    private final Replica replica;
    private final boolean onDisk;
    private final Listener listener;
    private final SortedMap<Long, Lane> lanes = new TreeMap<>();
    private final NewestLane[] newest;
    private final SortedMap<Long, Long> ended = new TreeMap<>();
    private static final int ENDED_KEPT = 64;

    /** @param onDisk whether what a lane holds lasts only once {@link Lane#durable} says so */
    Order(TotalOrderConfig config, Votes votes, Replica replica, boolean onDisk, Listener listener) {
        this.votes = votes;
        this.replica = replica;
        this.onDisk = onDisk;
        this.listener = listener;
        this.newest = new NewestLane[config.group().size()];
    }

    /** The very first state: a lane for each peer. */
    void begin() {
        for (int i = 0; i < newest.length; i++) {
            open(0, i, 1);
        }
    }

    /** Forgets everything. */
    void clear() {
        lanes.clear();
        ended.clear();
        replica.clear();
    }

    /** Whether nothing has begun here. */
    boolean isEmpty() {
        return lanes.isEmpty();
    }

    /** Those that are not at their end. */
    SortedMap<Long, Lane> lanes() {
        return lanes;
    }

    @Nullable Lane lane(long id) {
        return lanes.get(id);
    }

    /** Where a lane that is done ended; {@link Lane#UNKNOWN}: it is not known here, any more or yet. */
    long endOf(long id) {
        return ended.getOrDefault(id, Lane.UNKNOWN);
    }

    NewestLane newestOf(int owner) {
        return newest[owner];
    }

    /** Each peer's newest lane, in the order of the group; none before anything has begun. */
    List<NewestLane> newest() {
        return lanes.isEmpty() && newest[0] == null ? List.of() : List.of(newest);
    }

    /** The last ones that are done, and where they ended. */
    SortedMap<Long, Long> ended() {
        return ended;
    }

    /** Goes on with these lanes, and with what is known of those that are done. */
    void restore(List<Lane> stored, List<NewestLane> newestOnes, SortedMap<Long, Long> done) {
        stored.forEach(lane -> lanes.put(lane.id(), lane));
        ended.putAll(done);
        for (int i = 0; i < newestOnes.size(); i++) {
            newest[i] = newestOnes.get(i);
        }
    }

    private void open(long counter, int owner, int life) {
        Lane lane = add(Lane.name(counter, owner), life, 0);
        newest[owner] = new NewestLane(lane.id(), life);
        listener.opened(lane);
    }

    private Lane add(long id, int life, long delivered) {
        Lane lane = new Lane(id, life, delivered);
        if (onDisk) {
            lane.keepOnDisk();
        }
        lanes.put(id, lane);
        return lane;
    }

    /** Delivers what can be delivered. @return whether that was anything */
    boolean deliver(Effects effects) {
        boolean any = false;
        for (Lane lane = deliverable(); lane != null; lane = deliverable()) {
            deliverNext(lane, effects);
            retire(lane);
            any = true;
        }
        return any;
    }

    /** A ballot has decided where a lane ends. */
    void sealed(Lane lane, long length) {
        lane.seal(length);
        retire(lane);
    }

    private void retire(Lane lane) {
        if (lane.isDone() && lanes.remove(lane.id()) != null) {
            ended.put(lane.id(), lane.sealed());
            if (ended.size() > ENDED_KEPT) {
                ended.remove(ended.firstKey());
            }
            if (lanes.isEmpty()) {
                long counter = replica.counter() + 1;
                replica.reach(counter, 0);
                for (int i = 0; i < newest.length; i++) {
                    open(counter, i, newest[i].life());
                }
            }
        }
    }

    /** The lane whose next entry may be delivered; null: there is none. */
    private @Nullable Lane deliverable() {
        Lane first = first();
        if (first == null || blocking(first.next().counter(), first) != null) {
            return null;
        }
        return isChosen(first) ? first : null;
    }

    private boolean isChosen(Lane lane) {
        return lane.isSealed() || votes.chosen(lane) > lane.delivered;
    }

    /** The lane with the smallest entry that waits; null: nothing waits. */
    private @Nullable Lane first() {
        Lane first = null;
        for (Lane lane : lanes.values()) {
            if (lane.hasNext()
                    && (first == null || lane.next().counter() < first.next().counter())) {
                first = lane;
            }
        }
        return first;
    }

    /** A lane on which something with this counter or a smaller one may still come; null: there is none. */
    private @Nullable Lane blocking(long counter, @Nullable Lane besides) {
        for (Lane lane : lanes.values()) {
            if (lane != besides && !lane.hasNext() && !lane.isDone() && (lane.isSealed() || lane.clock < counter)) {
                return lane;
            }
        }
        return null;
    }

    /** Whether everything up to this counter, included, is delivered, and nothing more will come there. */
    boolean isPast(long counter) {
        for (Lane lane : lanes.values()) {
            boolean behind = lane.hasNext()
                    ? lane.next().counter() <= counter
                    : !lane.isDone() && (lane.isSealed() || lane.clock < counter);
            if (behind) {
                return false;
            }
        }
        return true;
    }

    /**
     * Marks the lanes that hold up what waits, with the time since when.
     *
     * @param readCounter up to which reads wait; 0: none does
     */
    void markBlocked(long readCounter, long nowNs) {
        Lane first = first();
        long counter = Math.max(first == null ? 0 : first.next().counter(), readCounter);
        for (Lane lane : lanes.values()) {
            boolean blocks = lane == first
                    ? blocking(lane.next().counter(), lane) == null
                    : !lane.hasNext() && (lane.isSealed() || lane.clock < counter);
            if (!blocks) {
                lane.blockedSinceNs = 0;
            } else if (lane.blockedSinceNs == 0) {
                lane.blockedSinceNs = nowNs;
            }
        }
    }

    private void deliverNext(Lane lane, Effects effects) {
        Entry entry = lane.next();
        lane.delivered++;
        long index = lane.delivered;
        replica.reach(entry.counter(), entry.wallMs());
        int number = 0;
        for (Op op : entry.ops()) {
            if (op instanceof Transaction transaction) {
                listener.delivered(lane, index, number, replica.deliver(transaction), effects);
            } else if (op instanceof Open open) {
                replica.count();
                if (newest[open.owner()].lane() == open.after()) {
                    open(entry.counter(), open.owner(), open.life());
                }
            }
            number++;
        }
    }

    OrderState state() {
        List<OrderLane> all = new ArrayList<>();
        lanes.values().forEach(lane -> all.add(new OrderLane(lane.id(), lane.life(), lane.delivered)));
        return new OrderState(
                replica.delivered(),
                replica.counter(),
                replica.wallMs(),
                replica.clients().epoch(),
                all,
                List.of(newest),
                replica.clients().state());
    }

    /**
     * Jumps to a later state; the records are there already. A lane that is done here stays so: whoever made the state has
     * delivered all of it too, and only does not know yet that nothing more comes.
     */
    void restore(OrderState state) {
        replica.restore(state);
        SortedMap<Long, Lane> before = new TreeMap<>(lanes);
        lanes.clear();
        for (OrderLane each : state.lanes()) {
            Lane lane = before.remove(each.lane());
            if (lane == null && ended.containsKey(each.lane())) {
                continue;
            }
            if (lane == null) {
                listener.opened(add(each.lane(), each.life(), each.delivered()));
            } else {
                lane.jumpTo(each.delivered());
                lanes.put(lane.id(), lane);
            }
        }
        for (int i = 0; i < newest.length; i++) {
            newest[i] = state.newest().get(i);
        }
        for (Lane lane : new ArrayList<>(lanes.values())) {
            retire(lane);
        }
    }
}
