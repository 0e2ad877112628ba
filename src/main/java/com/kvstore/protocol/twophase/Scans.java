package com.kvstore.protocol.twophase;

import com.kvstore.common.Bytes;
import com.kvstore.common.Command;
import com.kvstore.common.ErrorCode;
import com.kvstore.common.Limits;
import com.kvstore.common.Result;
import com.kvstore.protocol.kernel.Effects;
import com.kvstore.protocol.membership.Arc;
import com.kvstore.protocol.membership.Copy;
import com.kvstore.protocol.membership.Liveness;
import com.kvstore.protocol.membership.View;
import com.kvstore.protocol.parts.BoundedScan;
import com.kvstore.protocol.parts.RecordTable;
import com.kvstore.protocol.parts.WallClock;
import com.kvstore.protocol.twophase.TwoPhaseMessage.Scan;
import com.kvstore.protocol.twophase.TwoPhaseMessage.ScanReply;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Walks over all keys: pages of them, or their number.
 *
 * <p>Every slave goes through its table in the order of one hash, the same everywhere, so a place in that order is all a
 * page has to remember, and the pages of all slaves fit together. A walk asks every slave for the keys that are read from
 * its copy under one view; when the view or a liveness changes, the page, or the count, begins anew.
 *
 * <p>What was found is handed out only while nobody else can have written: every copy in sync of every arc has granted this
 * coordinator's epoch within the last second, as for single reads ({@link ReadFence}).
 *
 * <p>Threading: one machine's.
 */
final class Scans {
    private static final Result NOT_GRANTED = Result.Failure.of(
            ErrorCode.UNAVAILABLE,
            "The up-to-date copies of some keys cannot be told for sure: a data node does not answer, and that cannot be"
                    + " stored. Try again in a moment");

    private static final Comparator<Bytes> IN_SCAN_ORDER =
            (a, b) -> Long.compareUnsigned(RecordTable.scanHash(a), RecordTable.scanHash(b));

    /** A client's page or count. */
    private static final class Walk {
        final long client;
        /** Null: it only counts. */
        final Command.@Nullable Scan page;
        /** Members that have not answered, and from where they are asked. */
        final TreeMap<Integer, Long> missing = new TreeMap<>();

        final List<Bytes> keys = new ArrayList<>();
        long upTo = BoundedScan.END;
        long count;
        /** When it stops waiting for grants; 0: it does not wait yet. */
        long giveUpAtNs;

        Walk(long client, Command.@Nullable Scan page) {
            this.client = client;
            this.page = page;
        }

        void clear() {
            missing.clear();
            keys.clear();
            upTo = BoundedScan.END;
            count = 0;
        }
    }

    private static final long PATIENCE_NS = 3_000_000_000L;

    private final Cluster cluster;
    private final Grants grants;
    private final StaleMarker stale;
    private final WallClock clock;
    /** Complete, and waiting for grants. */
    private Map<Long, Walk> fenced = new LinkedHashMap<>();

    private boolean staleProposed;
    /** By the id of their messages, in the order they came. */
    private Map<Long, Walk> walks = new LinkedHashMap<>();
    /** To be asked, when the turn ends: behind the commits that were decided before. */
    private final List<Long> unsent = new ArrayList<>();

    private long lastId;

    Scans(Cluster cluster, Grants grants, StaleMarker stale, WallClock clock) {
        this.cluster = cluster;
        this.grants = grants;
        this.stale = stale;
        this.clock = clock;
    }

    int clientsWaiting() {
        return walks.size() + fenced.size();
    }

    void page(long client, Command.Scan scan) {
        begin(new Walk(client, scan));
    }

    void count(long client) {
        begin(new Walk(client, null));
    }

    private void begin(Walk walk) {
        walk.clear();
        walks.put(++lastId, walk);
        unsent.add(lastId);
    }

    /** The membership or a liveness changed: what the slaves have answered so far no longer fits together. */
    void restart() {
        Map<Long, Walk> again = walks;
        Map<Long, Walk> complete = fenced;
        walks = new LinkedHashMap<>();
        fenced = new LinkedHashMap<>();
        unsent.clear();
        again.values().forEach(this::begin);
        complete.values().forEach(this::begin);
    }

    /** Whether slaves are to be asked when the turn ends. */
    boolean isAsking() {
        return !unsent.isEmpty();
    }

    /** Asks; after the turn's batches have left. */
    void turnEnded(Effects effects) {
        if (unsent.isEmpty()) {
            return;
        }
        for (Iterator<Long> ids = unsent.iterator(); ids.hasNext(); ) {
            long id = ids.next();
            Walk walk = walks.get(id);
            Result.Failure obstacle = obstacle();
            if (walk != null && obstacle != null) {
                walks.remove(id);
                effects.reply(walk.client, obstacle);
                ids.remove();
            } else if (walk == null || !isConnecting()) {
                ids.remove();
                ask(id, walk, effects);
            }
        }
    }

