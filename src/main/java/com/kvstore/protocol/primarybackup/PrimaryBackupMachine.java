package com.kvstore.protocol.primarybackup;

import com.kvstore.common.Command;
import com.kvstore.common.Group;
import com.kvstore.common.Message;
import com.kvstore.common.Result;
import com.kvstore.protocol.kernel.Effects;
import com.kvstore.protocol.kernel.Input;
import com.kvstore.protocol.kernel.TimerId;
import com.kvstore.protocol.parts.DurableMachine;
import com.kvstore.protocol.parts.Formation;
import com.kvstore.protocol.parts.PeerLinks;
import com.kvstore.protocol.parts.PeerMessage.Greeting;
import com.kvstore.protocol.parts.PeerMessage.Presence;
import com.kvstore.protocol.parts.PeerStorage;
import com.kvstore.protocol.parts.RecordTable;
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
import com.kvstore.protocol.primarybackup.Replica.Status;

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
public final class PrimaryBackupMachine implements DurableMachine {
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
    private final ReplicaStore store;
    private final Bystander bystander;
    private final WallClock wall = new WallClock();
    private long presenceNs;
    /** Since when every other peer should be heard every few moments. */
    private long allSpeakSinceNs;

    private long stopAtNs = Long.MAX_VALUE;
    private int announcedPrimary;
    /** Whether it goes on from its disk. */
    private final boolean isBack;

    /**
     * One that keeps what it holds in memory.
     *
     * @param table empty
     * @param nonces random, never 0
     */
    public PrimaryBackupMachine(
            Group group, int self, RecordTable table, PrimaryBackupConfig config, Formation.Nonces nonces) {
        this(group, self, PeerStorage.inMemory(table), config, nonces);
    }

    /**
     * One that goes on from what is stored.
     *
     * @param nonces random, never 0
     */
    public PrimaryBackupMachine(
            Group group, int self, PeerStorage storage, PrimaryBackupConfig config, Formation.Nonces nonces) {
        this.group = group;
        this.self = self;
        RecordTable table = storage.table();
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
        bystander = new Bystander(replica, links, formation, shipper, viewChanger);
        store = new ReplicaStore(storage, replica, formation);
        isBack = store.restore();
    }

    @Override
    public void on(Input input, long nowNs, Effects effects) {
        wall.advance(nowNs);
        if (input instanceof Input.Received received) {
            int peer = links.peerOf(received.link());
            if (peer == 0) {
                links.on(input, nowNs, effects);
            } else {
                links.heard(peer, nowNs);
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
            viewChanger.start(nowNs);
            if (isBack) {
                goOn(nowNs, effects);
            }
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
            backup.turnEnded(nowNs, effects);
        }
    }

    private void goOn(long nowNs, Effects effects) {
        effects.note(
                "GROUP",
                "Goes on from its disk: " + replica.table.keys() + " keys, log up to " + replica.log.last() + ", view "
                        + replica.view);
        if (replica.isPrimary()) {
            primary.begin(nowNs);
        }
    }

    @Override
    public Saved save() {
        return store.save();
    }

    /**
     * What says of this peer no more than what is marked as durable, or nothing at all. Who asks for the next part of another's
     * records says nothing either, but waits: so that no more than one part is in memory on its way to the disk.
     */
    @Override
    public boolean mayPrecede(Message message) {
        return message instanceof Prepare
                || message instanceof PrepareOk
                || message instanceof Fetch
                || message instanceof LogPart
                || message instanceof SnapshotPart
                || message instanceof Greeting;
    }

    @Override
    public void diskFails(boolean fails, long nowNs) {
        primary.diskFails(fails, nowNs);
    }

    /** What is decided, a majority has on its disks. */
    @Override
    public boolean answersMayPrecede() {
        return true;
    }

    @Override
    public boolean needsNoDisk(Command command) {
        return true;
    }

    @Override
    public void durable(long written, long nowNs, Effects effects) {
        if (!store.durable(written)) {
            return;
        }
        if (replica.isPrimary() && formation.isConfirmed()) {
            primary.advance(nowNs, effects);
        } else {
            backup.durable();
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
        // Backups answer their primary; who looks for a group or another view tells all again and again. Else all is
        // quiet.
        if (!replica.isPrimary() && !viewChanger.isSuspecting() && replica.status != Status.EMPTY) {
            allSpeakSinceNs = nowNs;
        }
        links.reopenSilent(allSpeakSinceNs, nowNs, effects);
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
            effects.reply(request.client(), bystander.local(get));
        } else if (replica.isPrimary() && formation.isConfirmed()) {
            primary.onRequest(request.client(), request.command(), request.id(), nowNs, effects);
        } else {
            effects.reply(request.client(), bystander.sendElsewhere());
        }
    }

    /** What this peer can say of the group. */
    public PrimaryBackupStatus status() {
        return bystander.status();
    }

    /** Whether the others count on what this peer holds. */
    public boolean holdsItsPart() {
        return replica.holdsItsPart();
    }

    /** Whether it has given its word to found a group, or is in one: the others may count on it before it knows. */
    public boolean isFounding() {
        return !formation.mayRecover();
    }

    private final class LinkListener implements PeerLinks.Listener {
        @Override
        public void opened(int peer, long nowNs, Effects effects) {
            links.send(peer, formation.presence(), effects);
            if (replica.isPrimary() && formation.isConfirmed() && !primary.isSilent()) {
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
