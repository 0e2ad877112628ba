package com.kvstore.protocol.totalorder;

import com.kvstore.common.Bytes;
import com.kvstore.protocol.kernel.Persistent;
import com.kvstore.protocol.parts.DurableMachine.Saved;
import com.kvstore.protocol.parts.PeerStorage;
import com.kvstore.protocol.parts.StateKeys;
import com.kvstore.protocol.totalorder.StoredOrder.LaneEntry;
import com.kvstore.protocol.totalorder.StoredOrder.LaneProgress;
import com.kvstore.protocol.totalorder.StoredOrder.Progress;
import com.kvstore.protocol.totalorder.StoredOrder.Summary;
import com.kvstore.protocol.totalorder.StoredOrder.Vital;
import com.kvstore.protocol.totalorder.StoredOrder.Vote;
import com.kvstore.protocol.totalorder.TotalOrderMessage.Entry;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Keeps on disk what a peer would have to remember: entries and votes, promises and accepted ends of lanes, lives,
 * and how far the order is delivered. At the end of each turn it writes what has changed; the records are in the
 * same storage and have been written by then.
 *
 * <p>Nothing is said before what was vital for it is durable: promises given, lanes begun. Entries are not vital, as
 * votes are for durable ones only, and a process adds to no lane of one before it. How far the order is delivered is not
 * either: a peer that comes back delivers again what it has lost of that, from the same entries, to the same effect.
 *
 * <p>Threading: one machine's.
 */
final class OrderStore {
    private static final int SUMMARY = 1;
    private static final int ENTRY = 2;
    private static final int CLIENT = 3;

    /** What is stored of a lane. */
    private static final class Kept {
        private final Lane lane;
        private long base;
        private long known;

        private Kept(Lane lane, long base, long known) {
            this.lane = lane;
            this.base = base;
            this.known = known;
        }
    }

    /** What a lane held when the storage had counted this far. */
    private record Written(long written, Lane lane, long known) {}

    private final PeerStorage storage;
    private final Node node;
    private final Order order;
    private final Replica replica;
    private final Multicast multicast;
    private final Recovery recovery;
    private final SortedMap<Long, Kept> kept = new TreeMap<>();
    /** What is not known to be durable yet, oldest first. */
    private final Deque<Written> waiting = new ArrayDeque<>();

    private @Nullable Summary stored;

    OrderStore(PeerStorage storage, Node node, Order order, Replica replica, Multicast multicast, Recovery recovery) {
        this.storage = storage;
        this.node = node;
        this.order = order;
        this.replica = replica;
        this.multicast = multicast;
        this.recovery = recovery;
    }

    /** Goes on where an earlier process was. @return the formation it has founded; 0: it has not, or nothing is left */
    long restore() {
        if (!storage.isDurable()) {
            return 0;
        }
        Summary summary = null;
        SortedMap<Long, List<LaneEntry>> entries = new TreeMap<>();
        List<StoredOrder.Client> clients = new ArrayList<>();
        for (Persistent each : storage.recovered()) {
            if (each instanceof Summary found) {
                summary = found;
            } else if (each instanceof LaneEntry entry) {
                entries.computeIfAbsent(entry.lane(), any -> new ArrayList<>()).add(entry);
            } else if (each instanceof StoredOrder.Client client) {
                clients.add(client);
            }
        }
        if (summary != null && summary.vital().active()) {
            stored = summary;
            take(summary, entries, clients);
        } else {
            forget(entries, clients);
            if (summary != null) {
                node.formation.restore(summary.vital().formation());
            }
        }
        replica.clients().track();
        return summary == null || !summary.vital().active()
                ? 0
                : summary.vital().foundedIn();
    }

    /** It did not vote yet: what it held of a recovery does not count. */
    private void forget(SortedMap<Long, List<LaneEntry>> entries, List<StoredOrder.Client> clients) {
        entries.values().forEach(some -> some.forEach(each -> storage.remove(key(each.lane(), each.index()))));
        clients.forEach(
                client -> storage.remove(StateKeys.of(CLIENT, client.state().client())));
        storage.table().clear();
    }

