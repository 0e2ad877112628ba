package com.kvstore.protocol.primarybackup;

import com.kvstore.common.Command;
import com.kvstore.common.ErrorCode;
import com.kvstore.common.Group;
import com.kvstore.common.Message;
import com.kvstore.common.Result;
import com.kvstore.protocol.kernel.Effects;
import com.kvstore.protocol.kernel.Input;
import com.kvstore.protocol.kernel.Machine;
import com.kvstore.protocol.kernel.TimerId;
import com.kvstore.protocol.parts.Formation;
import com.kvstore.protocol.parts.PeerLinks;
import com.kvstore.protocol.parts.PeerMessage.Presence;
import com.kvstore.protocol.parts.RecordTable;
import com.kvstore.protocol.parts.TableReads;
import com.kvstore.protocol.parts.WallClock;
import com.kvstore.protocol.primarybackup.PrimaryBackupMessage.DoViewChange;
import com.kvstore.protocol.primarybackup.PrimaryBackupMessage.Fetch;
import com.kvstore.protocol.primarybackup.PrimaryBackupMessage.FetchSnapshot;
import com.kvstore.protocol.primarybackup.PrimaryBackupMessage.LogPart;
import com.kvstore.protocol.primarybackup.PrimaryBackupMessage.Prepare;
import com.kvstore.protocol.primarybackup.PrimaryBackupMessage.PrepareOk;
import com.kvstore.protocol.primarybackup.PrimaryBackupMessage.RecoveryAnswer;
import com.kvstore.protocol.primarybackup.PrimaryBackupMessage.SnapshotPart;
import com.kvstore.protocol.primarybackup.PrimaryBackupMessage.StartViewChange;
import com.kvstore.protocol.primarybackup.PrimaryBackupStatus.PeerStatus;
import com.kvstore.protocol.primarybackup.Replica.Status;
import java.util.ArrayList;
import java.util.List;

/**
 * One peer of a primary-backup group: state-machine replication in which the primary of the present view orders operations
 * in a log and ships it to the backups, and an operation is decided once a majority holds it.
 *
 * <p>Promises: linearizable; every acknowledged write survives the loss of a minority, memory and all; with the majority
 * gone it is unavailable and says so.
 *
 * <p>Threading: one driver's.
 *
 * <p>Source: Liskov and Cowling, Viewstamped Replication Revisited, MIT-CSAIL-TR-2012-021; where this differs, and why,
 * stands in {@code docs/protocols/primary-backup.md}.
 */
public final class PrimaryBackupMachine implements Machine {
    private static final TimerId TICK = new TimerId("primary-backup", 0);

    private final Group group;
    private final int self;
    private final Replica replica;
    private final PeerLinks links;
    private final Formation formation;
    private final Fetcher fetcher;
    private final Shipper shipper;
    private final Primary primary;
    private final Backup backup;
    private final ViewChanger viewChanger;
    private final Recovery recovery;
    private final TableReads reads;
    private final WallClock wall = new WallClock();
    private long presenceNs;
    private long stopAtNs = Long.MAX_VALUE;
    private int announcedPrimary;

    /**
     * @param table empty
     * @param nonces random, never 0
     */
    public PrimaryBackupMachine(
            Group group, int self, RecordTable table, PrimaryBackupConfig config, Formation.Nonces nonces) {
        this.group = group;
        this.self = self;
        replica = new Replica(group, self, table, config);
        links = new PeerLinks(group, self, nonces.next(), new LinkListener());
        formation = new Formation(group, self, config.bootstrap(), nonces, replica::isUntouched);
        fetcher = new Fetcher(replica, links);
        shipper = new Shipper(replica, links);
        primary = new Primary(replica, shipper, wall);
        ViewListener views = new ViewListener();
        backup = new Backup(replica, links, fetcher, views);
        viewChanger = new ViewChanger(replica, links, formation, backup, fetcher, views);
        recovery = new Recovery(replica, links, formation);
        reads = new TableReads(table);
    }

    @Override
    public void on(Input input, long nowNs, Effects effects) {
        wall.advance(nowNs);
        if (input instanceof Input.Received received) {
            int peer = links.peerOf(received.link());
            if (peer == 0) {
                links.on(input, nowNs, effects);
            } else {
                onMessage(peer, received, nowNs, effects);
            }
        } else if (input instanceof Input.ClientRequested request) {
            onRequest(request, nowNs, effects);
        } else if (input instanceof Input.TimerFired fired && fired.timer().equals(TICK)) {
            tick(nowNs, effects);
        } else if (input instanceof Input.Started started) {
            wall.start(started.wallMs(), nowNs);
            links.start(effects);
            backup.start(nowNs);
            tick(nowNs, effects);
        } else if (input instanceof Input.StopRequested) {
            primary.stop();
            stopAtNs = nowNs + Times.FETCH_PATIENCE;
            stopIfIdle(nowNs, effects);
        } else {
            links.on(input, nowNs, effects);
        }
    }

