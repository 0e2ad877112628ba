package com.kvstore.protocol.eventual;

import com.kvstore.common.Command;
import com.kvstore.common.ErrorCode;
import com.kvstore.common.RequestId;
import com.kvstore.common.Result;
import com.kvstore.common.Version;
import com.kvstore.protocol.eventual.EventualMessage.Change;
import com.kvstore.protocol.eventual.EventualMessage.Chunk;
import com.kvstore.protocol.eventual.EventualMessage.Pull;
import com.kvstore.protocol.eventual.EventualMessage.Report;
import com.kvstore.protocol.eventual.EventualMessage.Sync;
import com.kvstore.protocol.eventual.EventualMessage.SyncAck;
import com.kvstore.protocol.kernel.Effects;
import com.kvstore.protocol.kernel.Input;
import com.kvstore.protocol.kernel.TimerId;
import com.kvstore.protocol.parts.DurableMachine;
import com.kvstore.protocol.parts.HybridClock;
import com.kvstore.protocol.parts.PeerLinks;
import com.kvstore.protocol.parts.PeerStorage;
import com.kvstore.protocol.parts.RecordTable;
import com.kvstore.protocol.parts.StoredRecord;
import com.kvstore.protocol.parts.WallClock;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * One peer of an eventual group: takes every request by itself, tells the others with SYNC, and repairs by digests what a
 * SYNC did not bring.
 *
 * <p>Promises: a write is never refused for the state of other peers; all peers that can reach each other come to hold the
 * same, {@link EventualConfig#REPAIR_INTERVAL_NS} and the walks' time after they can; a read that names a version waits
 * until this peer has it.
 *
 * <p>Invariants: no version is used twice ({@link Streams}); what is applied here from another peer is never sent on by
 * SYNC; see {@link Holdings}, {@link Store} and {@link Reports} for theirs.
 *
 * <p>Threading: see {@link com.kvstore.protocol.kernel.Machine}.
 */
public final class EventualMachine implements DurableMachine, PeerLinks.Listener {
    private static final TimerId REPORT = new TimerId("eventual-report", 0);
    private static final TimerId REPAIR = new TimerId("eventual-repair", 0);
    private static final long STOP_WITHIN_NS = 1_000_000_000L;
    /** A peer that takes messages and says nothing for so long gets a new link, and what waited on the old is forgotten. */
    private static final long SILENT_NS = 5_000_000_000L;

    private final EventualConfig config;
    private final PeerLinks links;
    private final WallClock wall = new WallClock();
    private final HybridClock clock = new HybridClock();
    private final Store store;
    private final Holdings holdings;
    private final Reports reports;
    private final Outbox outbox;
    private final Repair repair;
    private final Requests requests;
    private final Newcomer newcomer;
    private final Confirmations confirmations;
    private final PeerStore kept;
    /** Streams that messages of this turn belong to, with what to acknowledge to whom. */
    private final SortedMap<Integer, SyncAck> acks = new TreeMap<>();

    private final long[] heardNs;
    private long startedNs;
    /** Whether this peer has what others held when it started, or nobody is there to ask. */
    private boolean settled;

    private int rotation;
    private long stopAtNs;

    /** One that keeps what it holds in memory. */
    public EventualMachine(EventualConfig config, RecordTable table) {
        this(config, PeerStorage.inMemory(table));
    }

    /** One that goes on from what is stored. */
    public EventualMachine(EventualConfig asked, PeerStorage storage) {
        this.kept = new PeerStore(storage);
        StoredPeer found = kept.found();
        this.config = found == null ? asked : asked.withIncarnation(found.incarnation());
        this.links = new PeerLinks(config.group(), config.self(), config.incarnation(), this);
        this.store = new Store(storage.table());
        this.holdings = new Holdings(config.group().size(), config.stream());
        this.reports = new Reports(config, holdings);
        this.outbox = new Outbox(config, links);
        this.repair = new Repair(asked.incarnation(), store, holdings, links);
        this.confirmations = new Confirmations(config);
        this.newcomer = new Newcomer(config, links, reports);
        this.requests = new Requests(config, store, holdings, newcomer);
        this.heardNs = new long[config.group().size()];
        if (found != null) {
            restore(found);
        }
    }

    private void restore(StoredPeer found) {
        clock.observe(found.clock());
        store.restore(found.horizon());
        holdings.restore(found.positions());
        outbox.goOnBehind(holdings.seq(config.stream()));
        settled = found.settled();
        newcomer.restore(found.known(), store);
    }

    @Override
    public void on(Input input, long nowNs, Effects effects) {
        wall.advance(nowNs);
        if (input instanceof Input.ClientRequested asked) {
            onRequest(asked.client(), asked.command(), asked.id(), nowNs, effects);
        } else if (links.on(input, nowNs, effects)) {
            return;
        } else if (input instanceof Input.Received received && received.message() instanceof EventualMessage message) {
            int peer = links.peerOf(received.link());
            if (peer != 0) {
                heardNs[config.group().indexOf(peer)] = nowNs;
                onMessage(peer, message, nowNs, effects);
            }
        } else if (input instanceof Input.TimerFired fired) {
            onTimer(fired.timer(), nowNs, effects);
        } else if (input instanceof Input.Started started) {
            start(started.wallMs(), nowNs, effects);
        } else if (input instanceof Input.StopRequested) {
            stopAtNs = nowNs + STOP_WITHIN_NS;
            requests.refuseAll(effects);
        }
    }

    @Override
    public Saved save() {
        holdings.ownIs(outbox.last(), clock.last());
        kept.save(new StoredPeer(
                config.incarnation(),
                clock.last(),
                store.purgedAt(),
                settled,
                newcomer.isKnown(),
                holdings.positions()));
        return Saved.NEEDED;
    }

    /** One peer alone can serve, and what it reads may be old in any case. */
    @Override
    public boolean needsNoDisk(Command command) {
        return !(command instanceof Command.Transact) && !(command instanceof Command.Compute);
    }

    private void start(long wallMs, long nowNs, Effects effects) {
        wall.start(wallMs, nowNs);
        startedNs = nowNs;
        newcomer.start(nowNs);
        settled |= config.group().size() == 1;
        links.start(effects);
        effects.setTimer(REPORT, nowNs + EventualConfig.REPORT_INTERVAL_NS);
        effects.setTimer(REPAIR, nowNs + EventualConfig.REPAIR_INTERVAL_NS);
    }

    @Override
    public void turnEnded(long nowNs, Effects effects) {
        outbox.flush(clock.now(wall.nowMs()), effects);
        acks.forEach((peer, ack) -> links.send(peer, ack, effects));
        acks.clear();
        newcomer.turnEnded(nowNs);
        requests.retry(settled, wall.nowMs(), nowNs, this::take, effects);
        confirmations.turnEnded(nowNs, effects);
        if (stopAtNs != 0 && (outbox.isDelivered() || nowNs >= stopAtNs)) {
            effects.stop(0);
        }
    }

    private void onRequest(long client, Command command, @Nullable RequestId id, long nowNs, Effects effects) {
        if (stopAtNs != 0) {
            effects.reply(
                    client,
                    Result.Failure.of(ErrorCode.UNAVAILABLE, "Not applied: this peer is stopping. Ask another one"));
            return;
        }
        if (command instanceof Command.AwaitCopies await) {
            confirmations.await(client, await, nowNs, effects);
            return;
        }
        requests.on(new Requests.Request(client, command, id, nowNs), settled, wall.nowMs(), this::take, effects);
    }

    /** A change of a client's: applied here, and on its way to the others when the turn ends. */
    private Result.Ack take(Requests.Writes writes) {
        long reading = clock.next(wall.nowMs());
        Change change = writes.change(new Version(reading, config.stream()));
        change.records().forEach(store::apply);
        outbox.add(change);
        newcomer.took(change);
        holdings.ownIs(outbox.last(), reading);
        return requests.acknowledgement(links, change.records().get(0).version());
    }

    private void onMessage(int peer, EventualMessage message, long nowNs, Effects effects) {
        if (message instanceof Sync sync) {
            onSync(peer, sync);
        } else if (message instanceof SyncAck ack) {
            if (ack.stream() == config.stream()) {
                outbox.acknowledged(peer, ack.seq());
                confirmations.on(config.group().indexOf(peer), ack.clock());
            }
        } else if (message instanceof Report report) {
            onReport(peer, report, nowNs, effects);
        } else if (message instanceof Pull pull) {
            repair.answer(peer, pull, effects);
        } else if (message instanceof Chunk chunk) {
            chunk.differing().forEach(stretch -> stretch.records().forEach(this::observe));
            if (repair.on(peer, chunk, nowNs, effects)) {
                settled = true;
                report(effects);
            }
        }
    }

    private void observe(StoredRecord record) {
        clock.observe(Streams.clockOf(record.version()));
    }

    private void onSync(int peer, Sync sync) {
        if (sync.to() != config.stream() || !holdings.isCurrent(sync.stream())) {
            return;
        }
        clock.observe(sync.clock());
        long seq = sync.firstSeq();
        long known = holdings.seq(sync.stream());
        for (Change change : sync.changes()) {
            if (seq++ > known) {
                change.records().forEach(this::observe);
                change.records().forEach(store::apply);
            }
        }
        long received = holdings.received(sync);
        acks.put(peer, new SyncAck(sync.stream(), received, holdings.clock(sync.stream())));
    }

    private void onReport(int peer, Report report, long nowNs, Effects effects) {
        report.positions().forEach(position -> clock.observe(position.clock()));
        clock.observe(report.horizon());
        writeAnew(report.horizon());
        reports.on(config.group().indexOf(peer), report.positions());
        newcomer.reported();
        confirm(peer, report);
        if (!settled) {
            settleDown(peer, nowNs, effects);
        }
    }

    /** What a walk has brought a peer, its report alone tells. */
    private void confirm(int peer, Report report) {
        for (EventualMessage.Position position : report.positions()) {
            if (position.stream() == config.stream()) {
                confirmations.on(config.group().indexOf(peer), position.clock());
            }
        }
    }

    /** Early changes below a horizon get a version above it, under which they are let in everywhere. */
    private void writeAnew(long horizon) {
        for (List<StoredRecord> records : newcomer.takeBelow(horizon, store)) {
            long reading = clock.next(wall.nowMs());
            Version version = new Version(reading, config.stream());
            records.replaceAll(
                    each -> new StoredRecord(each.position(), each.key(), each.value(), each.deadlineMs(), version));
            records.forEach(store::apply);
            outbox.add(new Change(records));
            holdings.ownIs(outbox.last(), reading);
        }
    }

    /** Fresh from the start: takes over what the first peer that has more holds. */
    private void settleDown(int peer, long nowNs, Effects effects) {
        if (reports.holdsMore(config.group().indexOf(peer))) {
            if (!repair.isBusy() && links.isOpen(peer)) {
                repair.start(peer, nowNs, effects);
            }
        } else if (!repair.isBusy() && reports.complete()) {
            settled = true;
        }
    }

    private void onTimer(TimerId timer, long nowNs, Effects effects) {
        if (timer.equals(REPORT)) {
            effects.setTimer(REPORT, nowNs + EventualConfig.REPORT_INTERVAL_NS);
            report(effects);
            outbox.moveClock(clock.now(wall.nowMs()), effects);
        } else if (timer.equals(REPAIR)) {
            effects.setTimer(REPAIR, nowNs + EventualConfig.REPAIR_INTERVAL_NS);
            repair.tick(nowNs, effects);
            outbox.tick(nowNs, effects);
            lookForMissed(nowNs, effects);
            store.sweep(wall.nowMs());
            store.purge(reports.everywhere());
            config.group().others(config.self()).forEach(peer -> {
                if (links.isOpen(peer) && nowNs - lastHeard(peer) > SILENT_NS) {
                    links.reopen(peer, effects);
                    heardNs[config.group().indexOf(peer)] = nowNs;
                }
            });
        }
    }

    private long lastHeard(int peer) {
        return Math.max(startedNs, heardNs[config.group().indexOf(peer)]);
    }

    private void lookForMissed(long nowNs, Effects effects) {
        boolean alone = true;
        // Another one first each time: who does not answer must not keep the others from being asked.
        List<Integer> others = new ArrayList<>(config.group().others(config.self()));
        Collections.rotate(others, rotation++);
        for (int peer : others) {
            int index = config.group().indexOf(peer);
            alone &= heardNs[index] == 0 || nowNs - heardNs[index] > EventualConfig.ALONE_AFTER_NS;
            if (!repair.isBusy()
                    && links.isOpen(peer)
                    && (settled
                            ? reports.hasMissed(index, stream -> flows(stream, nowNs))
                            : reports.holdsMore(index))) {
                repair.start(peer, nowNs, effects);
            }
        }
        reports.settle();
        if (!settled && !repair.isBusy() && nowNs - startedNs > EventualConfig.ALONE_AFTER_NS) {
            boolean nothingMore = true;
            for (int i = 0; i < config.group().size(); i++) {
                nothingMore &= !reports.holdsMore(i);
            }
            settled = alone || nothingMore;
        }
    }

    /** Whether the stream's own process is there and brings it without a gap. */
    private boolean flows(long stream, long nowNs) {
        int index = Streams.indexOf(stream);
        return holdings.isCurrent(stream)
                && !holdings.hasGap(stream)
                && index < heardNs.length
                && nowNs - heardNs[index] < 2 * EventualConfig.REPAIR_INTERVAL_NS;
    }

    private void report(Effects effects) {
        holdings.ownIs(outbox.last(), clock.now(wall.nowMs()));
        links.broadcast(new Report(holdings.positions(), store.horizon()), effects);
    }

    @Override
    public void opened(int peer, long nowNs, Effects effects) {
        outbox.opened(peer);
        holdings.ownIs(outbox.last(), clock.now(wall.nowMs()));
        links.send(peer, new Report(holdings.positions(), store.horizon()), effects);
    }

    @Override
    public void closed(int peer, long nowNs, Effects effects) {
        repair.stop(peer);
    }

    @Override
    public void greeted(int peer, long incarnation, long nowNs, Effects effects) {
        int index = config.group().indexOf(peer);
        heardNs[index] = nowNs;
        if (holdings.startOf(Streams.of(index, incarnation))) {
            reports.forget(index);
            confirmations.forget(index);
            outbox.restarted(peer, Streams.of(index, incarnation));
            repair.stop(peer);
        } else {
            outbox.heard(peer, Streams.of(index, incarnation));
        }
    }

    /** Whether reads are answered at once: what others held when this peer started is here. */
    public boolean isSettled() {
        return settled;
    }

    /** What a person may want to know. */
    public EventualStatus status() {
        List<EventualStatus.PeerStatus> peers = new ArrayList<>();
        for (int peer : config.group().others(config.self())) {
            peers.add(new EventualStatus.PeerStatus(
                    peer, config.group().address(peer), links.isOpen(peer), outbox.unacknowledged(peer)));
        }
        return new EventualStatus(
                config.self(),
                settled,
                store.table().keys(),
                store.table().tombstones(),
                HybridClock.wallMs(store.horizon()),
                peers);
    }
}
