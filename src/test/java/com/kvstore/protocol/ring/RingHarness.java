package com.kvstore.protocol.ring;

import com.kvstore.common.Bytes;
import com.kvstore.common.Command;
import com.kvstore.common.ErrorCode;
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
import com.kvstore.protocol.membership.View;
import com.kvstore.protocol.parts.RecordTable;
import com.kvstore.sim.KeptStorage;
import com.kvstore.storage.MemoryTable;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;

/**
 * A coordinator and its slaves in one thread, for tests that tell a story: messages arrive at once and in order, time
 * moves only when told, and the test may hold messages back, kill, pause and restart. No randomness; the simulator is for
 * that.
 */
final class RingHarness {
    static final ServerNode COORDINATOR = new ServerNode("127.0.0.1", 8080);
    private static final long MS = 1_000_000L;

    /** One process. */
    final class Node implements Effects {
        final ServerNode address;
        final Deque<Input> inbox = new ArrayDeque<>();
        final Map<TimerId, Long> timers = new LinkedHashMap<>();
        final TreeMap<Long, End> links = new TreeMap<>();
        final List<String> console = new ArrayList<>();
        Machine machine;
        RecordTable table;
        /** Null: what it holds is gone with the process. */
        KeptStorage kept;

        boolean alive = true;
        boolean paused;
        Integer exitStatus;

        Node(ServerNode address) {
            this.address = address;
        }

        @Override
        public void send(long link, Message message) {
            End end = links.get(link);
            if (end != null && !withheld(address, end.peer.address, message)) {
                end.peer.inbox.add(new Input.Received(end.peerLink, message));
            }
        }

        @Override
        public void datagram(ServerNode to, Message message) {
            if (udpWorks && to.port() == HEARTBEAT_PORT && coordinator.alive) {
                coordinator.inbox.add(new Input.DatagramReceived(message));
            }
        }

        @Override
        public void connect(ServerNode peerAddress) {
            Node peer = peerAddress.equals(COORDINATOR) ? coordinator : slaves.get(peerAddress);
            if (peer == null || !peer.alive || !peer.address.equals(peerAddress)) {
                inbox.add(new Input.ConnectFailed(peerAddress, true));
                return;
            }
            long mine = ++lastLink;
            long theirs = ++lastLink;
            links.put(mine, new End(peer, theirs));
            peer.links.put(theirs, new End(this, mine));
            inbox.add(new Input.LinkOpened(mine, peerAddress));
        }

        @Override
        public void close(long link) {
            End end = links.remove(link);
            if (end != null) {
                inbox.add(new Input.LinkClosed(link));
                end.peer.links.remove(end.peerLink);
                end.peer.inbox.add(new Input.LinkClosed(end.peerLink));
            }
        }

        @Override
        public void persist(long token, Persistent state) {
            if (diskFails) {
                inbox.add(new Input.PersistFailed(token, "no space left on device"));
            } else if (diskHangs) {
                hungWrites.add(() -> {
                    durable = (View) state;
                    inbox.add(new Input.Persisted(token));
                });
            } else {
                durable = (View) state;
                inbox.add(new Input.Persisted(token));
            }
        }

        @Override
        public void sync(long token) {
            if (kept == null) {
                throw new AssertionError("keeps everything in memory, yet was to sync");
            }
            inbox.add(kept.sync() ? new Input.Persisted(token) : new Input.PersistFailed(token, kept.trouble));
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
            answers.put(client, result);
        }

        @Override
        public void note(String tag, String text) {
            console.add("[" + tag + "] " + text);
        }

        @Override
        public void requestNote(String tag, Bytes key) {
            console.add("[" + tag + "] " + key);
        }

        @Override
        public void stop(int status) {
            exitStatus = status;
        }

        boolean said(String part) {
            return console.stream().anyMatch(line -> line.contains(part));
        }
    }

    private record End(Node peer, long peerLink) {}

    static final int HEARTBEAT_PORT = 3769;

