package com.kvstore.sim;

import com.kvstore.common.Bytes;
import com.kvstore.common.Command;
import com.kvstore.common.Message;
import com.kvstore.common.RequestId;
import com.kvstore.common.Result;
import com.kvstore.common.ServerNode;
import com.kvstore.protocol.kernel.Effects;
import com.kvstore.protocol.kernel.Input;
import com.kvstore.protocol.kernel.Machine;
import com.kvstore.protocol.kernel.Persistent;
import com.kvstore.protocol.kernel.TimerId;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * One life of a node's process, from its start to its crash: the driver of one machine.
 *
 * <p>Turns: whatever arrives while the process is busy with a turn, or paused, waits and is handed over in the next one,
 * followed by {@code turnEnded}. The machine is never re-entered: every effect that comes back does so through the
 * scheduler.
 *
 * <p>Failure: a machine that throws, or answers a request twice, ends the run with a {@link SimulationFailure}.
 */
public final class SimProcess implements Effects {
    private static final double SLOW_TURN_CHANCE = 0.001;

    /** What a client's request comes to. */
    public interface ReplySink {
        void replied(Result result);

        /** The process has gone without an answer. */
        void connectionLost();
    }

    private record Waiting(ReplySink sink, long sinceNs, Command command) {}

    private final SimNode node;
    private final SimWorld world;
    private final SimNetwork network;
    private final SimRandom random;
    private final LocalClock clock;
    private final SimTimers timers;
    private final Machine machine;
    private final ArrayDeque<Input> inbox = new ArrayDeque<>();
    private final Map<Long, Waiting> clients = new LinkedHashMap<>();
    private final Map<Long, LinkEnd> links = new LinkedHashMap<>();
    private long nextLink;
    private long nextClient;
    private long busyUntilNs;
    private boolean turnScheduled;
    private boolean paused;
    /** The wall clock when the simulation begins: any time will do. */
    static final long FIRST_WALL_MS = 1_700_000_000_000L;

    private boolean dead;
    private boolean stopping;
    /** After so many effects more, it crashes; negative: it does not. */
    private int effectsToCrash = -1;

    private BooleanSupplier crashAllowed = () -> false;

    SimProcess(SimNode node, SimWorld world, SimNetwork network, SimRandom random, SimNode.Factory factory) {
        this.node = node;
        this.world = world;
        this.network = network;
        this.random = random;
        this.clock = LocalClock.draw(world.nowNs(), random, world.maxDriftPpm());
        this.timers = new SimTimers(world.scheduler(), clock, this::deliver);
        // Both start at random: one process's number used at another must be noticed.
        this.nextLink = random.between(1, 1_000_000);
        this.nextClient = random.between(1, 1_000_000);
        this.machine = factory.start(random.fork("machine"), node.disk().open(this));
        long jumpMs = maxWallJumpMs(world);
        long setOffMs = random.fork("wall").between(-jumpMs, jumpMs);
        deliver(new Input.Started(FIRST_WALL_MS + world.nowNs() / 1_000_000 + setOffMs));
    }

    /** By how much a host's clock may be set off when a process starts: between two lives it may jump by twice that. */
    static long maxWallJumpMs(SimWorld world) {
        SimRandom random = world.random().fork("wall jumps");
        return random.chance(0.7) ? 0 : random.skewed(10, 10_000);
    }

    public Machine machine() {
        return machine;
    }

    /** What the process's monotonic clock shows. */
    public long localNowNs() {
        return clock.local(world.nowNs());
    }

    public boolean isDead() {
        return dead;
    }

    public boolean isPaused() {
        return paused;
    }

    /** Hands the machine an input in its next turn; lost if the process is dead. */
    public void deliver(Input input) {
        if (!dead) {
            inbox.add(input);
            wake();
        }
    }

    /** A client's request has arrived. */
    public void request(Command command, @Nullable RequestId id, ReplySink sink) {
        long client = nextClient++;
        clients.put(client, new Waiting(sink, world.nowNs(), command));
        deliver(new Input.ClientRequested(client, command, id));
    }

    /** Requests in hand that arrived at {@code beforeNs} or earlier. */
    public List<Command> unanswered(long beforeNs) {
        List<Command> found = new ArrayList<>();
        for (Waiting waiting : clients.values()) {
            if (waiting.sinceNs <= beforeNs) {
                found.add(waiting.command);
            }
        }
        return found;
    }

    void pause() {
        paused = true;
    }

    void resume() {
        paused = false;
        if (!inbox.isEmpty()) {
            wake();
        }
    }

    /** It dies in the middle of a turn, before its n-th effect from now, unless {@code allowed} says no at that moment. */
    void crashAfterEffects(int effects, BooleanSupplier allowed) {
        effectsToCrash = effects;
        crashAllowed = allowed;
    }

    /** It does not, after all. */
    void calmDown() {
        effectsToCrash = -1;
    }

