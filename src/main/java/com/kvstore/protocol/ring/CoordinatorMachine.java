package com.kvstore.protocol.ring;

import com.kvstore.common.Command;
import com.kvstore.common.ErrorCode;
import com.kvstore.common.RequestId;
import com.kvstore.common.Result;
import com.kvstore.protocol.kernel.Effects;
import com.kvstore.protocol.kernel.Input;
import com.kvstore.protocol.kernel.Machine;
import com.kvstore.protocol.kernel.TimerId;
import com.kvstore.protocol.membership.Liveness;
import com.kvstore.protocol.membership.Member;
import com.kvstore.protocol.membership.MembershipMessage.Fenced;
import com.kvstore.protocol.membership.MembershipMessage.Goodbye;
import com.kvstore.protocol.membership.MembershipMessage.Heartbeat;
import com.kvstore.protocol.membership.MembershipMessage.Register;
import com.kvstore.protocol.membership.MembershipMessage.Welcome;
import com.kvstore.protocol.membership.Peer;
import com.kvstore.protocol.membership.Peers;
import com.kvstore.protocol.membership.View;
import com.kvstore.protocol.membership.ViewChanges;
import com.kvstore.protocol.membership.ViewKeeper;
import com.kvstore.protocol.movement.MoveMessage;
import com.kvstore.protocol.movement.MoveScheduler;
import com.kvstore.protocol.parts.WallClock;
import com.kvstore.protocol.snapshot.SnapshotMessage.DigestPage;
import com.kvstore.protocol.snapshot.SnapshotMessage.FrozenPage;
import com.kvstore.protocol.twophase.TwoPhaseCoordinator;
import com.kvstore.protocol.twophase.TwoPhaseMessage.BatchReply;
import com.kvstore.protocol.twophase.TwoPhaseMessage.ScanReply;
import org.jspecify.annotations.Nullable;

/**
 * The coordinator: membership, two-phase commit and moves, put together.
 *
 * <p>It serves nothing before an epoch of its own is durable and what an earlier life left half done is resolved. Once a
 * slave refuses it for a newer coordinator, it serves nothing any more.
 *
 * <p>Threading: one driver's.
 */
public final class CoordinatorMachine implements Machine, ViewKeeper.Listener, Peers.Listener {
    private static final TimerId TICK = new TimerId("tick", 0);
    private static final TimerId STOP = new TimerId("stop", 0);
    private static final long STOP_PATIENCE_NS = 2_000_000_000L;

    private final CoordinatorConfig config;
    private final ViewKeeper views;
    private final Peers peers;
    private final TwoPhaseCoordinator twoPhase;
    private final WallClock clock = new WallClock();
    private final MoveScheduler moves;
    private final Registrar registrar;
    private final HealthMonitor health;
    private final Goodbyes goodbyes;
    private final Cut cut;
    private final Snapshots snapshots;
    private final AntiEntropy antiEntropy;
    private final ClientCommands commands;
    private boolean running;
    private boolean deposed;
    private boolean stopping;
    private boolean announceWanted;
    private boolean evicting;
    private boolean toldWhole;
    private long lastTickNs;

    /**
     * @param recovered the last durable view; null for a new store
     * @param coordinatorId random, names this process's life
     * @param newClusterId random, not 0: the name of the store if it is new
     */
    public CoordinatorMachine(
            CoordinatorConfig config,
            @Nullable View recovered,
            long coordinatorId,
            long newClusterId,
            int ringSize,
            int pointsPerServer) {
        this.config = config;
        View first = recovered != null ? recovered : View.create(newClusterId, ringSize, pointsPerServer);
        views = new ViewKeeper(first, this);
        peers = new Peers(coordinatorId, config.self(), config.requestTimeoutNs(), views, this);
        Surroundings surroundings = new Surroundings(views, peers);
        twoPhase = new TwoPhaseCoordinator(
                surroundings, clock, config.cacheSize(), config.minCopies(), config.maxWaiting());
        surroundings.settledBy(twoPhase);
        moves = new MoveScheduler(surroundings, config.moveBytesPerSecond());
        registrar = new Registrar(views, peers, this, config.heartbeatPort());
        health = new HealthMonitor(views, peers, config);
        goodbyes = new Goodbyes(views, peers, health);
        cut = new Cut(views, peers, twoPhase, coordinatorId >>> 2);
        snapshots = new Snapshots(cut, peers);
        antiEntropy = new AntiEntropy(cut, views, peers);
        AdminCommands admin = new AdminCommands(views, peers, surroundings);
        commands = new ClientCommands(views, twoPhase, snapshots, antiEntropy, admin);
    }