    Node coordinator = new Node(COORDINATOR);
    final Map<ServerNode, Node> slaves = new TreeMap<>();
    final Map<Long, Result> answers = new TreeMap<>();
    View durable;
    boolean udpWorks = true;
    boolean diskFails;
    /** Writes to the disk end when a test says so. */
    boolean diskHangs;

    final ArrayDeque<Runnable> hungWrites = new ArrayDeque<>();
    /** Messages that are lost, with whatever would follow on them; the link stays open. */
    Predicate<Message> withhold = message -> false;

    ServerNode withholdFrom;
    ServerNode withholdTo;
    int cacheSize = 4;
    int minCopies = 1;
    long nowNs = 1_000 * MS;
    private long lastLink;
    private long lastClient;
    private long lastIncarnation;

    private boolean withheld(ServerNode from, ServerNode to, Message message) {
        return (withholdFrom == null || withholdFrom.equals(from))
                && (withholdTo == null || withholdTo.equals(to))
                && withhold.test(message);
    }

    /** Starts a coordinator, new or from what is durable. */
    void startCoordinator() {
        coordinator = new Node(COORDINATOR);
        CoordinatorConfig config = new CoordinatorConfig(
                COORDINATOR, HEARTBEAT_PORT, cacheSize, 500 * MS, 30_000 * MS, 30_000 * MS, minCopies, 0, 10_000);
        coordinator.machine = new CoordinatorMachine(config, durable, ++lastIncarnation, 77, 31, 1);
        coordinator.inbox.add(new Input.Started(1_700_000_000_000L));
        settle();
    }

    /** Of slaves that are started from now on. */
    long quietMs;

    Node startSlave(int port) {
        return startSlave(port, null);
    }

    /** Starts a slave with a disk, an empty one or what an earlier life left. */
    Node startSlave(int port, KeptStorage kept) {
        ServerNode address = new ServerNode("127.0.0.1", port);
        Node node = new Node(address);
        node.kept = kept;
        SlaveConfig config =
                new SlaveConfig(address, () -> COORDINATOR, kept != null, 5_000 * MS, 30_000 * MS, quietMs * MS);
        if (kept == null) {
            node.table = new MemoryTable();
            node.machine = new SlaveMachine(config, node.table, ++lastIncarnation);
        } else {
            SlaveStorage storage = kept.open();
            node.table = storage.table();
            node.machine = new SlaveMachine(config, storage);
        }
        slaves.put(address, node);
        node.inbox.add(new Input.Started(1_700_000_000_000L));
        settle();
        return node;
    }

    /** The same, all slaves with disks. */
    static RingHarness durableCluster(int... ports) {
        RingHarness ring = new RingHarness();
        ring.startCoordinator();
        for (int port : ports) {
            ring.startSlave(port, new KeptStorage(port));
        }
        ring.advance(1_000);
        return ring;
    }

    /** A coordinator and slaves on these ports, registered and whole. */
    static RingHarness cluster(int... ports) {
        RingHarness ring = new RingHarness();
        ring.startCoordinator();
        for (int port : ports) {
            ring.startSlave(port);
        }
        ring.advance(1_000);
        return ring;
    }

    Node slave(int port) {
        return slaves.get(new ServerNode("127.0.0.1", port));
    }

    /** Kills a process: its links break, what was on its way to it is gone. */
    void kill(Node node) {
        node.alive = false;
        for (long link : List.copyOf(node.links.keySet())) {
            End end = node.links.remove(link);
            end.peer.links.remove(end.peerLink);
            end.peer.inbox.add(new Input.LinkClosed(end.peerLink));
        }
        node.inbox.clear();
        node.timers.clear();
    }

    /** The links that {@code from} has to {@code to}, the oldest first, under the numbers they have at {@code from}. */
    static List<Long> links(Node from, Node to) {
        List<Long> links = new ArrayList<>();
        from.links.forEach((link, end) -> {
            if (end.peer == to) {
                links.add(link);
            }
        });
        return links;
    }

