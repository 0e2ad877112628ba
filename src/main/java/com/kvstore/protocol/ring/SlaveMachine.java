package com.kvstore.protocol.ring;

import com.kvstore.common.Command;
import com.kvstore.common.ErrorCode;
import com.kvstore.common.Result;
import com.kvstore.common.ServerNode;
import com.kvstore.protocol.kernel.Effects;
import com.kvstore.protocol.kernel.Input;
import com.kvstore.protocol.kernel.Machine;
import com.kvstore.protocol.kernel.TimerId;
import com.kvstore.protocol.membership.Copy;
import com.kvstore.protocol.membership.Member;
import com.kvstore.protocol.membership.MembershipMessage.Fenced;
import com.kvstore.protocol.membership.MembershipMessage.Hello;
import com.kvstore.protocol.membership.MembershipMessage.NewView;
import com.kvstore.protocol.membership.MembershipMessage.Welcome;
import com.kvstore.protocol.membership.Peers;
import com.kvstore.protocol.membership.Range;
import com.kvstore.protocol.membership.View;
import com.kvstore.protocol.movement.MoveMessage;
import com.kvstore.protocol.movement.MoveSource;
import com.kvstore.protocol.movement.MoveTarget;
import com.kvstore.protocol.parts.RecordTable;
import com.kvstore.protocol.parts.StoredRecord;
import com.kvstore.protocol.snapshot.FreezableTable;
import com.kvstore.protocol.snapshot.FrozenSource;
import com.kvstore.protocol.snapshot.SnapshotMessage;
import com.kvstore.protocol.twophase.Participant;
import com.kvstore.protocol.twophase.TwoPhaseMessage.Batch;
import com.kvstore.protocol.twophase.TwoPhaseMessage.BatchReply;
import com.kvstore.protocol.twophase.TwoPhaseMessage.Scan;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The data node: obeys one coordinator at a time, votes and applies, feeds others and is fed.
 *
 * <p>It obeys the coordinator of the highest epoch it has seen, and of two with one epoch the first; a newer one it
 * accepts only when the grant it gave the older one has run out. Messages on any other link than that coordinator's
 * present one are ignored: a late packet of an older link changes nothing.
 *
 * <p>With a disk, it comes back after a crash as who it was: it says nothing before what it says is durable
 * ({@link DurableReplies}), so all it lost was never heard of.
 *
 * <p>Threading: one driver's.
 */
public final class SlaveMachine implements Machine {
    private static final TimerId GRANT_OVER = new TimerId("grant-over", 0);

    private record Greeting(long link, Hello hello) {}

    private final SlaveConfig config;
    private final SlaveStorage storage;
    private final RecordTable table;
    private final long incarnation;
    private final DurableReplies replies;
    private final Participant participant;
    private final MoveSource source;
    private final MoveTarget target;
    private final FrozenSource frozen;
    private final Sweeper sweeper;
    private final Registration registration;

    private @Nullable View view;
    /** This node's id in the view; 0 if it is not in it. */
    private int member;

    private long coordinator;
    private @Nullable ServerNode coordinatorAddress;
    private long coordinatorLink;
    private long grantUntilNs = Long.MIN_VALUE;
    private @Nullable Greeting waiting;
    /** Prepares and reads so far: what clients made this node do. */
    private long requests;

    /** @param incarnation random, drawn when {@code table} was created empty */
    public SlaveMachine(SlaveConfig config, RecordTable table, long incarnation) {
        this(config, SlaveStorage.inMemory(table, incarnation));
    }

    /** Goes on where an earlier life on this storage ended. */
    public SlaveMachine(SlaveConfig config, SlaveStorage storage) {
        this.config = config;
        this.storage = storage;
        FreezableTable freezable = new FreezableTable(storage.table());
        this.table = freezable;
        this.frozen = new FrozenSource(freezable);
        this.incarnation = storage.incarnation();
        Promise promise = storage.promise();
        coordinator = promise.coordinator();
        participant = new Participant(table, storage.transactions(), promise.startEpoch());
        replies = new DurableReplies(storage, participant, config.self().toString());
        source = new MoveSource(table, () -> requests, participant::committed);
        target = new MoveTarget(table, () -> requests, participant::learn, replies);
        sweeper = new Sweeper(table);
        registration = new Registration(config, storage);
    }

