package com.kvstore.protocol.eventual;

import com.kvstore.protocol.eventual.EventualMessage.Position;
import com.kvstore.protocol.kernel.Persistent;
import com.kvstore.protocol.parts.HybridClock;
import com.kvstore.protocol.parts.PeerStorage;
import com.kvstore.protocol.parts.StateKeys;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Keeps on disk what an eventual peer would have to remember. At the end of each turn it writes what has changed; the
 * records are in the same storage and have been written by then.
 *
 * <p>What is kept, and what need not be:
 *
 * <ul>
 *   <li>how much is held of each stream, as numbers. The clock up to which that is everything only rises while no change
 *       comes: what was said of it stays true though it is forgotten;
 *   <li>the stream's name and the number of its last change, so that numbers and versions go on where they were. What was not
 *       sent yet is not kept a second time: others see a gap, and digests bring it;
 *   <li>a bound of the clock, a second ahead of it, so that an idle peer writes once a second and not at each reading;
 *   <li>the horizon at which a tombstone was last forgotten.
 * </ul>
 *
 * <p>Threading: one machine's.
 */
final class PeerStore {
    private static final int STATE = 1;
    private static final long AHEAD_MS = 1_000;

    private final PeerStorage storage;
    private final @Nullable StoredPeer found;
    private @Nullable StoredPeer stored;

    PeerStore(PeerStorage storage) {
        this.storage = storage;
        StoredPeer recovered = null;
        for (Persistent each : storage.recovered()) {
            if (each instanceof StoredPeer peer) {
                recovered = peer;
            }
        }
        found = recovered;
        stored = recovered;
    }

    /** What an earlier process left; null: nothing. */
    @Nullable StoredPeer found() {
        return found;
    }

    /**
     * Writes what has changed.
     *
     * @param now as it is; its clock is the last reading
     */
    void save(StoredPeer now) {
        StoredPeer last = stored;
        long bound = last == null ? 0 : last.clock();
        boolean same = last != null
                && now.clock() <= bound
                && last.horizon() == now.horizon()
                && last.settled() == now.settled()
                && last.known() == now.known()
                && places(last.positions()).equals(places(now.positions()));
        if (!same) {
            stored = new StoredPeer(
                    now.incarnation(),
                    Math.max(bound, HybridClock.later(now.clock(), AHEAD_MS)),
                    now.horizon(),
                    now.settled(),
                    now.known(),
                    now.positions());
            storage.put(StateKeys.of(STATE), stored);
        }
    }

    private static List<Position> places(List<Position> positions) {
        List<Position> places = new ArrayList<>(positions.size());
        positions.forEach(each -> places.add(new Position(each.stream(), each.seq(), 0, each.ahead(), each.current())));
        return places;
    }
}
