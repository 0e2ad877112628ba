package com.kvstore.protocol.membership;

import com.kvstore.common.Bytes;
import com.kvstore.common.ConsistentHash;
import com.kvstore.common.HashRing;
import com.kvstore.common.ServerNode;
import com.kvstore.protocol.kernel.Persistent;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Who is in the cluster, who holds which arc, and which of those copies are in sync: the whole membership, as a value.
 *
 * <p>Every change ({@link ViewChanges}) makes a new view of a higher epoch, which the coordinator makes durable before it
 * uses it; every node refuses messages of an older epoch.
 *
 * <p>Thread-safe: immutable.
 *
 * <p>Invariants: see {@link Arc} for the arcs; the ring's servers are exactly the members that are not leaving; every
 * copy's member is in {@code members}; without members there is one arc, without copies.
 */
public final class View implements Persistent {
    /** How many drained incarnations are remembered: far more than an operator drains while one is out of reach. */
    public static final int MAX_DRAINED = 64;

    private final long cluster;
    private final long epoch;
    private final int pointsPerServer;
    private final HashRing ring;
    private final SortedMap<Integer, Member> members;
    private final List<Arc> arcs;
    private final int nextMemberId;
    private final List<Long> drained;
    private final int[] arcEnds;
    private final boolean whole;

    /**
     * @param cluster drawn at random when the store was made, never 0
     * @param epoch 1 or more
     * @param pointsPerServer virtual nodes
     * @param ring where keys should be; the arcs say where they are
     * @param nextMemberId above every id ever given
     */
    public View(
            long cluster,
            long epoch,
            int pointsPerServer,
            HashRing ring,
            SortedMap<Integer, Member> members,
            List<Arc> arcs,
            int nextMemberId) {
        this.cluster = cluster;
        this.epoch = epoch;
        this.pointsPerServer = pointsPerServer;
        this.ring = ring;
        this.members = Collections.unmodifiableSortedMap(new TreeMap<>(members));
        this.arcs = List.copyOf(arcs);
        this.nextMemberId = nextMemberId;
        this.drained = List.of();
        this.arcEnds = this.arcs.stream().mapToInt(Arc::end).toArray();
        this.whole = isWhole(this.arcs, ring.servers());
    }

    private View(View other, List<Long> drained) {
        this.cluster = other.cluster;
        this.epoch = other.epoch;
        this.pointsPerServer = other.pointsPerServer;
        this.ring = other.ring;
        this.members = other.members;
        this.arcs = other.arcs;
        this.nextMemberId = other.nextMemberId;
        this.drained = List.copyOf(drained);
        this.arcEnds = other.arcEnds;
        this.whole = other.whole;
    }

    /**
     * The same view with other drained incarnations.
     *
     * @param incarnations each once, the latest last; of more than {@value #MAX_DRAINED} the earliest are forgotten
     */
    public View withDrained(List<Long> incarnations) {
        int tooMany = Math.max(0, incarnations.size() - MAX_DRAINED);
        return new View(this, incarnations.subList(tooMany, incarnations.size()));
    }

    /** The view of a new store: no members. */
    public static View create(long cluster, int ringSize, int pointsPerServer) {
        Arc everything = new Arc(0, ringSize - 1, List.of(), false);
        return new View(cluster, 1, pointsPerServer, HashRing.empty(ringSize), new TreeMap<>(), List.of(everything), 1);
    }

    public long cluster() {
        return cluster;
    }

    public long epoch() {
        return epoch;
    }

    public int ringSize() {
        return ring.ringSize();
    }

    public int pointsPerServer() {
        return pointsPerServer;
    }

    public HashRing ring() {
        return ring;
    }

    /** By id, ascending. */
    public SortedMap<Integer, Member> members() {
        return members;
    }

    public List<Arc> arcs() {
        return arcs;
    }

    public int nextMemberId() {
        return nextMemberId;
    }

    /**
     * The incarnations that were drained last, the latest last: they left for good and may not have heard of it, so they
     * are not taken in again. At most {@value #MAX_DRAINED}.
     */
    public List<Long> drained() {
        return drained;
    }

    public @Nullable Member memberAt(ServerNode address) {
        for (Member member : members.values()) {
            if (member.address().equals(address)) {
                return member;
            }
        }
        return null;
    }

    public int positionOf(Bytes key) {
        return ConsistentHash.position(key, ring.ringSize());
    }

    public Arc arcOf(Bytes key) {
        return arcAt(positionOf(key));
    }

    /** @param position 0 to ring size - 1 */
    public Arc arcAt(int position) {
        int low = 0;
        int high = arcEnds.length - 1;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (arcEnds[middle] < position) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return arcs.get(low);
    }

    /** Whether the member has a copy in this state of every position in {@code ranges}. */
    public boolean holds(int member, List<Range> ranges, Copy.Sync sync) {
        for (Range range : ranges) {
            for (int position = range.start(); position <= range.end(); ) {
                Arc arc = arcAt(position);
                Copy copy = arc.copyOf(member);
                if (copy == null || copy.sync() != sync) {
                    return false;
                }
                position = arc.end() + 1;
            }
        }
        return true;
    }

    /** Whether every arc has all the copies the ring wants, in sync, and no others. */
    public boolean whole() {
        return whole;
    }

    private static boolean isWhole(List<Arc> arcs, int servers) {
        int wanted = Math.min(2, servers);
        for (Arc arc : arcs) {
            if (arc.lost() || arc.copies().size() != wanted || arc.inSyncCopies() != wanted) {
                return false;
            }
        }
        return true;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof View view
                && cluster == view.cluster
                && epoch == view.epoch
                && pointsPerServer == view.pointsPerServer
                && nextMemberId == view.nextMemberId
                && ring.equals(view.ring)
                && members.equals(view.members)
                && arcs.equals(view.arcs)
                && drained.equals(view.drained);
    }

    @Override
    public int hashCode() {
        return Long.hashCode(cluster * 31 + epoch);
    }

    @Override
    public String toString() {
        return "View[epoch " + epoch + ", members " + members.values() + ", arcs " + arcs + "]";
    }
}
