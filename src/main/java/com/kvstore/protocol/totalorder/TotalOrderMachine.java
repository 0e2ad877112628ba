package com.kvstore.protocol.totalorder;

import com.kvstore.common.Message;
import com.kvstore.common.Result;
import com.kvstore.protocol.kernel.Effects;
import com.kvstore.protocol.kernel.Input;
import com.kvstore.protocol.kernel.TimerId;
import com.kvstore.protocol.parts.DurableMachine;
import com.kvstore.protocol.parts.Formation;
import com.kvstore.protocol.parts.PeerLinks;
import com.kvstore.protocol.parts.PeerMessage;
import com.kvstore.protocol.parts.PeerMessage.Presence;
import com.kvstore.protocol.parts.PeerStorage;
import com.kvstore.protocol.parts.RecordTable;
import com.kvstore.protocol.totalorder.TotalOrderMessage.Accept;
import com.kvstore.protocol.totalorder.TotalOrderMessage.Accepted;
import com.kvstore.protocol.totalorder.TotalOrderMessage.Behind;
import com.kvstore.protocol.totalorder.TotalOrderMessage.Cast;
import com.kvstore.protocol.totalorder.TotalOrderMessage.Fetch;
import com.kvstore.protocol.totalorder.TotalOrderMessage.Fetched;
import com.kvstore.protocol.totalorder.TotalOrderMessage.Join;
import com.kvstore.protocol.totalorder.TotalOrderMessage.Open;
import com.kvstore.protocol.totalorder.TotalOrderMessage.Prepare;
import com.kvstore.protocol.totalorder.TotalOrderMessage.Promise;
import com.kvstore.protocol.totalorder.TotalOrderMessage.Recover;
import com.kvstore.protocol.totalorder.TotalOrderMessage.RecoverRefused;
import com.kvstore.protocol.totalorder.TotalOrderMessage.RecoverState;
import com.kvstore.protocol.totalorder.TotalOrderMessage.Refuse;
import com.kvstore.protocol.totalorder.TotalOrderMessage.Sealed;
import com.kvstore.protocol.totalorder.TotalOrderMessage.SnapshotAsk;
import com.kvstore.protocol.totalorder.TotalOrderMessage.SnapshotChunk;

/**
 * One peer of a total-order group: multicasts its clients' operations with Lamport timestamps and delivers everybody's in
 * the order of the timestamps, the same on every peer.
 *
 * <p>Promises: linearizable; what was answered is kept while no more than a minority of the peers is down or has lost what
 * it held; a silent peer holds the others up for {@link TotalOrderConfig#SUSPECT_NS} and a ballot of two rounds; no
 * timestamp is used twice.
 *
 * <p>The argument, invariant by invariant, stands in docs/protocols/total-order.md.
 *
 * <p>Threading: see {@link com.kvstore.protocol.kernel.Machine}.
 */
public final class TotalOrderMachine implements DurableMachine, PeerLinks.Listener, Order.Listener {
    private static final TimerId TICK = new TimerId("order-tick", 0);

    private final TotalOrderConfig config;
    private final PeerLinks links;
    private final Formation formation;
    private final Node node;
    private final Replica replica;
    private final Order order;
    private final Multicast multicast;
    private final Backfill backfill;
    private final Ballots ballots;
    private final Snapshots snapshots;
    private final Recovery recovery;
    private final Requests requests;
    private final Upkeep upkeep;
    private final OrderStore store;
    /** The formation that this peer has founded; 0: it has not, or has recovered since. */
    private long foundedIn;

    private boolean stopping;
    private boolean diskFails;
    /** Since when it has made nothing durable while something waited for that. */
    private long diskBusySinceNs;

    /** One that keeps what it holds in memory. */
    public TotalOrderMachine(TotalOrderConfig config, RecordTable table, Formation.Nonces nonces) {
        this(config, PeerStorage.inMemory(table), nonces);
    }

    /** One that goes on from what is stored. */
    public TotalOrderMachine(TotalOrderConfig config, PeerStorage storage, Formation.Nonces nonces) {
        this.config = config;
        this.links = new PeerLinks(config.group(), config.self(), config.incarnation(), this);
        this.formation = new Formation(config.group(), config.self(), config.bootstrap(), nonces, this::isUntouched);
        Votes votes = new Votes(config);
        this.node = new Node(config, links, formation, votes);
        this.replica = new Replica(storage.table());
        this.order = new Order(config, votes, replica, storage.isDurable(), this);
        this.multicast = new Multicast(node, order, replica);
        this.backfill = new Backfill(node, order, replica);
        this.ballots = new Ballots(node, order, multicast);
        this.snapshots = new Snapshots(node, order, replica);
        this.recovery = new Recovery(node, order, snapshots);
        this.requests = new Requests(node, order, replica, multicast);
        this.upkeep = new Upkeep(node, order, replica, multicast, requests);
        this.store = new OrderStore(storage, node, order, replica, multicast, recovery);
        this.foundedIn = store.restore();
    }

