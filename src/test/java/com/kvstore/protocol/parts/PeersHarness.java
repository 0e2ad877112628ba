package com.kvstore.protocol.parts;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.kvstore.common.Bytes;
import com.kvstore.common.Command;
import com.kvstore.common.ErrorCode;
import com.kvstore.common.Group;
import com.kvstore.common.Message;
import com.kvstore.common.RequestId;
import com.kvstore.common.Result;
import com.kvstore.common.ServerNode;
import com.kvstore.common.Write;
import com.kvstore.protocol.kernel.Effects;
import com.kvstore.protocol.kernel.Input;
import com.kvstore.protocol.kernel.Machine;
import com.kvstore.protocol.kernel.Persistent;
import com.kvstore.protocol.kernel.TimerId;
import com.kvstore.storage.MemoryTable;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Peers of one group, of any protocol, in one thread: messages arrive at once and in order, unless a direction is held up,
 * where they wait, or cut, where they are lost; time passes only when a test says so.
 *
 * @param <M> the peers' machine
 */
public class PeersHarness<M extends Machine> {
    public static final long MS = 1_000_000;
    private static final long FIRST_WALL_MS = 1_700_000_000_000L;

    /** Makes the machine of one life. */
    public interface Factory<M> {
        M make(Group group, int self, long incarnation, RecordTable table);
    }

    /** One life of one peer. */
    public final class Peer implements Effects {
        public final int id;
        public final RecordTable table = new MemoryTable();
        public final M machine;
        public final List<Message> sent = new ArrayList<>();
        private final Map<Long, Result> replies = new LinkedHashMap<>();
        private final Map<TimerId, Long> timers = new LinkedHashMap<>();
        private final Map<Long, End> links = new LinkedHashMap<>();
        private @Nullable Integer stopped;

        private Peer(int id) {
            this.id = id;
            this.machine = factory.make(group, id, ++lastIncarnation * 0x9E3779B97F4A7C15L, table);
        }

        private void hand(Input input) {
            inbox.add(() -> {
                if (peers.get(id) == this && stopped == null) {
                    machine.on(input, nowNs, this);
                    machine.turnEnded(nowNs, this);
                }
            });
        }

        @Override
        public void send(long link, Message message) {
            End end = links.get(link);
            if (end != null) {
                sent.add(message);
                if (stuck.contains(link)) {
                    return;
                }
                Input input = new Input.Received(end.link, message);
                if (isHeldUp(id, end.peer.id)) {
                    heldUp.computeIfAbsent(List.of(id, end.peer.id), any -> new ArrayList<>())
                            .add(() -> end.peer.hand(input));
                } else if (!isCut(id, end.peer.id)) {
                    end.peer.hand(input);
                }
            }
        }

        @Override
        public void datagram(ServerNode to, Message message) {}

        @Override
        public void connect(ServerNode address) {
            Peer other = peers.values().stream()
                    .filter(peer -> group.address(peer.id).equals(address))
                    .findFirst()
                    .orElse(null);
            if (other == null || isHeldUp(id, other.id) || isHeldUp(other.id, id) || isCut(id, other.id)) {
                hand(new Input.ConnectFailed(address, other == null));
                return;
            }
            long mine = ++lastLink;
            long theirs = ++lastLink;
            links.put(mine, new End(other, theirs));
            other.links.put(theirs, new End(this, mine));
            hand(new Input.LinkOpened(mine, address));
        }

        @Override
        public void close(long link) {
            End end = links.remove(link);
            if (end != null) {
                end.peer.links.remove(end.link);
                end.peer.hand(new Input.LinkClosed(end.link));
                hand(new Input.LinkClosed(link));
            }
        }

        @Override
        public void persist(long token, Persistent state) {
            throw new AssertionError("kept in memory only");
        }

        @Override
        public void sync(long token) {
            TestDisk disk = disks.get(id);
            if (disk == null) {
                throw new AssertionError("kept in memory only");
            }
            disk.sync();
            Runnable end = () -> {
                if (peers.get(id) == this) {
                    disk.synced();
                    hand(new Input.Persisted(token));
                }
            };
            if (stuckDisks.contains(id)) {
                syncs.put(id, end);
            } else {
                end.run();
            }
        }

