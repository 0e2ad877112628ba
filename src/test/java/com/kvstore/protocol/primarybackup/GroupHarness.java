package com.kvstore.protocol.primarybackup;

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
import com.kvstore.protocol.kernel.Persistent;
import com.kvstore.protocol.kernel.TimerId;
import com.kvstore.protocol.parts.RecordTable;
import com.kvstore.storage.MemoryTable;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Peers of one group in one thread: messages arrive at once and in order, unless a direction is cut, where they are lost;
 * time passes only when a test says so.
 */
final class GroupHarness {
    static final long MS = 1_000_000;
    private static final long FIRST_WALL_MS = 1_000_000;

    /** One life of one peer. */
    final class Peer implements Effects {
        final int id;
        final RecordTable table = new MemoryTable();
        final PrimaryBackupMachine machine;
        final Map<Long, Result> replies = new LinkedHashMap<>();
        final List<String> notes = new ArrayList<>();
        final List<Message> sent = new ArrayList<>();
        private final SortedMap<Long, List<TimerId>> due = new TreeMap<>();
        private final Map<TimerId, Long> timers = new LinkedHashMap<>();
        /** Own link to the other end. */
        private final Map<Long, End> links = new LinkedHashMap<>();

        private @Nullable Integer stopped;

        private Peer(int id) {
            this.id = id;
            this.machine = new PrimaryBackupMachine(group, id, table, config, () -> ++lastNonce);
        }

        private void hand(Input input) {
            inbox.add(() -> {
                if (peers.get(id) == this) {
                    machine.on(input, nowNs, this);
                    machine.turnEnded(nowNs, this);
                }
            });
        }

        @Override
        public void send(long link, Message message) {
            sent.add(message);
            End end = links.get(link);
            if (end != null && !isCut(id, end.peer.id)) {
                end.peer.hand(new Input.Received(end.link, message));
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
            if (other == null || isCut(id, other.id)) {
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
            throw new AssertionError("kept in memory only");
        }

        @Override
        public void setTimer(TimerId timer, long atNs) {
            cancelTimer(timer);
            timers.put(timer, atNs);
            due.computeIfAbsent(atNs, any -> new ArrayList<>()).add(timer);
        }

        @Override
        public void cancelTimer(TimerId timer) {
            Long at = timers.remove(timer);
            if (at != null) {
                due.get(at).remove(timer);
            }
        }

        @Override
        public void reply(long client, Result result) {
            assertEquals(null, replies.put(client, result), "answered twice");
        }

        @Override
        public void note(String tag, String text) {
            notes.add("[" + tag + "] " + text);
        }

        @Override
        public void requestNote(String tag, Bytes key) {}

        @Override
        public void stop(int exitStatus) {
            stopped = exitStatus;
        }

        @Nullable Integer stopped() {
            return stopped;
        }

        private void fireTimers() {
            while (!due.isEmpty() && due.firstKey() <= nowNs) {
                for (TimerId timer : due.remove(due.firstKey())) {
                    timers.remove(timer);
                    hand(new Input.TimerFired(timer));
                }
            }
        }
    }

    private record End(Peer peer, long link) {}

    final Group group;
    final Map<Integer, Peer> peers = new TreeMap<>();
    private final PrimaryBackupConfig config;
    private final ArrayDeque<Runnable> inbox = new ArrayDeque<>();
    private final List<List<Integer>> cuts = new ArrayList<>();
    private long nowNs = 1;
    private long lastLink;
    private long lastNonce;
    private long lastClient;

    GroupHarness(int size, PrimaryBackupConfig config) {
        List<Group.Member> members = new ArrayList<>();
        for (int id = 1; id <= size; id++) {
            members.add(new Group.Member(id, new ServerNode("10.0.0." + id, 6100)));
        }
        this.group = new Group("primary-backup", members);
        this.config = config;
    }

    /** A group of so many that has formed, with peer 1 as the primary. */
    static GroupHarness formed(int size) {
        GroupHarness harness = new GroupHarness(size, PrimaryBackupConfig.of(false));
        for (int id = 1; id <= size; id++) {
            harness.start(id);
        }
        harness.pass(1_000);
        assertEquals("primary", harness.state(1));
        return harness;
    }

    void start(int id) {
        start(id, 0);
    }

    /** @param aheadMs by how much its host's clock is ahead */
    void start(int id, long aheadMs) {
        Peer peer = new Peer(id);
        peers.put(id, peer);
        peer.hand(new Input.Started(FIRST_WALL_MS + nowNs / MS + aheadMs));
        settle();
    }

    void kill(int id) {
        Peer dead = peers.remove(id);
        dead.links.forEach((link, end) -> {
            end.peer.links.remove(end.link);
            end.peer.hand(new Input.LinkClosed(end.link));
        });
        settle();
    }

    /** Nothing gets from one to the other; the way back stays open. */
    void cut(int from, int to) {
        cuts.add(List.of(from, to));
    }

    /** Nobody hears it, and it hears nobody. */
    void isolate(int id) {
        for (int other : group.others(id)) {
            cut(id, other);
            cut(other, id);
        }
    }

    void mend() {
        cuts.clear();
    }

    private boolean isCut(int from, int to) {
        return cuts.contains(List.of(from, to));
    }

    /** Everything that is on its way arrives. */
    void settle() {
        for (Runnable next = inbox.poll(); next != null; next = inbox.poll()) {
            next.run();
        }
    }

    void pass(long ms) {
        long endNs = nowNs + ms * MS;
        while (nowNs < endNs) {
            nowNs = Math.min(endNs, nowNs + 5 * MS);
            peers.values().forEach(Peer::fireTimers);
            settle();
        }
    }

    Peer peer(int id) {
        return peers.get(id);
    }

    String state(int id) {
        return peer(id).machine.status().state();
    }

    PrimaryBackupStatus status(int id) {
        return peer(id).machine.status();
    }

    /** Sends a command and lets it arrive. @return what to ask {@link #answer} for */
    long ask(int id, Command command, @Nullable RequestId request) {
        long client = ++lastClient;
        peer(id).hand(new Input.ClientRequested(client, command, request));
        settle();
        return client;
    }

    @Nullable Result answer(int id, long client) {
        return peer(id).replies.get(client);
    }

    Result asked(int id, Command command) {
        Result result = answer(id, ask(id, command, null));
        if (result == null) {
            throw new AssertionError(command + " is not answered");
        }
        return result;
    }

    void put(int id, String key, String value) {
        assertEquals(Result.Ack.WHOLE, asked(id, putCommand(key, value)));
    }

    static Command putCommand(String key, String value) {
        return Command.Transact.of(Write.put(Bytes.of(key), Bytes.of(value)));
    }

    /** Null: the key is not there. */
    @Nullable String get(int id, String key) {
        Result result = asked(id, new Command.Get(Bytes.of(key)));
        if (result instanceof Result.Value value) {
            return value.value().text();
        }
        assertEquals(ErrorCode.NOT_FOUND, ((Result.Failure) result).code());
        return null;
    }

    static ErrorCode codeOf(@Nullable Result result) {
        if (result instanceof Result.Failure failure) {
            return failure.code();
        }
        throw new AssertionError("no failure: " + result);
    }

    void stop(int id) {
        peer(id).hand(new Input.StopRequested());
        settle();
    }

    void receive(int at, int from, Message message) {
        for (Map.Entry<Long, End> link : peer(from).links.entrySet()) {
            if (link.getValue().peer.id == at) {
                peer(from).send(link.getKey(), message);
            }
        }
        settle();
    }
}