    /** Ends the life: everything it held in memory is gone. Called by the node. */
    void die() {
        dead = true;
        inbox.clear();
        timers.cancelAll();
        List<Waiting> lost = new ArrayList<>(clients.values());
        clients.clear();
        lost.forEach(waiting -> waiting.sink.connectionLost());
    }

    String name() {
        return node.name();
    }

    SimNode node() {
        return node;
    }

    Map<Long, LinkEnd> links() {
        return links;
    }

    /** Gives a link its number in this process. */
    long register(LinkEnd end) {
        long id = nextLink++;
        links.put(id, end);
        return id;
    }

    private void wake() {
        if (!turnScheduled && !paused) {
            turnScheduled = true;
            world.scheduler().at(busyUntilNs, this::turn);
        }
    }

    private void turn() {
        turnScheduled = false;
        if (dead || paused) {
            return;
        }
        long now = localNowNs();
        try {
            while (!inbox.isEmpty() && effectsToCrash != 0) {
                handOver(inbox.remove(), now);
            }
            if (effectsToCrash != 0) {
                machine.turnEnded(now, this);
            }
        } catch (SimulationFailure noticed) {
            throw noticed;
        } catch (RuntimeException | AssertionError e) {
            throw new SimulationFailure(name() + " threw " + e + " at " + world.nowNs() / 1_000_000 + " ms", e);
        }
        if (effectsToCrash == 0) {
            node.crash(SimNode.Death.KILLED);
        } else if (stopping) {
            node.crash(SimNode.Death.STOPPED);
        } else {
            busyUntilNs = world.nowNs() + turnLengthNs();
        }
    }

    private void handOver(Input input, long now) {
        if (input instanceof Input.TimerFired fired && !timers.stillDue(fired)) {
            return;
        }
        if (!(input instanceof Input.Received) && !(input instanceof Input.DatagramReceived)) {
            world.trace().event(world.nowNs(), name(), "<-", InputHash.of(input), input);
        }
        machine.on(input, now, this);
    }

    private long turnLengthNs() {
        return random.chance(SLOW_TURN_CHANCE) ? random.skewed(1_000_000, 100_000_000) : random.between(2_000, 60_000);
    }

    /** Whether this effect still happens; the trace has it then. */
    private boolean happens(String what, long payload, Object detail) {
        if (dead || effectsToCrash == 0) {
            return false;
        }
        if (effectsToCrash > 0 && --effectsToCrash == 0) {
            if (!crashAllowed.getAsBoolean()) {
                calmDown();
                return happens(what, payload, detail);
            }
            world.trace().event(world.nowNs(), name(), "dies before", payload, what);
            return false;
        }
        world.trace().event(world.nowNs(), name(), what, payload, detail);
        return true;
    }

    @Override
    public void send(long link, Message message) {
        byte[] bytes = world.codec().encode(message);
        if (happens("send", link * 31 + SimWorld.hash(bytes), message)) {
            network.send(this, link, bytes);
        }
    }

    @Override
    public void datagram(ServerNode to, Message message) {
        byte[] bytes = world.codec().encode(message);
        if (happens("datagram", SimWorld.hash(bytes), message)) {
            network.datagram(this, to, bytes);
        }
    }

    @Override
    public void connect(ServerNode peer) {
        if (happens("connect", peer.port(), peer)) {
            network.connect(this, peer);
        }
    }

    @Override
    public void close(long link) {
        if (happens("close", link, link)) {
            network.close(this, link);
        }
    }

    @Override
    public void persist(long token, Persistent state) {
        if (happens("persist", token, state)) {
            node.persist(this, token, state);
        }
    }

    @Override
    public void sync(long token) {
        if (happens("sync", token, token)) {
            node.sync(this, token);
        }
    }

    @Override
    public void setTimer(TimerId timer, long atNs) {
        if (happens("timer", InputHash.of(timer) * 31 + atNs, timer)) {
            timers.set(timer, atNs);
        }
    }

    @Override
    public void cancelTimer(TimerId timer) {
        if (happens("no timer", InputHash.of(timer), timer)) {
            timers.cancel(timer);
        }
    }

    @Override
    public void reply(long client, Result result) {
        if (happens("reply", client, result)) {
            Waiting waiting = clients.remove(client);
            if (waiting == null) {
                throw new SimulationFailure(
                        name() + " answered client request " + client + " twice, or it never was: " + result);
            }
            waiting.sink.replied(result);
        }
    }

    @Override
    public void note(String tag, String text) {
        if (happens("note", text.hashCode(), "[" + tag + "] " + text)) {
            node.noted(tag);
        }
    }

    @Override
    public void requestNote(String tag, Bytes key) {
        if (happens("request note", key.hashCode(), tag)) {
            node.noted(tag);
        }
    }

    @Override
    public void stop(int exitStatus) {
        if (happens("stop", exitStatus, exitStatus)) {
            stopping = true;
        }
    }
}