    @Override
    public void on(Input input, long nowNs, Effects effects) {
        clock.advance(nowNs);
        if (input instanceof Input.ClientRequested request) {
            onRequest(request.client(), request.command(), request.id(), nowNs, effects);
        } else if (input instanceof Input.Received received) {
            onMessage(received, nowNs, effects);
        } else if (input instanceof Input.TimerFired fired) {
            onTimer(fired.timer(), nowNs, effects);
        } else if (input instanceof Input.DatagramReceived datagram) {
            if (datagram.message() instanceof Heartbeat heartbeat) {
                peers.onHeartbeat(heartbeat, nowNs);
            }
        } else if (input instanceof Input.Persisted persisted) {
            views.onPersisted(persisted.token(), nowNs, effects);
        } else if (input instanceof Input.PersistFailed failed) {
            views.onPersistFailed(failed.token(), failed.reason(), nowNs, effects);
        } else if (input instanceof Input.LinkOpened opened) {
            peers.onLinkOpened(opened.link(), opened.peer(), nowNs, effects);
        } else if (input instanceof Input.ConnectFailed failed) {
            peers.onConnectFailed(failed.peer(), failed.refused(), nowNs, effects);
        } else if (input instanceof Input.LinkClosed closed) {
            if (!peers.onLinkClosed(closed.link(), nowNs, effects)) {
                registrar.onLinkClosed(closed.link());
            }
        } else if (input instanceof Input.Started started) {
            clock.start(started.wallMs(), nowNs);
            onStarted(nowNs, effects);
        } else if (input instanceof Input.StopRequested) {
            stopping = true;
            effects.setTimer(STOP, nowNs + STOP_PATIENCE_NS);
        }
    }

    @Override
    public void turnEnded(long nowNs, Effects effects) {
        clock.advance(nowNs);
        if (announceWanted && running && !deposed) {
            announceWanted = false;
            views.propose(view -> ViewChanges.announce(view, peers.membersThatAre(Liveness.UP)), null);
        }
        if (running && !deposed) {
            twoPhase.proposeChanges();
        }
        views.turnEnded(nowNs, effects);
        if (!running || deposed) {
            if (stopping) {
                effects.stop(0);
            }
            return;
        }
        moves.tick(nowNs, effects);
        cut.tick(nowNs, effects);
        twoPhase.turnEnded(nowNs, effects);
        if (stopping && twoPhase.allDecided()) {
            twoPhase.flush(nowNs, effects);
            effects.stop(0);
        }
    }

    private void onStarted(long nowNs, Effects effects) {
        lastTickNs = nowNs;
        effects.setTimer(TICK, nowNs + tickNs());
        health.start(nowNs, effects);
        antiEntropy.start(nowNs, effects);
        views.start((view, thenNs, sink) -> {
            running = true;
            peers.start(view, thenNs, sink);
            twoPhase.start(view);
            moves.onView(view, thenNs, sink);
            toldWhole = view.whole();
            announceWanted = true;
        });
    }

    private long tickNs() {
        return Math.max(1_000_000, config.requestTimeoutNs() / 5);
    }

    private void onTimer(TimerId timer, long nowNs, Effects effects) {
        if (timer.equals(TICK)) {
            tick(nowNs, effects);
        } else if (timer.equals(STOP)) {
            effects.stop(0);
        } else if (!views.onTimer(timer) && !twoPhase.onTimer(timer)) {
            health.onTimer(timer, nowNs, effects);
        }
    }

    private void tick(long nowNs, Effects effects) {
        effects.setTimer(TICK, nowNs + tickNs());
        boolean pausedMeanwhile = nowNs - lastTickNs > config.requestTimeoutNs();
        lastTickNs = nowNs;
        if (!running || deposed) {
            return;
        }
        if (pausedMeanwhile) {
            // It was this process that did not answer; whatever the slaves said waits to be read.
            twoPhase.forgivePause(nowNs);
        }
        for (int member : twoPhase.hung(config.requestTimeoutNs(), nowNs)) {
            Peer peer = peers.of(member);
            if (peer != null) {
                peers.hung(peer, nowNs, effects);
            }
        }
        peers.tick(nowNs, effects);
        if (peers.membersThatAre(Liveness.CONNECTING).isEmpty()) {
            peers.everybodyAsked();
        }
        twoPhase.tick(nowNs, effects);
        twoPhase.ping(config.requestTimeoutNs() / 2);
        boundRequestTable();
    }

    private void boundRequestTable() {
        if (twoPhase.requests().nearlyFull() && !evicting) {
            evicting = true;
            long over = views.current().epoch();
            views.propose(ViewChanges::newEpoch, (view, nowNs, effects) -> {
                evicting = false;
                twoPhase.requests().evict(over);
            });
        }
    }