    @Override
    public void on(Input input, long nowNs, Effects effects) {
        if (input instanceof Input.Received received) {
            onMessage(received, nowNs, effects);
        } else if (input instanceof Input.ClientRequested request) {
            effects.reply(request.client(), answer(request.command()));
        } else if (input instanceof Input.TimerFired fired) {
            onTimer(fired.timer(), nowNs, effects);
        } else if (input instanceof Input.LinkOpened opened) {
            if (!target.onLinkOpened(opened.link(), opened.peer(), nowNs, effects)) {
                registration.onLinkOpened(opened.link(), opened.peer(), nowNs, effects);
            }
        } else if (input instanceof Input.ConnectFailed failed) {
            if (!target.onConnectFailed(failed.peer(), failed.refused(), effects)) {
                registration.onConnectFailed(failed.peer(), nowNs, effects);
            }
        } else if (input instanceof Input.LinkClosed closed) {
            onLinkClosed(closed.link(), nowNs, effects);
        } else if (input instanceof Input.Persisted persisted) {
            replies.onPersisted(persisted.token(), nowNs, effects);
        } else if (input instanceof Input.PersistFailed failed) {
            if (replies.onPersistFailed(failed.token(), failed.reason(), nowNs, effects)) {
                target.failAll(failed.reason(), effects);
            }
        } else if (input instanceof Input.Started) {
            if (storage.promise().cluster() != 0) {
                // What an earlier life granted may not have run out.
                grantUntilNs = nowNs + Peers.GRANT_NS - config.quietNs();
            }
            registration.start(effects);
        } else if (input instanceof Input.StopRequested) {
            registration.stop(member != 0, nowNs, effects);
        }
    }

    @Override
    public void turnEnded(long nowNs, Effects effects) {
        replies.turnEnded(nowNs, effects);
    }

    private void onLinkClosed(long link, long nowNs, Effects effects) {
        if (link == coordinatorLink) {
            coordinatorLink = 0;
        }
        if (waiting != null && waiting.link == link) {
            waiting = null;
        }
        source.linkClosed(link);
        if (!target.onLinkClosed(link, effects)) {
            registration.onLinkClosed(link, nowNs, effects);
        }
    }

    private void onTimer(TimerId timer, long nowNs, Effects effects) {
        if (timer.equals(GRANT_OVER)) {
            Greeting greeting = waiting;
            waiting = null;
            if (greeting != null) {
                onHello(greeting.link, greeting.hello, nowNs, effects);
            }
        } else if (!replies.onTimer(timer, effects)
                && !frozen.onTimer(timer, effects)
                && !target.onTimer(timer, nowNs, effects)
                && !registration.onTimer(timer, nowNs <= grantUntilNs, nowNs, effects)) {
            boolean disturbs = target.active() || replies.failure() != null;
            sweeper.onTimer(timer, view, member, disturbs, nowNs, effects);
        }
    }

    private void onMessage(Input.Received received, long nowNs, Effects effects) {
        long link = received.link();
        if (received.message() instanceof Batch batch) {
            onBatch(link, batch, nowNs, effects);
        } else if (received.message() instanceof Scan scan) {
            onScan(link, scan, effects);
        } else if (received.message() instanceof MoveMessage move) {
            onMove(link, move, nowNs, effects);
        } else if (received.message() instanceof SnapshotMessage snapshot) {
            if (link == coordinatorLink) {
                frozen.on(link, snapshot, nowNs, effects);
            }
        } else if (received.message() instanceof Hello hello) {
            onHello(link, hello, nowNs, effects);
        } else if (received.message() instanceof NewView change) {
            if (link == coordinatorLink) {
                adopt(change.view(), nowNs, effects);
            }
        } else {
            registration.onMessage(link, received.message(), nowNs, effects);
        }
    }

    private void onBatch(long link, Batch batch, long nowNs, Effects effects) {
        View present = view;
        if (link == coordinatorLink && present != null) {
            requests += batch.prepares().size() + batch.reads().size();
            for (BatchReply part : participant.on(batch, present, member)) {
                replies.reply(link, batch, part, effects);
            }
            grantUntilNs = nowNs + Peers.GRANT_NS;
        }
    }

    private void onScan(long link, Scan scan, Effects effects) {
        View present = view;
        // A scan of another epoch is begun anew by its coordinator: whose copy is read has changed.
        if (link == coordinatorLink && present != null && present.epoch() == scan.epoch()) {
            effects.send(link, participant.on(scan, present, member));
        }
    }

