package com.kvstore.protocol.totalorder;

import com.kvstore.common.Bytes;
import com.kvstore.protocol.kernel.Persistent;
import com.kvstore.protocol.parts.DurableMachine.Saved;
import com.kvstore.protocol.parts.PeerStorage;
import com.kvstore.protocol.parts.StateKeys;
import com.kvstore.protocol.totalorder.StoredOrder.LaneEntry;
import com.kvstore.protocol.totalorder.StoredOrder.LaneProgress;
import com.kvstore.protocol.totalorder.StoredOrder.Own;
import com.kvstore.protocol.totalorder.StoredOrder.Progress;
import com.kvstore.protocol.totalorder.StoredOrder.Summary;
import com.kvstore.protocol.totalorder.StoredOrder.Vital;
import com.kvstore.protocol.totalorder.StoredOrder.Vote;
import com.kvstore.protocol.totalorder.TotalOrderMessage.Entry;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Keeps on disk what a peer would have to remember: entries and votes, promises and accepted ends of lanes, lives, the
 * clock, and how far the order is delivered. At the end of each turn it writes what has changed; the records are in the
 * same storage and have been written by then.
 *
 * <p>Nothing is said before what was vital for it is durable: entries held, promises given, the clock. How far the order is
 * delivered is not: a peer that comes back delivers again what it has lost of that, from the same entries, to the same
 * effect.
 *
 * <p>Threading: one machine's.
 */
final class OrderStore {
    private static final int SUMMARY = 1;
    private static final int ENTRY = 2;
    private static final int CLIENT = 3;
    /** Echo numbers that may be used before the next is stored. */
    private static final long ECHOES = 1_000_000;

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

    private final PeerStorage storage;
    private final Node node;
    private final Order order;
    private final Replica replica;
    private final Multicast multicast;
    private final Recovery recovery;
    private final SortedMap<Long, Kept> kept = new TreeMap<>();
    private @Nullable Summary stored;
    private long echoBound;

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
        node.observe(vital.own().clock());
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
        echoBound = vital.own().echo();
        multicast.restore(order.lane(vital.own().lane()), vital.own().newest(), echoBound);
    }

    private static Bytes key(long lane, long index) {
        return StateKeys.of(ENTRY, lane, index);
    }

    /** Writes what has changed. */
    Saved save(long foundedIn) {
        long before = storage.written();
        saveEntries();
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
        return isNew ? Saved.VITAL : Saved.LATER;
    }

    private Vital vital(long foundedIn) {
        if (multicast.echo() > echoBound) {
            echoBound = multicast.echo() + ECHOES;
        }
        List<Vote> votes = new ArrayList<>();
        order.lanes().values().forEach(lane -> votes.add(lane.stored()));
        Lane own = multicast.lane();
        return new Vital(
                node.formation.saved(),
                foundedIn,
                node.isActive(),
                node.votes.lives(),
                recovery.answered(),
                new Own(node.clock(), echoBound, own == null ? Lane.UNKNOWN : own.id(), multicast.newestOwn()),
                votes);
    }

    private Progress progress() {
        List<LaneProgress> lanes = new ArrayList<>();
        for (Lane lane : order.lanes().values()) {
            lanes.add(new LaneProgress(lane.id(), lane.base(), lane.delivered, lane.clock, lane.sealed()));
        }
        order.ended().forEach((lane, end) -> lanes.add(new LaneProgress(lane, end, end, 0, end)));
        return new Progress(
                replica.delivered(),
                replica.counter(),
                replica.wallMs(),
                replica.clients().epoch(),
                order.newest(),
                lanes);
    }

    private void saveEntries() {
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
            }
            remove(lane.id(), each.base + 1, Math.min(lane.base(), each.known));
            remove(lane.id(), Math.max(lane.known(), each.base) + 1, each.known);
            for (long i = Math.max(lane.base(), each.known) + 1; i <= lane.known(); i++) {
                storage.put(key(lane.id(), i), new LaneEntry(lane.id(), i, lane.get(i)));
            }
            each.base = lane.base();
            each.known = lane.known();
        }
    }

    private void remove(long lane, long first, long last) {
        for (long i = first; i <= last; i++) {
            storage.remove(key(lane, i));
        }
    }
}