    @Override
    public void turnEnded(long nowNs, Effects effects) {
        wall.advance(nowNs);
        if (replica.isPrimary() && formation.isConfirmed()) {
            primary.turnEnded(nowNs, effects);
        } else {
            backup.turnEnded(effects);
        }
    }

    private void onMessage(int peer, Input.Received received, long nowNs, Effects effects) {
        Message message = received.message();
        if (message instanceof Presence presence) {
            onPresence(peer, presence, nowNs, effects);
        } else if (message instanceof RecoveryAnswer answer) {
            if (recovery.onAnswer(peer, answer, nowNs)) {
                backup.beganWaiting(nowNs);
                effects.note("RECOVERY", "A majority is there; fetching what the others hold");
                links.broadcast(formation.presence(), effects);
                fetcher.fetch(replica.primaryOf(replica.view), nowNs, effects);
            }
        } else if (!formation.isConfirmed() || !formation.isFellow(peer)) {
            links.on(received, nowNs, effects);
        } else if (message instanceof Prepare prepare) {
            backup.onPrepare(peer, prepare, nowNs, effects);
        } else if (message instanceof PrepareOk ok) {
            if (replica.isPrimary()) {
                primary.onPrepareOk(peer, ok, nowNs, effects);
            }
        } else if (message instanceof StartViewChange start) {
            viewChanger.onStartViewChange(peer, start, nowNs, effects);
        } else if (message instanceof DoViewChange promise) {
            viewChanger.onDoViewChange(peer, promise, nowNs, effects);
        } else if (!onTransfer(peer, message, nowNs, effects)) {
            links.on(received, nowNs, effects);
        }
    }

    private boolean onTransfer(int peer, Message message, long nowNs, Effects effects) {
        boolean grown = false;
        if (message instanceof Fetch fetch) {
            if (fetcher.serve(peer, fetch, effects) && replica.isPrimary()) {
                shipper.fetchedAll(peer);
            }
        } else if (message instanceof FetchSnapshot fetch) {
            fetcher.serve(peer, fetch, effects);
        } else if (message instanceof LogPart part) {
            grown = fetcher.onLogPart(peer, part, nowNs, effects);
        } else if (message instanceof SnapshotPart part) {
            grown = fetcher.onSnapshotPart(peer, part, nowNs, effects);
        } else {
            return false;
        }
        if (grown && replica.status == Status.VIEW_CHANGE) {
            viewChanger.grown(nowNs, effects);
        } else if (grown) {
            backup.grown(0, 0, nowNs, effects);
        }
        return true;
    }

    private void onPresence(int peer, Presence presence, long nowNs, Effects effects) {
        if (formation.on(peer, presence, effects)) {
            formationChanged(nowNs, effects);
        }
        if (presence.formed() == 0 && formation.formed() != 0) {
            links.send(peer, formation.presence(), effects);
            recovery.asked(peer, presence, effects);
        }
    }

    private void formationChanged(long nowNs, Effects effects) {
        if (formation.formed() == 0) {
            if (replica.status != Status.EMPTY) {
                viewChanger.reset();
                replica.reset();
            }
        } else if (replica.status == Status.EMPTY) {
            replica.begin();
            backup.beganWaiting(nowNs);
            effects.note("GROUP", "All peers are there: the group begins, empty");
            if (replica.isPrimary()) {
                primary.begin(nowNs);
            }
            announce(effects);
        }
        presenceNs = nowNs;
        links.broadcast(formation.presence(), effects);
    }

    private void announce(Effects effects) {
        int now = replica.primaryOf(replica.view);
        if (now != announcedPrimary) {
            announcedPrimary = now;
            effects.note(
                    "VIEW",
                    (now == self ? "This peer" : "Peer " + now + " at " + group.address(now))
                            + " is the primary now (view " + replica.view + ")");
        }
    }

    private void tick(long nowNs, Effects effects) {
        effects.setTimer(TICK, nowNs + Times.TICK);
        if (formation.tick(effects)) {
            formationChanged(nowNs, effects);
        } else if (replica.status == Status.EMPTY && nowNs - presenceNs > Times.REPEAT) {
            presenceNs = nowNs;
            links.broadcast(formation.presence(), effects);
        }
        viewChanger.tick(nowNs, effects);
        if (replica.isPrimary() && formation.isConfirmed()) {
            primary.tick(nowNs, effects);
        }
        stopIfIdle(nowNs, effects);
    }