        @Override
        public void setTimer(TimerId timer, long atNs) {
            timers.put(timer, atNs);
        }

        @Override
        public void cancelTimer(TimerId timer) {
            timers.remove(timer);
        }

        @Override
        public void reply(long client, Result result) {
            assertEquals(null, replies.put(client, result), "answered twice");
        }

        @Override
        public void note(String tag, String text) {}

        @Override
        public void requestNote(String tag, Bytes key) {}

        @Override
        public void stop(int exitStatus) {
            stopped = exitStatus;
        }

        public @Nullable Integer stopped() {
            return stopped;
        }

        private void fireTimers() {
            List<TimerId> due = new ArrayList<>();
            timers.forEach((timer, atNs) -> {
                if (atNs <= nowNs) {
                    due.add(timer);
                }
            });
            due.forEach(timer -> {
                timers.remove(timer);
                hand(new Input.TimerFired(timer));
            });
        }
    }

    private final class End {
        private final Peer peer;
        private final long link;

        private End(Peer peer, long link) {
            this.peer = peer;
            this.link = link;
        }
    }

    public final Group group;
    private final Factory<M> factory;
    private final Map<Integer, Peer> peers = new TreeMap<>();
    private final ArrayDeque<Runnable> inbox = new ArrayDeque<>();
    private final List<List<Integer>> directions = new ArrayList<>();
    private final List<List<Integer>> cuts = new ArrayList<>();
    private final Map<List<Integer>, List<Runnable>> heldUp = new LinkedHashMap<>();
    private final Set<Long> stuck = new HashSet<>();
    private final Map<Integer, TestDisk> disks = new HashMap<>();
    private final Set<Integer> stuckDisks = new HashSet<>();
    /** By peer: what comes of the sync that does not end. */
    private final Map<Integer, Runnable> syncs = new HashMap<>();

    private long nowNs = 1;
    private long lastLink;
    private long lastIncarnation;
    private long lastClient;

    public PeersHarness(String protocol, int size, Factory<M> factory) {
        List<Group.Member> members = new ArrayList<>();
        for (int id = 1; id <= size; id++) {
            members.add(new Group.Member(id, new ServerNode("10.0.0." + id, 6100)));
        }
        this.group = new Group(protocol, members);
        this.factory = factory;
    }

    /** Starts all peers and lets a second pass. */
    public PeersHarness<M> startAll() {
        group.members().forEach(member -> start(member.id(), 0));
        pass(1_000);
        return this;
    }

    public void start(int id) {
        start(id, 0);
    }

    /** @param aheadMs by how much its host's clock is ahead */
    public void start(int id, long aheadMs) {
        Peer peer = new Peer(id);
        peers.put(id, peer);
        peer.hand(new Input.Started(FIRST_WALL_MS + nowNs / MS + aheadMs));
        settle();
    }

    public void kill(int id) {
        Peer dead = peers.remove(id);
        dead.links.forEach((link, end) -> {
            end.peer.links.remove(end.link);
            end.peer.hand(new Input.LinkClosed(end.link));
        });
        settle();
    }

    /** What is sent from one to the other waits; the way back stays open. */
    public void holdUp(int from, int to) {
        directions.add(List.of(from, to));
    }

    /** Nothing gets through any more on the links that are open now, in this direction; new ones work. */
    public void stick(int from, int to) {
        peer(from).links.forEach((link, end) -> {
            if (end.peer.id == to) {
                stuck.add(link);
            }
        });
    }

    /** Nobody hears it, and it hears nobody. */
    public void isolate(int id) {
        for (int other : group.others(id)) {
            holdUp(id, other);
            holdUp(other, id);
        }
    }

    /** What was held up arrives. */
    public void release() {
        directions.clear();
        List<List<Runnable>> waiting = new ArrayList<>(heldUp.values());
        heldUp.clear();
        waiting.forEach(each -> each.forEach(Runnable::run));
        settle();
    }

