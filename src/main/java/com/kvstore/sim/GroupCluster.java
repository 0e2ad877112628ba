package com.kvstore.sim;

import com.kvstore.common.Bytes;
import com.kvstore.common.Group;
import com.kvstore.common.ServerNode;
import com.kvstore.common.Version;
import com.kvstore.protocol.kernel.Machine;
import com.kvstore.protocol.parts.DurableMachine;
import com.kvstore.protocol.parts.OutputCommit;
import com.kvstore.protocol.parts.PeerStorage;
import com.kvstore.protocol.parts.RecordTable;
import com.kvstore.protocol.parts.StoredRecord;
import com.kvstore.storage.MemoryTable;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The peers of one group: the real machines on simulated nodes, and what the simulation, which sees into all of them at
 * once, knows of their state.
 *
 * <p>Threading: belongs to one simulation.
 */
final class GroupCluster {
    private static final int FIRST_PORT = 6100;

    /** A peer's node, and what its present process keeps in memory. */
    private final class Peer {
        private final SimNode node;
        private final @Nullable SimPeerStore store;
        private RecordTable table = new MemoryTable();
        /** A process that was asked to end, and chooses the moment. */
        private @Nullable SimProcess stopping;

        private Peer(Group.Member member, @Nullable SimPeerStore store) {
            this.store = store;
            String name = "peer" + member.id();
            node = network.add(name, member.address(), (random, nothing) -> {
                PeerStorage storage = store == null ? PeerStorage.inMemory(watched(name)) : store.open();
                table = storage.table();
                DurableMachine machine = protocol.start(group, member.id(), storage, random);
                return store == null ? machine : new OutputCommit(machine, storage, name);
            });
            if (store != null) {
                node.keeps(store);
            }
        }

        private @Nullable Machine machine() {
            SimProcess process = node.process();
            if (process == null) {
                return null;
            }
            return process.machine() instanceof OutputCommit commit ? commit.machine() : process.machine();
        }
    }

    /** Watched are records that count: where there are disks, those on them. */
    private RecordTable watched(String name) {
        return new WatchedTable(
                name, new MemoryTable(), protocol.versionsAreUnique() ? ledger : null, protocol.forgetsDeletes());
    }

    private final GroupProtocol protocol;
    private final SimNetwork network;
    private final Group group;
    private final WatchedTable.Ledger ledger = new WatchedTable.Ledger();
    private final List<Peer> peers = new ArrayList<>();

    /**
     * All peers are down.
     *
     * @param durable whether they have disks
     */
    GroupCluster(SimWorld world, GroupProtocol protocol, SimNetwork network, int size, boolean durable) {
        this.protocol = protocol;
        this.network = network;
        List<Group.Member> members = new ArrayList<>();
        for (int i = 0; i < size; i++) {
            members.add(new Group.Member(i + 1, new ServerNode("10.0.2." + (i + 1), FIRST_PORT + i)));
        }
        this.group = new Group(protocol.name(), members);
        SimRandom random = world.random().fork("stores");
        for (Group.Member member : members) {
            String name = "peer" + member.id();
            peers.add(new Peer(
                    member,
                    durable ? new SimPeerStore(world.scheduler(), random.fork(name), () -> watched(name)) : null));
        }
    }

    WatchedTable.Ledger ledger() {
        return ledger;
    }

    /** What a peer keeps its data on; null: in memory alone. */
    @Nullable SimPeerStore store(SimNode node) {
        return at(node).store;
    }

    private Peer at(SimNode node) {
        for (Peer peer : peers) {
            if (peer.node == node) {
                return peer;
            }
        }
        throw new IllegalArgumentException(node.name() + " is no peer");
    }

    /**
     * Whether this node's disk may be lost now, without any loss that the protocol does not promise to survive. Its process
     * is up; what a peer that is down has on its disk is not known, and is not counted on.
     */
    boolean mayWipe(SimNode node) {
        // Also one that does not hold its part just now has on its disk what it has promised, before the group formed
        // even.
        return without(node, /* stoppingIsGone= */ false) < group.tolerated();
    }

    /** Whether this node's process may end now: with a disk always, else if its memory may go. */
    boolean mayEnd(SimNode node) {
        return store(node) != null || maySpare(node);
    }

    List<SimNode> nodes() {
        return peers.stream().map(peer -> peer.node).toList();
    }

