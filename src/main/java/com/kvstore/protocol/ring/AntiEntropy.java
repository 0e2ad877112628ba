package com.kvstore.protocol.ring;

import com.kvstore.common.ErrorCode;
import com.kvstore.common.Result;
import com.kvstore.protocol.kernel.Effects;
import com.kvstore.protocol.kernel.TimerId;
import com.kvstore.protocol.membership.Arc;
import com.kvstore.protocol.membership.Copy;
import com.kvstore.protocol.membership.Liveness;
import com.kvstore.protocol.membership.Peer;
import com.kvstore.protocol.membership.Peers;
import com.kvstore.protocol.membership.Range;
import com.kvstore.protocol.membership.View;
import com.kvstore.protocol.membership.ViewChanges;
import com.kvstore.protocol.membership.ViewKeeper;
import com.kvstore.protocol.parts.BoundedScan;
import com.kvstore.protocol.snapshot.SnapshotMessage.DigestPage;
import com.kvstore.protocol.snapshot.SnapshotMessage.FetchDigests;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Compares the copies of every arc, as they were at one {@link Cut}, from time to time and when asked. Copies in sync are
 * equal then, to the record; where they are not (a disk that lies, a bug), the copy that reads are not answered from loses
 * sync and is filled anew, which brings what differs.
 *
 * <p>Threading: one machine's.
 */
final class AntiEntropy implements Cut.Use {
    private static final TimerId TIMER = new TimerId("anti-entropy", 0);
    private static final long INTERVAL_NS = 600_000_000_000L;

    private final Cut cut;
    private final ViewKeeper views;
    private final Peers peers;
    /** Who asked; 0: the clock. */
    private long client;

    private boolean running;
    private long id;
    private SortedMap<Integer, List<Range>> sources = new TreeMap<>();
    /** By member and start of the range: the sum of the records' digests. */
    private final Map<Integer, long[]> sums = new HashMap<>();
    /** Members that have not been read to their end. */
    private final TreeSet<Integer> reading = new TreeSet<>();

    private long checks;
    private long differences;

    AntiEntropy(Cut cut, ViewKeeper views, Peers peers) {
        this.cut = cut;
        this.views = views;
        this.peers = peers;
    }

    void start(long nowNs, Effects effects) {
        effects.setTimer(TIMER, nowNs + INTERVAL_NS);
    }

    /** @return whether the timer was this object's */
    boolean onTimer(TimerId timer, long nowNs, Effects effects) {
        if (!timer.equals(TIMER)) {
            return false;
        }
        effects.setTimer(TIMER, nowNs + INTERVAL_NS);
        if (running) {
            // A data node that was taken out of the ring meanwhile says nothing any more.
            cut.done(effects);
            stop("a data node did not answer", effects);
        }
        if (!running
                && views.started()
                && views.current().ring().servers() >= 2
                && views.current().whole()) {
            begin(0, nowNs, effects);
        }
        return true;
    }

    /** A person asks for it. */
    void on(long asking, long nowNs, Effects effects) {
        if (running) {
            fail(asking, "the copies are being compared already", effects);
        } else {
            begin(asking, nowNs, effects);
        }
    }

    private void begin(long asking, long nowNs, Effects effects) {
        client = asking;
        running = true;
        cut.make(this, nowNs, effects);
    }

    @Override
    public @Nullable String plan(View view, SortedMap<Integer, List<Range>> planned) {
        if (view.members().size() < 2) {
            return "there are no two data nodes whose copies could be compared";
        }
        for (Arc arc : view.arcs()) {
            for (Copy copy : arc.copies()) {
                if (copy.inSync() && peers.liveness(copy.member()) != Liveness.UP) {
                    return "a data node is down";
                }
                if (copy.inSync()) {
                    planned.computeIfAbsent(copy.member(), any -> new ArrayList<>())
                            .add(new Range(arc.start(), arc.end()));
                }
            }
        }
        return planned.isEmpty() ? "no copy is up to date" : null;
    }