    private void stopIfIdle(long nowNs, Effects effects) {
        if (stopAtNs != Long.MAX_VALUE && (primary.isIdle() || nowNs >= stopAtNs)) {
            effects.stop(0);
        }
    }

    private void onRequest(Input.ClientRequested request, long nowNs, Effects effects) {
        if (request.command() instanceof Command.Ping) {
            effects.reply(request.client(), new Result.Pong(replica.commit));
        } else if (request.command() instanceof Command.GetLocal get) {
            effects.reply(request.client(), local(get));
        } else if (replica.isPrimary() && formation.isConfirmed()) {
            primary.onRequest(request.client(), request.command(), request.id(), nowNs, effects);
        } else {
            effects.reply(request.client(), sendElsewhere());
        }
    }

    /** What this peer has applied, whoever is the primary. */
    private Result local(Command.GetLocal get) {
        if (!replica.holdsItsPart() || replica.applied < get.atLeast().counter()) {
            return Result.Failure.of(
                    ErrorCode.UNAVAILABLE,
                    "This peer has not applied so much yet. Retry in a moment, or read without --read local.");
        }
        return reads.answer(new Command.Get(get.key()), replica.clockMs);
    }

    private Result sendElsewhere() {
        int other = replica.primaryOf(replica.view);
        if (replica.status == Status.EMPTY || !formation.isConfirmed()) {
            return Result.Failure.of(
                    ErrorCode.UNAVAILABLE,
                    "The group is not there yet: this peer waits for "
                            + (formation.empty() == group.size() ? "it to form" : "the others")
                            + " ("
                            + (group.size()
                                    - group.others(self).stream()
                                            .filter(id -> !links.isOpen(id))
                                            .count())
                            + " of " + group.size() + " peers can be reached). Retry in a moment.");
        }
        if (other == self || viewChanger.isSuspecting() || links.isRefused(other)) {
            return Result.Failure.of(
                    ErrorCode.UNAVAILABLE,
                    "The primary, peer " + other + " at " + group.address(other)
                            + ", does not answer; another one takes over as soon as a majority agrees. Retry in a moment.");
        }
        return new Result.Failure(
                ErrorCode.WRONG_NODE,
                "The primary is peer " + other + " at " + group.address(other),
                group.address(other),
                replica.commit);
    }

    /** What this peer can say of the group. */
    public PrimaryBackupStatus status() {
        List<PeerStatus> peers = new ArrayList<>();
        for (Group.Member member : group.members()) {
            boolean own = member.id() == self;
            peers.add(new PeerStatus(
                    member.id(),
                    member.address().toString(),
                    own || links.isOpen(member.id()),
                    own ? replica.log.last() : replica.isPrimary() ? shipper.held(member.id()) : 0));
        }
        boolean inView = replica.status == Status.NORMAL || replica.status == Status.JOINING;
        return new PrimaryBackupStatus(
                self,
                state(),
                replica.view,
                inView ? replica.primaryOf(replica.view) : 0,
                replica.commit,
                replica.log.last(),
                replica.table.keys(),
                peers);
    }

    private String state() {
        return switch (replica.status) {
            case EMPTY -> formation.empty() == group.size() ? "forming" : "recovering";
            case NORMAL -> replica.isPrimary() ? "primary" : "backup";
            case JOINING -> replica.normalView < 0 ? "recovering" : "joining";
            case VIEW_CHANGE -> "view-change";
        };
    }

    /** Whether the others count on what this peer holds. */
    public boolean holdsItsPart() {
        return replica.holdsItsPart();
    }

    private final class LinkListener implements PeerLinks.Listener {
        @Override
        public void opened(int peer, long nowNs, Effects effects) {
            links.send(peer, formation.presence(), effects);
            if (replica.isPrimary() && formation.isConfirmed()) {
                shipper.greet(peer, nowNs, effects);
            }
        }

        @Override
        public void closed(int peer, long nowNs, Effects effects) {
            fetcher.linkLost(peer);
        }

        @Override
        public void greeted(int peer, long incarnation, long nowNs, Effects effects) {
            formation.onSilent(peer);
            viewChanger.greeted(peer);
            recovery.greeted(peer);
            fetcher.linkLost(peer);
            shipper.restarted(peer);
        }
    }

    private final class ViewListener implements Backup.Listener, ViewChanger.Listener {
        @Override
        public void leaves(long view, Effects effects) {
            if (replica.isPrimary()) {
                primary.stepDown(effects);
            }
        }

        @Override
        public void joined(long nowNs, Effects effects) {
            viewChanger.joined();
            announce(effects);
        }

        @Override
        public void isPrimary(long nowNs, Effects effects) {
            announce(effects);
            primary.begin(nowNs);
        }
    }
}