    private void ask(long id, @Nullable Walk walk, Effects effects) {
        if (walk == null) {
            return;
        }
        long from = walk.page == null ? 0 : walk.page.cursor();
        for (int member : cluster.view().members().keySet()) {
            if (isUp(member)) {
                walk.missing.put(member, from);
            }
        }
        for (int member : walk.missing.keySet()) {
            ask(id, walk, member, from, effects);
        }
    }

    private void ask(long id, Walk walk, int member, long from, Effects effects) {
        List<Integer> down = new ArrayList<>();
        for (int other : cluster.view().members().keySet()) {
            if (!isUp(other)) {
                down.add(other);
            }
        }
        Command.Scan page = walk.page;
        effects.send(
                cluster.link(member),
                new Scan(
                        id,
                        cluster.view().epoch(),
                        down,
                        from,
                        page == null ? Limits.MAX_SCAN : page.limit(),
                        page == null ? Bytes.EMPTY : page.prefix(),
                        clock.nowMs(),
                        page == null));
    }

    void onReply(int member, ScanReply reply, long nowNs, Effects effects) {
        Walk walk = walks.get(reply.id());
        if (walk == null || !walk.missing.containsKey(member)) {
            return;
        }
        walk.count += reply.count();
        if (walk.page == null && reply.upTo() != BoundedScan.END) {
            ask(reply.id(), walk, member, reply.upTo() + 1, effects);
            return;
        }
        walk.missing.remove(member);
        walk.keys.addAll(reply.keys());
        if (Long.compareUnsigned(reply.upTo(), walk.upTo) < 0) {
            walk.upTo = reply.upTo();
        }
        if (walk.missing.isEmpty()) {
            walks.remove(reply.id());
            fenced.put(reply.id(), walk);
            retry(nowNs, effects);
        }
    }

    /** Answers what waits for grants, if they have come; or gives up waiting. */
    void retry(long nowNs, Effects effects) {
        if (fenced.isEmpty()) {
            return;
        }
        boolean granted = true;
        boolean down = false;
        for (Arc arc : cluster.view().arcs()) {
            granted &= arc.copies().isEmpty() || grants.areGranted(arc, nowNs);
            for (Copy copy : arc.copies()) {
                down |= copy.inSync() && cluster.liveness(copy.member()) == Liveness.DOWN;
            }
        }
        for (Iterator<Walk> waiting = fenced.values().iterator(); waiting.hasNext(); ) {
            Walk walk = waiting.next();
            walk.giveUpAtNs = walk.giveUpAtNs == 0 ? nowNs + PATIENCE_NS : walk.giveUpAtNs;
            if (granted || nowNs >= walk.giveUpAtNs) {
                waiting.remove();
                effects.reply(walk.client, granted ? found(walk) : NOT_GRANTED);
            }
        }
        if (!fenced.isEmpty() && down && !staleProposed) {
            staleProposed = true;
            stale.want((view, thenNs, sink) -> {
                staleProposed = false;
                retry(thenNs, sink);
            });
        }
    }

    private static Result found(Walk walk) {
        return walk.page == null ? new Result.Count(walk.count) : pageOf(walk);
    }

    /** All keys up to where every slave has looked; the others come again with the next page. */
    private static Result pageOf(Walk walk) {
        walk.keys.removeIf(key -> Long.compareUnsigned(RecordTable.scanHash(key), walk.upTo) > 0);
        walk.keys.sort(IN_SCAN_ORDER);
        return new Result.Page(walk.keys, walk.upTo + 1);
    }

    private boolean isUp(int member) {
        return cluster.liveness(member) == Liveness.UP && cluster.link(member) != 0;
    }

    private boolean isConnecting() {
        for (int member : cluster.view().members().keySet()) {
            if (cluster.liveness(member) == Liveness.CONNECTING) {
                return true;
            }
        }
        return false;
    }

    /** Why not all keys can be seen at the moment; null if they can. */
    private Result.@Nullable Failure obstacle() {
        View view = cluster.view();
        for (Arc arc : view.arcs()) {
            if (arc.lost()) {
                return Result.Failure.of(
                        ErrorCode.LOST,
                        "Both copies of a part of the ring are gone, so nobody knows all keys; accept-loss ends this");
            }
            Copy unreachable = null;
            boolean reachable = arc.copies().isEmpty();
            for (Copy copy : arc.copies()) {
                if (copy.inSync()) {
                    reachable |= cluster.liveness(copy.member()) != Liveness.DOWN;
                    unreachable = copy;
                }
            }
            if (!reachable) {
                return Result.Failure.of(
                        ErrorCode.UNAVAILABLE,
                        unreachable == null
                                ? "A part of the ring has no copy at the moment"
                                : cluster.name(unreachable.member())
                                        + " is down and holds the only up-to-date copy of some keys");
            }
        }
        return null;
    }
}