    @Override
    public void made(long cutId, View view, SortedMap<Integer, List<Range>> planned, Effects effects) {
        id = cutId;
        sources = planned;
        sums.clear();
        reading.addAll(planned.keySet());
        planned.forEach((member, ranges) -> {
            sums.put(member, new long[ranges.size()]);
            fetch(member, 0, effects);
        });
    }

    private void fetch(int member, long from, Effects effects) {
        Peer peer = peers.of(member);
        if (peer != null && peer.liveness() == Liveness.UP) {
            effects.send(peer.link(), new FetchDigests(id, from));
        }
    }

    void onPage(int member, DigestPage page, Effects effects) {
        long[] sum = sums.get(member);
        if (!running || page.id() != id || sum == null || !reading.contains(member)) {
            return;
        }
        if (!page.problem().isEmpty() || page.sums().size() != sum.length) {
            cut.done(effects);
            stop(page.problem(), effects);
            return;
        }
        for (int i = 0; i < sum.length; i++) {
            sum[i] += page.sums().get(i);
        }
        if (page.upTo() != BoundedScan.END) {
            fetch(member, page.upTo() + 1, effects);
            return;
        }
        reading.remove(member);
        if (reading.isEmpty()) {
            cut.done(effects);
            compare();
        }
    }

    private void compare() {
        long asking = client;
        int[] found = new int[1];
        SortedMap<Integer, List<Range>> differing = differing();
        differing.values().forEach(ranges -> found[0] += ranges.size());
        checks++;
        differences += found[0];
        running = false;
        String text = found[0] == 0
                ? "all copies are equal"
                : found[0] + (found[0] == 1 ? " arc differs" : " arcs differ")
                        + " between its copies: what differs is copied again from where reads are answered";
        views.propose(
                view -> {
                    View next = view;
                    for (Map.Entry<Integer, List<Range>> each : differing.entrySet()) {
                        next = ViewChanges.distrust(next, each.getKey(), each.getValue());
                    }
                    return next;
                },
                (view, nowNs, effects) -> {
                    if (found[0] > 0) {
                        effects.note("REPAIR", text);
                    }
                    if (asking != 0) {
                        effects.reply(asking, new Result.Ack(2, List.of(), text));
                    }
                });
    }

    /** By member, the ranges in which it differs from the first of the other copies, the one that reads go to. */
    private SortedMap<Integer, List<Range>> differing() {
        SortedMap<Integer, List<Range>> differing = new TreeMap<>();
        for (Arc arc : views.current().arcs()) {
            Copy first = arc.readCopy(member -> sums.containsKey(member));
            Long expected = first == null ? null : sumOf(first.member(), arc);
            for (Copy copy : arc.copies()) {
                Long sum = copy.inSync() ? sumOf(copy.member(), arc) : null;
                if (expected != null && sum != null && !expected.equals(sum)) {
                    differing
                            .computeIfAbsent(copy.member(), any -> new ArrayList<>())
                            .add(new Range(arc.start(), arc.end()));
                }
            }
        }
        return differing;
    }

    /** Null: the arc was another one when the digests were made. */
    private @Nullable Long sumOf(int member, Arc arc) {
        List<Range> ranges = sources.getOrDefault(member, List.of());
        int index = ranges.indexOf(new Range(arc.start(), arc.end()));
        long[] sum = sums.get(member);
        return index < 0 || sum == null ? null : sum[index];
    }

    @Override
    public void notMade(String why, Effects effects) {
        stop(why, effects);
    }

    @Override
    public void ended(String why, Effects effects) {
        stop(why, effects);
    }

    private void stop(String why, Effects effects) {
        running = false;
        reading.clear();
        if (client != 0) {
            fail(client, why, effects);
        }
        client = 0;
    }

    private static void fail(long asking, String why, Effects effects) {
        effects.reply(
                asking,
                Result.Failure.of(ErrorCode.UNAVAILABLE, "The copies were not compared: " + why + ". Try again"));
    }

    /** How often all copies were compared. */
    long checks() {
        return checks;
    }

    /** How many arcs were found to differ. */
    long differences() {
        return differences;
    }
}