    private void onMove(long link, MoveMessage message, long nowNs, Effects effects) {
        if (message instanceof MoveMessage.StartMove start) {
            String failure = replies.failure();
            if (link == coordinatorLink && failure != null) {
                effects.send(link, new MoveMessage.MoveFailed(start.move(), failure));
            } else if (link == coordinatorLink) {
                target.start(start, link, nowNs, effects);
            }
        } else if (message instanceof MoveMessage.CancelMove) {
            if (link == coordinatorLink) {
                target.on(link, message, nowNs, effects);
            }
        } else if (message instanceof MoveMessage.OpenMove || message instanceof MoveMessage.Fetch) {
            source.on(link, message, epoch(), ranges -> holds(ranges, Copy.Sync.IN_SYNC), effects);
        } else {
            target.on(link, message, nowNs, effects);
        }
    }

    private long epoch() {
        return storage.promise().epoch();
    }

    private void onHello(long link, Hello hello, long nowNs, Effects effects) {
        Promise promise = storage.promise();
        View offered = hello.view();
        boolean other = hello.coordinator() != coordinator;
        boolean otherStore = promise.cluster() != 0 && offered.cluster() != promise.cluster();
        if (otherStore && (table.keys() > 0 || !participant.isIdle())) {
            effects.note(
                    "ERROR",
                    "The coordinator at " + hello.self() + " has another store than the one whose " + table.keys()
                            + " keys this data node holds: refused");
            effects.close(link);
        } else if (offered.cluster() == promise.cluster()
                && (offered.epoch() < promise.epoch() || (offered.epoch() == promise.epoch() && other))) {
            effects.send(link, new Fenced(promise.epoch()));
        } else if (other && nowNs < grantUntilNs) {
            waiting = new Greeting(link, hello);
            effects.setTimer(GRANT_OVER, grantUntilNs);
        } else {
            if (otherStore) {
                participant.clear();
                table.clear();
            }
            accept(link, hello, nowNs, effects);
        }
    }

    private void accept(long link, Hello hello, long nowNs, Effects effects) {
        Promise promise = storage.promise();
        long before = promise.epoch();
        if (hello.coordinator() != coordinator) {
            participant.newCoordinator(hello.startEpoch());
        }
        // Whatever was on its way on the older link is lost; the coordinator starts anew what it still wants.
        target.reset(effects);
        frozen.thaw(effects);
        coordinator = hello.coordinator();
        coordinatorAddress = hello.self();
        coordinatorLink = link;
        waiting = null;
        registration.greeted();
        storage.promise(new Promise(hello.view().cluster(), before, hello.coordinator(), hello.startEpoch()));
        adopt(hello.view(), nowNs, effects);
        replies.send(
                link,
                () -> new Welcome(
                        incarnation, before, participant.inDoubt(), participant.committed(), participant.aborted()),
                effects);
    }

    private void adopt(View next, long nowNs, Effects effects) {
        Member before = view == null ? null : view.members().get(member);
        Member self = next.memberAt(config.self());
        view = next;
        Promise promise = storage.promise();
        if (promise.epoch() != next.epoch()) {
            storage.promise(new Promise(promise.cluster(), next.epoch(), promise.coordinator(), promise.startEpoch()));
        }
        member = self != null && self.incarnation() == incarnation ? self.id() : 0;
        target.viewChanged(ranges -> holds(ranges, Copy.Sync.SYNCING), effects);
        sweeper.viewChanged(nowNs, effects);
        registration.viewChanged(next);
        if (before != null && member == 0) {
            if (before.leaving()) {
                storage.retire();
            }
            registration.leftTheRing(before.leaving(), nowNs, effects);
        }
    }

    private boolean holds(List<Range> ranges, Copy.Sync sync) {
        return view != null && view.holds(member, ranges, sync);
    }

    private Result answer(Command command) {
        if (command instanceof Command.GetFromTable get) {
            View present = view;
            Copy copy = present == null ? null : present.arcOf(get.key()).copyOf(member);
            StoredRecord record = copy == null || copy.table() != get.table() ? null : table.get(get.key());
            return record == null || record.value() == null
                    ? Result.Failure.of(
                            ErrorCode.NOT_FOUND,
                            "Key not found in table " + get.table().wireName() + ": "
                                    + get.key().text())
                    : new Result.Value(record.value(), record.version(), record.deadlineMs());
        }
        ServerNode ask = coordinatorAddress != null
                ? coordinatorAddress
                : config.coordinator().get();
        return new Result.Failure(
                ErrorCode.WRONG_NODE, "This is a data node; ask the coordinator at " + ask, ask, epoch());
    }
}