    @Override
    public void on(Input input, long nowNs, Effects effects) {
        node.wall.advance(nowNs);
        if (input instanceof Input.ClientRequested asked) {
            if (stopping) {
                effects.reply(asked.client(), Upkeep.stopping());
            } else {
                requests.on(asked.client(), asked.command(), asked.id(), nowNs, effects);
            }
        } else if (links.on(input, nowNs, effects)) {
            return;
        } else if (input instanceof Input.Received received) {
            int peer = links.peerOf(received.link());
            if (peer != 0) {
                int index = config.group().indexOf(peer);
                node.heardNs[index] = nowNs;
                if (received.message() instanceof Presence presence) {
                    upkeep.heard(index, presence.formed());
                    formed(formation.on(peer, presence, effects), effects);
                } else if (received.message() instanceof TotalOrderMessage message) {
                    onMessage(index, message, nowNs, effects);
                }
            }
        } else if (input instanceof Input.TimerFired fired && fired.timer().equals(TICK)) {
            tick(nowNs, effects);
        } else if (input instanceof Input.Started started) {
            node.wall.start(started.wallMs(), nowNs);
            links.start(effects);
            if (node.isActive()) {
                effects.note(
                        "GROUP", "Goes on from its disk: " + replica.table().keys() + " keys");
                multicast.castToAll();
            }
            effects.setTimer(TICK, nowNs + TotalOrderConfig.TICK_NS);
            formed(formation.tick(effects), effects);
        } else if (input instanceof Input.StopRequested) {
            stopping = true;
            requests.refuseAll(effects);
        }
    }

    @Override
    public Saved save() {
        return store.save(foundedIn);
    }

    /**
     * Casts vote for what is durable and no more. What tells otherwise of what this peer holds waits; so do questions for
     * more, as nobody asks for what the disk cannot take.
     */
    @Override
    public boolean mayPrecede(Message message) {
        return !diskFails && (message instanceof Cast || message instanceof PeerMessage);
    }

    @Override
    public void diskFails(boolean fails, long nowNs) {
        diskFails = fails;
    }

    @Override
    public void durable(long written, long nowNs, Effects effects) {
        diskBusySinceNs = nowNs;
        if (store.durable(written) && node.isActive()) {
            multicast.castToAll();
        }
    }

    @Override
    public boolean answersMayPrecede() {
        return true;
    }

    /** Tells the others, if there is news, and begins once the group is formed. */
    private void formed(boolean news, Effects effects) {
        if (node.isActive() && formation.formed() != foundedIn && foundedIn != 0) {
            // It came to nothing: not a majority was left before anything was held.
            foundedIn = 0;
            node.deactivate();
            multicast.reset();
            order.clear();
        }
        if (!node.isActive() && formation.formed() != 0 && formation.isConfirmed()) {
            recovery.again();
            node.votes.reset();
            foundedIn = formation.formed();
            node.activate();
            order.begin();
            effects.note("GROUP", "The group is formed; this peer is in it from the beginning");
        }
        if (news) {
            links.broadcast(formation.presence(), effects);
        }
    }

    /** Whether nothing was voted for, delivered or promised. */
    private boolean isUntouched() {
        return !node.isActive()
                || (replica.delivered() == 0
                        && order.lanes().values().stream().allMatch(lane -> lane.known() == 0 && lane.promised == 0));
    }

    @Override
    public void turnEnded(long nowNs, Effects effects) {
        if (node.isActive()) {
            requests.place(effects);
            multicast.moveClock();
        }
        order.deliver(effects);
        Lane lane = multicast.lane();
        if (lane != null) {
            requests.laneEnded(lane, effects);
        }
        if (node.isActive()) {
            requests.answerReads(effects);
            requests.place(effects);
            multicast.flush(effects);
        }
        if (stopping) {
            effects.stop(0);
        }
    }

    private void tick(long nowNs, Effects effects) {
        effects.setTimer(TICK, nowNs + TotalOrderConfig.TICK_NS);
        formed(formation.tick(effects), effects);
        upkeep.links(nowNs, effects);
        snapshots.tick(nowNs);
        if (!node.isActive()) {
            if (!order.isEmpty()) {
                upkeep.follow(nowNs, effects);
            }
            if (upkeep.othersAreFormed() && recovery.tick(nowNs, effects)) {
                node.activate();
                effects.note("GROUP", "This peer holds what the others hold and votes again");
                multicast.castToAll();
            }
            upkeep.presence(nowNs, effects);
            return;
        }
        upkeep.tick(nowNs, effects);
        if (node.hearsMajority(nowNs)) {
            ballots.tick(nowNs, effects);
        }
        requests.tick(nowNs, effects);
    }