    /** Lets everything happen that needs no time to pass. */
    void settle() {
        boolean busy = true;
        for (int turns = 0; busy; turns++) {
            if (turns > 100_000) {
                throw new AssertionError("the machines never come to rest");
            }
            busy = turn(coordinator);
            for (Node node : List.copyOf(slaves.values())) {
                busy |= turn(node);
            }
        }
    }

    private boolean turn(Node node) {
        if (!node.alive || node.paused || node.inbox.isEmpty()) {
            return false;
        }
        for (int waiting = node.inbox.size(); waiting > 0 && !node.inbox.isEmpty(); waiting--) {
            node.machine.on(node.inbox.poll(), nowNs, node);
        }
        node.machine.turnEnded(nowNs, node);
        return true;
    }

    /** Lets time pass, timer by timer. */
    void advance(long ms) {
        long endNs = nowNs + ms * MS;
        settle();
        while (true) {
            long next = Math.min(earliest(coordinator), earliestOfSlaves());
            if (next > endNs) {
                break;
            }
            nowNs = Math.max(nowNs, next);
            fire(coordinator);
            slaves.values().forEach(this::fire);
            settle();
        }
        nowNs = endNs;
    }

    private long earliestOfSlaves() {
        return slaves.values().stream().mapToLong(this::earliest).min().orElse(Long.MAX_VALUE);
    }

    private long earliest(Node node) {
        return node.alive && !node.paused
                ? node.timers.values().stream().mapToLong(at -> at).min().orElse(Long.MAX_VALUE)
                : Long.MAX_VALUE;
    }

    private void fire(Node node) {
        if (!node.alive || node.paused) {
            return;
        }
        for (Map.Entry<TimerId, Long> timer : List.copyOf(node.timers.entrySet())) {
            if (timer.getValue() <= nowNs && node.timers.remove(timer.getKey(), timer.getValue())) {
                node.inbox.add(new Input.TimerFired(timer.getKey()));
            }
        }
    }

    /** Asks; the answer is in {@link #answers} once there is one. */
    long ask(Command command) {
        return ask(command, null);
    }

    long ask(Command command, RequestId id) {
        long client = queue(command, id);
        settle();
        return client;
    }

    /** Asks in the coordinator's next turn, together with whatever else arrives until then. */
    long queue(Command command) {
        return queue(command, null);
    }

    private long queue(Command command, RequestId id) {
        long client = ++lastClient;
        coordinator.inbox.add(new Input.ClientRequested(client, command, id));
        return client;
    }

    /** Asks and waits for the answer for up to 3 s. */
    Result run(Command command) {
        long client = ask(command);
        for (int waitedMs = 0; waitedMs < 3_000 && !answers.containsKey(client); waitedMs += 10) {
            advance(10);
        }
        if (!answers.containsKey(client)) {
            throw new AssertionError("no answer within 3 s to " + command);
        }
        return answers.get(client);
    }

    Result put(String key, String value) {
        return run(Command.Transact.of(Write.put(Bytes.of(key), Bytes.of(value))));
    }

    Result update(String key, String value) {
        return run(Command.Transact.of(Write.update(Bytes.of(key), Bytes.of(value))));
    }

    Result delete(String key) {
        return run(Command.Transact.of(Write.delete(Bytes.of(key))));
    }

    /** The value, or the error's code. */
    String get(String key) {
        Result result = run(new Command.Get(Bytes.of(key)));
        return result instanceof Result.Value value
                ? value.value().text()
                : ((Result.Failure) result).code().name();
    }

    static ErrorCode code(Result result) {
        return ((Result.Failure) result).code();
    }

    CoordinatorMachine machine() {
        return (CoordinatorMachine) coordinator.machine;
    }

    View view() {
        return machine().view();
    }

    /** The slave that owns a key by the present view. */
    Node owner(String key) {
        View view = view();
        return slaves.get(view.ring().successor(view.positionOf(Bytes.of(key))).server());
    }

    Node replica(String key) {
        View view = view();
        int position = view.positionOf(Bytes.of(key));
        return slaves.get(
                view.ring().predecessorOther(position, owner(key).address).server());
    }
}