    /** What was held up is lost, and with it the links between the two. */
    public void lose(int from, int to) {
        heldUp.remove(List.of(from, to));
        for (int one : List.of(from, to)) {
            Peer peer = peers.get(one);
            if (peer != null) {
                int other = one == from ? to : from;
                List<Long> links = new ArrayList<>();
                peer.links.forEach((link, end) -> {
                    if (end.peer.id == other) {
                        links.add(link);
                    }
                });
                links.forEach(peer::close);
            }
        }
        settle();
    }

    /** Nothing gets from one to the other; the way back stays open. */
    public void cut(int from, int to) {
        cuts.add(List.of(from, to));
    }

    /** What it sends is lost, and what it is sent. */
    public void cutOff(int id) {
        for (int other : group.others(id)) {
            cut(id, other);
            cut(other, id);
        }
    }

    /** Nothing is cut any more. */
    public void mend() {
        cuts.clear();
    }

    private boolean isCut(int from, int to) {
        return cuts.contains(List.of(from, to));
    }

    /** The disk of a peer for a new process: what was synced is there. For a {@link Factory} of peers that keep their data. */
    public TestDisk disk(int id) {
        return disks.compute(id, (any, before) -> before == null ? new TestDisk() : before.open());
    }

    /** The disk of this peer takes nothing until {@link #freeDisk}. */
    public void stickDisk(int id) {
        stuckDisks.add(id);
    }

    public void freeDisk(int id) {
        stuckDisks.remove(id);
        Runnable end = syncs.remove(id);
        if (end != null) {
            end.run();
        }
        settle();
    }

    /** One sends another what it would not have sent by itself. */
    public void send(int from, int to, Message message) {
        for (Map.Entry<Long, End> link : peer(from).links.entrySet()) {
            if (link.getValue().peer.id == to) {
                peer(from).send(link.getKey(), message);
            }
        }
        settle();
    }

    private boolean isHeldUp(int from, int to) {
        return directions.contains(List.of(from, to));
    }

    private void settle() {
        for (Runnable next = inbox.poll(); next != null; next = inbox.poll()) {
            next.run();
        }
    }

    public void pass(long ms) {
        long endNs = nowNs + ms * MS;
        while (nowNs < endNs) {
            nowNs = Math.min(endNs, nowNs + 5 * MS);
            new ArrayList<>(peers.values()).forEach(Peer::fireTimers);
            settle();
        }
    }

    public long nowNs() {
        return nowNs;
    }

    public Peer peer(int id) {
        return peers.get(id);
    }

    /** Sends a command and lets it arrive. @return what to ask {@link #answer} for */
    public long ask(int id, Command command, @Nullable RequestId request) {
        long client = ++lastClient;
        peer(id).hand(new Input.ClientRequested(client, command, request));
        settle();
        return client;
    }

    public @Nullable Result answer(int id, long client) {
        return peer(id).replies.get(client);
    }

    /** Sends a command that must be answered without time passing. */
    public Result asked(int id, Command command) {
        Result result = answer(id, ask(id, command, null));
        if (result == null) {
            throw new AssertionError(command + " is not answered");
        }
        return result;
    }

    public Result.Ack put(int id, String key, String value) {
        Result result = asked(id, putCommand(key, value));
        if (result instanceof Result.Ack ack) {
            return ack;
        }
        throw new AssertionError("not done: " + result);
    }

    public static Command putCommand(String key, String value) {
        return Command.Transact.of(Write.put(Bytes.of(key), Bytes.of(value)));
    }

    public static Command deleteCommand(String key) {
        return Command.Transact.of(Write.remove(Bytes.of(key)));
    }

    /** Null: the key is not there. */
    public @Nullable String get(int id, String key) {
        return textOf(asked(id, new Command.Get(Bytes.of(key))));
    }

    public static @Nullable String textOf(@Nullable Result result) {
        if (result instanceof Result.Value value) {
            return value.value().text();
        }
        assertEquals(ErrorCode.NOT_FOUND, codeOf(result));
        return null;
    }

    public static ErrorCode codeOf(@Nullable Result result) {
        if (result instanceof Result.Failure failure) {
            return failure.code();
        }
        throw new AssertionError("no failure: " + result);
    }

    public void stop(int id) {
        peer(id).hand(new Input.StopRequested());
        settle();
    }
}