    private void onMessage(int from, TotalOrderMessage message, long nowNs, Effects effects) {
        if (message instanceof Recover recover) {
            if (node.isActive()) {
                recovery.answer(from, recover, node.clock(), replica.delivered(), effects);
            }
        } else if (message instanceof RecoverRefused refused) {
            recovery.onRefused(refused);
        } else if (message instanceof RecoverState state) {
            if (!node.isActive()) {
                recovery.onState(from, state, nowNs);
            }
        } else if (message.formation() != node.formed() || node.formed() == 0) {
            return;
        } else if (message instanceof Cast cast) {
            if (node.votes.learn(from, cast.lives()) && !order.isEmpty()) {
                if (multicast.on(from, cast, effects)) {
                    hold(nowNs);
                }
            }
        } else if (message instanceof Fetched fetched) {
            if (backfill.onFetched(from, fetched, effects)) {
                hold(nowNs);
            }
        } else if (message instanceof SnapshotChunk chunk) {
            if (snapshots.on(from, chunk, nowNs, effects)) {
                recovery.onSnapshot();
                requests.jumped(effects);
                multicast.castToAll();
            }
        } else if (message instanceof Sealed sealed) {
            ballots.onSealed(sealed);
        } else if (node.isActive()) {
            onActive(from, message, nowNs, effects);
        }
    }

    private void onActive(int from, TotalOrderMessage message, long nowNs, Effects effects) {
        boolean voted = false;
        if (message instanceof Prepare prepare) {
            voted = ballots.onPrepare(from, prepare, effects);
        } else if (message instanceof Accept accept) {
            voted = ballots.onAccept(from, accept, effects);
        } else if (message instanceof Promise promise) {
            if (node.votes.learn(from, promise.lives())) {
                ballots.onPromise(from, promise, effects);
            }
        } else if (message instanceof Accepted accepted) {
            if (node.votes.learn(from, accepted.lives())) {
                ballots.onAccepted(from, accepted, effects);
            }
        } else if (message instanceof Refuse refuse) {
            ballots.onRefuse(refuse);
        } else if (message instanceof Fetch fetch) {
            backfill.onFetch(from, fetch, effects);
        } else if (message instanceof Behind behind) {
            if (behind.delivered() > replica.delivered()) {
                snapshots.ask(from, nowNs, effects);
            }
        } else if (message instanceof SnapshotAsk ask) {
            snapshots.onAsk(from, ask, effects);
        } else if (message instanceof Join join) {
            onJoin(from, join);
        }
        if (voted) {
            multicast.castToAll();
        }
    }

    /**
     * There are entries to vote for, once they last; the others wait for the clock too, which comes along with the vote. A
     * disk that takes its time holds up this peer's votes alone: then the clock goes ahead.
     */
    private void hold(long nowNs) {
        if (store.isIdle()) {
            diskBusySinceNs = nowNs;
        }
        if (!store.isDurable() || nowNs - diskBusySinceNs > TotalOrderConfig.SLOW_DISK_NS) {
            multicast.castToAll();
        }
    }

    private void onJoin(int from, Join join) {
        if (multicast.own() != null
                && join.life() == node.votes.life(from)
                && order.newestOf(from).lane() == join.after()
                && upkeep.mayOpen(from, join.after())) {
            requests.add(new Open(from, join.life(), join.after()));
        }
    }

    @Override
    public void delivered(Lane lane, long index, int op, Result result, Effects effects) {
        if (lane.owner() == node.index()) {
            requests.delivered(lane, index, op, result, effects);
        }
    }

    @Override
    public void opened(Lane lane) {
        // Nothing on a lane may have the counter of its opening: all others take that for passed.
        node.observe(lane.clock);
        multicast.opened(lane);
    }

    @Override
    public void opened(int peer, long nowNs, Effects effects) {
        links.send(peer, formation.presence(), effects);
        multicast.linkOpened(config.group().indexOf(peer));
    }

    @Override
    public void closed(int peer, long nowNs, Effects effects) {
        // What was sent and is not voted on goes again when the link is there again.
    }

    @Override
    public void greeted(int peer, long incarnation, long nowNs, Effects effects) {
        int index = config.group().indexOf(peer);
        if (upkeep.restarted(index, incarnation)) {
            formation.onSilent(peer);
            snapshots.forget(index);
        }
        links.send(peer, formation.presence(), effects);
    }

    /** Whether this peer votes: the others count on it. */
    public boolean isVoting() {
        return node.isActive();
    }

    /** Whether it has given its word to found a group, or is in one: the others may count on it before it knows. */
    public boolean isFounding() {
        return !formation.mayRecover();
    }

    /** Whether it can take writes at once: it has a lane of its own. */
    public boolean hasLane() {
        return node.isActive() && multicast.own() != null;
    }

    /** What a person may want to know. */
    public TotalOrderStatus status() {
        return upkeep.status();
    }
}