    private void onMessage(Input.Received received, long nowNs, Effects effects) {
        long link = received.link();
        if (received.message() instanceof Welcome welcome) {
            peers.onWelcome(link, welcome, nowNs, effects);
        } else if (received.message() instanceof Register register) {
            registrar.onRegister(link, register, running && !deposed && !stopping, nowNs, effects);
        } else if (received.message() instanceof Fenced fenced) {
            if (peers.isPresent(link)) {
                depose(fenced.epoch(), effects);
            }
        } else if (received.message() instanceof Goodbye goodbye) {
            goodbyes.on(link, goodbye, effects);
        } else {
            Peer peer = peers.greetedOn(link);
            if (peer == null || peer.member() == 0) {
                return;
            }
            if (received.message() instanceof BatchReply reply) {
                peer.keys(reply.keys());
                twoPhase.onBatchReply(peer.member(), reply, nowNs, effects);
            } else if (received.message() instanceof ScanReply reply) {
                twoPhase.onScanReply(peer.member(), reply, nowNs, effects);
            } else if (received.message() instanceof FrozenPage page) {
                snapshots.onPage(peer.member(), page, effects);
            } else if (received.message() instanceof DigestPage page) {
                antiEntropy.onPage(peer.member(), page, effects);
            } else if (received.message() instanceof MoveMessage move) {
                moves.on(peer.member(), move, nowNs, effects);
            }
        }
    }

    private void depose(long epoch, Effects effects) {
        if (!deposed) {
            deposed = true;
            effects.note(
                    "ERROR",
                    "Another coordinator has taken over (epoch " + epoch + ", this one has "
                            + views.current().epoch() + "). This one serves nothing any more: stop it");
        }
    }

    private void onRequest(long client, Command command, @Nullable RequestId id, long nowNs, Effects effects) {
        String refusal = refusal();
        if (refusal == null) {
            commands.on(client, command, id, nowNs, effects);
        } else {
            effects.reply(client, Result.Failure.of(ErrorCode.UNAVAILABLE, "Not applied: " + refusal));
        }
    }

    private @Nullable String refusal() {
        if (deposed) {
            return "another coordinator has taken over. Ask that one";
        }
        if (stopping) {
            return "the coordinator is shutting down";
        }
        return running ? null : "the coordinator is starting. Try again in a moment";
    }

    @Override
    public void viewChanged(View before, View after, long nowNs, Effects effects) {
        if (!running) {
            return;
        }
        twoPhase.viewChanging(before, nowNs, effects);
        peers.viewChanged(after, nowNs, effects);
        twoPhase.viewChanged(before, after, nowNs, effects);
        moves.onView(after, nowNs, effects);
        announceWanted = true;
        for (Member member : before.members().values()) {
            if (member.leaving() && !after.members().containsKey(member.id())) {
                effects.note("REBALANCE", "Server " + member.address() + " holds nothing any more and may be stopped");
            }
        }
        boolean whole = after.whole();
        if (whole && !toldWhole && after.ring().servers() >= 2) {
            effects.note("REBALANCE", "Two copies of every key");
        }
        toldWhole = whole;
    }

    @Override
    public void greeted(Peer peer, Welcome welcome, long nowNs, Effects effects) {
        if (!registrar.admit(peer, welcome, nowNs, effects)) {
            return;
        }
        boolean wasDown = peer.liveness() == Liveness.DOWN;
        peers.markUp(peer, nowNs);
        if (wasDown) {
            effects.note("INFO", "Server " + peer.address() + " answers again");
        }
        twoPhase.onGreeted(peer.member(), welcome, effects);
        moves.onView(views.current(), nowNs, effects);
        announceWanted = true;
    }

    @Override
    public void linkLost(Peer peer, long nowNs, Effects effects) {
        moves.memberDown(peer.member());
        cut.memberDown(peer.member(), effects);
        twoPhase.onLinkLost(peer.member(), effects);
    }

    @Override
    public void wentDown(Peer peer, long nowNs, Effects effects) {
        effects.note("INFO", "Server " + peer.address() + " is down: going on with the other copies of its keys");
        moves.memberDown(peer.member());
        cut.memberDown(peer.member(), effects);
        twoPhase.onDown(peer.member(), nowNs, effects);
    }

    @Override
    public void strangerUnreachable(Peer peer, String reason, Effects effects) {
        registrar.onUnreachable(peer.address(), reason, effects);
    }

    /** For status, ring and where: call from the machine's thread. */
    public ClusterStatus status(long nowNs) {
        return StatusReport.of(views, peers, twoPhase, moves, antiEntropy, nowNs);
    }

    /** The view in force. */
    public View view() {
        return views.current();
    }
}