    private void take(Summary summary, SortedMap<Long, List<LaneEntry>> entries, List<StoredOrder.Client> clients) {
        Vital vital = summary.vital();
        node.formation.restore(vital.formation());
        node.votes.restore(vital.lives());
        node.activate();
        recovery.restore(vital.answered());
        clients.sort(Comparator.comparingLong(StoredOrder.Client::touched));
        replica.restore(summary.progress(), clients);
        List<Lane> lanes = new ArrayList<>();
        for (int i = 0; i < vital.votes().size(); i++) {
            Vote vote = vital.votes().get(i);
            List<Entry> known = new ArrayList<>();
            entries.getOrDefault(vote.lane(), List.of()).forEach(each -> known.add(each.entry()));
            Lane lane = Lane.restored(vote, summary.progress().lanes().get(i), known);
            lanes.add(lane);
            kept.put(lane.id(), new Kept(lane, lane.base(), lane.known()));
        }
        SortedMap<Long, Long> ended = new TreeMap<>();
        List<LaneProgress> progress = summary.progress().lanes();
        progress.subList(lanes.size(), progress.size()).forEach(each -> ended.put(each.lane(), each.sealed()));
        order.restore(lanes, summary.progress().newest(), ended);
        multicast.restore(vital.newestOwn());
    }

    private static Bytes key(long lane, long index) {
        return StateKeys.of(ENTRY, lane, index);
    }

    boolean isDurable() {
        return storage.isDurable();
    }

    /** Whether nothing waits to be durable. */
    boolean isIdle() {
        return waiting.isEmpty();
    }

    /** What was written when the storage had counted this far will last. @return whether there is more to vote for */
    boolean durable(long written) {
        boolean more = false;
        for (Written oldest = waiting.peek(); oldest != null && oldest.written <= written; oldest = waiting.peek()) {
            // Of this peer's own lane the others learn with what comes next on it.
            more |= oldest.lane.durable(oldest.known) && oldest.lane != multicast.lane();
            waiting.remove();
        }
        return more;
    }

    /** Writes what has changed. */
    Saved save(long foundedIn) {
        long before = storage.written();
        List<Lane> grown = saveEntries();
        replica.clients().takeChanges((name, client) -> {
            if (client == null) {
                storage.remove(StateKeys.of(CLIENT, name));
            } else {
                storage.put(StateKeys.of(CLIENT, name), client);
            }
        });
        Vital vital = vital(foundedIn);
        Summary last = stored;
        boolean isNew = last == null || !last.vital().equals(vital);
        boolean further = last == null || last.progress().delivered() != replica.delivered();
        if (isNew || further || storage.written() > before) {
            Summary now = new Summary(vital, progress());
            stored = now;
            storage.put(StateKeys.of(SUMMARY), now);
        }
        grown.forEach(lane -> waiting.add(new Written(storage.written(), lane, lane.known())));
        return isNew ? Saved.VITAL : grown.isEmpty() ? Saved.LATER : Saved.NEEDED;
    }

    private Vital vital(long foundedIn) {
        List<Vote> votes = new ArrayList<>();
        order.lanes().values().forEach(lane -> votes.add(lane.stored()));
        return new Vital(
                node.formation.saved(),
                foundedIn,
                node.isActive(),
                node.votes.lives(),
                recovery.answered(),
                multicast.newestOwn(),
                votes);
    }

    private Progress progress() {
        List<LaneProgress> lanes = new ArrayList<>();
        for (Lane lane : order.lanes().values()) {
            lanes.add(
                    new LaneProgress(lane.id(), lane.base(), lane.known(), lane.delivered, lane.clock, lane.sealed()));
        }
        order.ended().forEach((lane, end) -> lanes.add(new LaneProgress(lane, end, end, end, 0, end)));
        return new Progress(
                replica.delivered(),
                replica.counter(),
                replica.wallMs(),
                replica.clients().epoch(),
                order.newest(),
                lanes);
    }

    /** @return the lanes that are new or of which more is held than before */
    private List<Lane> saveEntries() {
        List<Lane> grown = new ArrayList<>();
        for (Kept each : kept.values().toArray(new Kept[0])) {
            if (order.lane(each.lane.id()) != each.lane) {
                remove(each.lane.id(), each.base + 1, each.known);
                kept.remove(each.lane.id());
            }
        }
        for (Lane lane : order.lanes().values()) {
            Kept each = kept.get(lane.id());
            if (each == null) {
                each = new Kept(lane, lane.base(), lane.base());
                kept.put(lane.id(), each);
                grown.add(lane);
            } else if (lane.known() > each.known) {
                grown.add(lane);
            }
            remove(lane.id(), each.base + 1, Math.min(lane.base(), each.known));
            remove(lane.id(), Math.max(lane.known(), each.base) + 1, each.known);
            for (long i = Math.max(lane.base(), each.known) + 1; i <= lane.known(); i++) {
                storage.put(key(lane.id(), i), new LaneEntry(lane.id(), i, lane.get(i)));
            }
            each.base = lane.base();
            each.known = lane.known();
        }
        return grown;
    }

    private void remove(long lane, long first, long last) {
        for (long i = first; i <= last; i++) {
            storage.remove(key(lane, i));
        }
    }
}