    /** Of the peers that are up. */
    List<Machine> machines() {
        List<Machine> machines = new ArrayList<>();
        for (Peer peer : peers) {
            Machine machine = peer.machine();
            if (machine != null) {
                machines.add(machine);
            }
        }
        return machines;
    }

    /** Whether this node's memory may go now without any loss that the protocol does not promise to survive. */
    private boolean maySpare(SimNode node) {
        return !isCountedOn(at(node)) || without(node, /* stoppingIsGone= */ true) < group.tolerated();
    }

    private boolean isCountedOn(Peer peer) {
        Machine machine = peer.machine();
        return machine != null && !isStopping(peer) && (protocol.isFounding(machine) || protocol.holdsItsPart(machine));
    }

    /** How many others would be without their part, if all lost what is not on their disks. */
    private int without(SimNode node, boolean stoppingIsGone) {
        int without = 0;
        for (Peer peer : peers) {
            if (peer.node != node && !(holdsItsPart(peer, stoppingIsGone) && isOnDisk(peer.node))) {
                without++;
            }
        }
        return without;
    }

    private boolean holdsItsPart(Peer peer, boolean stoppingIsGone) {
        Machine machine = peer.machine();
        return machine != null && !(stoppingIsGone && isStopping(peer)) && protocol.holdsItsPart(machine);
    }

    private static boolean isStopping(Peer peer) {
        return peer.stopping != null && peer.stopping == peer.node.process();
    }

    /** Whether a peer would find again what it holds now, if it has a disk at all. */
    private boolean isOnDisk(SimNode node) {
        SimPeerStore store = store(node);
        return store == null || store.isSettled();
    }

    /** Asks a peer to end; from now on it counts as gone. */
    void stop(SimNode node) {
        at(node).stopping = node.process();
        node.requestStop();
    }

    /** Why not every peer has become a part of the group; null if they have. */
    @Nullable String notComplete() {
        for (Peer peer : peers) {
            Machine machine = peer.machine();
            if (machine == null || !protocol.holdsItsPart(machine)) {
                return peer.node.name() + (machine == null ? " is down" : " does not hold its part");
            }
        }
        return null;
    }

    /** One client's way in: any peer, the one it was sent to, another one when that did not help. */
    Entrance entrance() {
        return new Entrance() {
            private @Nullable SimNode chosen;

            @Override
            public SimNode choose(SimRandom random) {
                SimNode node = chosen == null || random.chance(0.02) ? random.pick(nodes()) : chosen;
                chosen = node;
                return node;
            }

            @Override
            public void redirected(ServerNode to) {
                chosen = null;
                for (SimNode node : nodes()) {
                    if (node.address().equals(to)) {
                        chosen = node;
                    }
                }
                if (chosen == null) {
                    throw new SimulationFailure("a client is sent to " + to + ", which is no peer");
                }
            }

            @Override
            public void disappointed() {
                chosen = null;
            }
        };
    }

    /** Why the group is not as it should be when nothing is broken; null if it is. */
    @Nullable String notConverged() {
        String lack = notComplete();
        if (lack == null) {
            lack = protocol.notConverged(machines());
        }
        return lack != null ? lack : difference();
    }

    /** Which of these writes, or something newer in its place, a peer does not hold; null if all hold all. */
    @Nullable String lacks(SortedMap<Bytes, Version> acknowledged) {
        for (Peer peer : peers) {
            for (Map.Entry<Bytes, Version> each : acknowledged.entrySet()) {
                StoredRecord record = peer.table.get(each.getKey());
                boolean lost = record == null
                        ? !ledger.isForgotten(each.getKey(), each.getValue())
                        : each.getValue().isNewerThan(record.version());
                if (lost) {
                    return peer.node.name() + " has " + record + " for " + each;
                }
            }
        }
        return null;
    }

    /** In what the live records of two peers differ; null if in nothing. */
    private @Nullable String difference() {
        SortedMap<Bytes, StoredRecord> first = live(peers.get(0));
        for (Peer peer : peers) {
            SortedMap<Bytes, StoredRecord> other = live(peer);
            if (!other.equals(first)) {
                return peers.get(0).node.name() + " has " + first + ", " + peer.node.name() + " has " + other;
            }
        }
        return null;
    }

    private static SortedMap<Bytes, StoredRecord> live(Peer peer) {
        SortedMap<Bytes, StoredRecord> records = new TreeMap<>();
        peer.table.scan(0, (hash, record) -> {
            if (!record.isTombstone()) {
                records.put(record.key(), record);
            }
            return true;
        });
        return records;
    }
}
