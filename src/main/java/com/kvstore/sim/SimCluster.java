package com.kvstore.sim;

import com.kvstore.common.Bytes;
import com.kvstore.common.ServerNode;
import com.kvstore.protocol.membership.Arc;
import com.kvstore.protocol.membership.Member;
import com.kvstore.protocol.membership.View;
import com.kvstore.protocol.parts.RecordTable;
import com.kvstore.protocol.ring.ClusterStatus;
import com.kvstore.protocol.ring.CoordinatorConfig;
import com.kvstore.protocol.ring.CoordinatorMachine;
import com.kvstore.protocol.ring.SlaveConfig;
import com.kvstore.protocol.ring.SlaveMachine;
import com.kvstore.protocol.ring.SlaveStorage;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A coordinator and its slaves: the real machines on simulated nodes, and what the simulation, which sees into all of
 * them at once, knows of their state.
 *
 * <p>Threading: belongs to one simulation.
 */
public final class SimCluster {
    static final ServerNode COORDINATOR = new ServerNode("10.0.0.1", 8080);
    private static final ServerNode OTHER_COORDINATOR = new ServerNode("10.0.0.2", 8080);
    static final int HEARTBEAT_PORT = 3769;
    private static final int FIRST_SLAVE_PORT = 8081;
    private static final long HEARTBEAT_INTERVAL_NS = 5_000_000_000L;
    private static final long DRAIN_TIMEOUT_NS = 30_000_000_000L;
    private static final double ASK_REPLACED_CHANCE = 0.4;

    /** A slave's node, its disk if it has one, and what its present process sees. */
    public final class Slave {
        private final SimNode node;
        private final @Nullable SimStore store;
        private RecordTable table;
        private long incarnation;
        private boolean retired;
        private boolean givesItsDataAway;

        private Slave(int index, @Nullable SimStore store) {
            ServerNode address = addressOf(index);
            this.table = newTable.get();
            this.store = store;
            this.node = network.add("slave" + (index + 1), address, (random, recovered) -> {
                SlaveStorage storage =
                        store == null ? SlaveStorage.inMemory(newTable.get(), random.nextLong()) : store.open();
                table = storage.table();
                incarnation = storage.incarnation();
                long intervalNs =
                        Math.min(HEARTBEAT_INTERVAL_NS, options.coordinator().heartbeatTimeoutNs() / 4);
                return new SlaveMachine(
                        new SlaveConfig(
                                address,
                                () -> coordinator.address(),
                                storage.isDurable(),
                                intervalNs,
                                DRAIN_TIMEOUT_NS,
                                quietNs()),
                        storage);
            });
            if (store != null) {
                node.keeps(store);
            }
        }

        private long quietNs() {
            return node.quietNs();
        }

        /** Null: it keeps everything in memory. */
        @Nullable SimStore store() {
            return store;
        }

        public SimNode node() {
            return node;
        }

        public RecordTable table() {
            return table;
        }

        /** Whether its process lives and holds what the member of this incarnation held. */
        boolean isAlive(Member member) {
            return node.isUp() && member.address().equals(node.address()) && member.incarnation() == incarnation;
        }

        /** An operator has taken it out for good: it is not started again. */
        void retire() {
            retired = true;
            givesItsDataAway = false;
        }

        /** An operator is draining it: until it has left, what it has on disk is needed. */
        void drain() {
            retired = true;
            givesItsDataAway = options.durable();
        }

        boolean isRetired() {
            return retired;
        }
    }

    private final SimNetwork network;
    private final ClusterOptions options;
    private final Supplier<RecordTable> newTable;
    private final Function<String, SimStore> newStore;
    /** Whoever started last on the common state. */
    private SimNode coordinator;

    private SimNode otherCoordinator;
    private final List<Slave> slaves = new ArrayList<>();

    /** All nodes are down. */
    SimCluster(SimWorld world, SimNetwork network, ClusterOptions options, Supplier<RecordTable> newTable) {
        this.network = network;
        this.newStore = name -> new SimStore(world.scheduler(), world.random().fork(name), newTable);
        this.options = options;
        this.newTable = newTable;
        this.coordinator = addCoordinator("coordinator", COORDINATOR);
        this.otherCoordinator = addCoordinator("coordinator2", OTHER_COORDINATOR);
        otherCoordinator.shareDiskOf(coordinator);
        for (int i = 0; i < options.slaves(); i++) {
            addSlave();
        }
    }

    private SimNode addCoordinator(String name, ServerNode address) {
        CoordinatorConfig drawn = options.coordinator();
        CoordinatorConfig config = new CoordinatorConfig(
                address,
                drawn.heartbeatPort(),
                drawn.cacheSize(),
                drawn.requestTimeoutNs(),
                drawn.heartbeatTimeoutNs(),
                drawn.healthCheckIntervalNs(),
                drawn.minCopies(),
                drawn.moveBytesPerSecond(),
                drawn.maxWaiting());
        ServerNode udp = new ServerNode(address.host(), HEARTBEAT_PORT);
        return network.add(
                name,
                address,
                udp,
                (random, recovered) -> new CoordinatorMachine(
                        config,
                        (View) recovered,
                        random.nextLong(),
                        random.nextLong() | 1,
                        options.ring().size(),
                        options.ring().pointsPerServer()));
    }

    /** The one that may write the state. */
    public SimNode coordinator() {
        return coordinator;
    }

    /** The one that may not: down, or replaced without knowing it. */
    SimNode otherCoordinator() {
        return otherCoordinator;
    }

    List<SimNode> coordinators() {
        return List.of(coordinator, otherCoordinator);
    }

    /** The other coordinator is the one from now on; it is to be started next. */
    void takeOver() {
        SimNode old = coordinator;
        coordinator = otherCoordinator;
        otherCoordinator = old;
    }

    /** Whether a node that is down is to be started again. */
    boolean isWanted(SimNode node) {
        return node != otherCoordinator && slaves.stream().noneMatch(slave -> slave.node == node && isDone(slave));
    }

    private boolean isDone(Slave slave) {
        return slave.retired && (!slave.givesItsDataAway || hasLeft(slave));
    }

    public List<Slave> slaves() {
        return slaves;
    }

    /** Clients talk to the coordinator; now and then to one that was replaced. */
    Entrance entrance() {
        return random -> otherCoordinator.isUp() && random.chance(ASK_REPLACED_CHANCE) ? otherCoordinator : coordinator;
    }

    /** Every node, the coordinators first. */
    List<SimNode> nodes() {
        List<SimNode> nodes = new ArrayList<>(coordinators());
        slaves.forEach(slave -> nodes.add(slave.node));
        return nodes;
    }

    /** Whether the slaves have disks. */
    boolean isDurable() {
        return options.durable();
    }

    private static ServerNode addressOf(int index) {
        return new ServerNode("10.0.1." + (index + 1), FIRST_SLAVE_PORT + index);
    }

    /** One slave more; it is down. */
    Slave addSlave() {
        int index = slaves.size();
        SimStore store = options.durable() ? newStore.apply("store " + index) : null;
        Slave slave = new Slave(index, store);
        slaves.add(slave);
        return slave;
    }

    /** The running coordinator's; null while it is down. */
    @Nullable CoordinatorMachine coordinatorMachine() {
        SimProcess process = coordinator.process();
        return process == null ? null : (CoordinatorMachine) process.machine();
    }

    /** The view in force; null while the coordinator is down. */
    @Nullable View view() {
        CoordinatorMachine machine = coordinatorMachine();
        return machine == null ? null : machine.view();
    }

    /** The slave that holds what this member held; null if that is gone. */
    @Nullable Slave holderOf(@Nullable Member member) {
        if (member != null) {
            for (Slave slave : slaves) {
                if (slave.isAlive(member)) {
                    return slave;
                }
            }
        }
        return null;
    }

    /** Whether the coordinator says that every key has two copies on servers that are up, and both are really there. */
    boolean mayLoseOne() {
        View view = view();
        return view != null
                && isWhole()
                && notUp() == null
                && view.members().values().stream().allMatch(member -> holderOf(member) != null);
    }

    /** What {@code status} says. */
    boolean isWhole() {
        CoordinatorMachine machine = coordinatorMachine();
        SimProcess process = coordinator.process();
        return machine != null
                && process != null
                && machine.status(process.localNowNs()).whole();
    }

    /** A server that the coordinator has not heard, or has given up for now; null if there is none. */
    private @Nullable String notUp() {
        CoordinatorMachine machine = coordinatorMachine();
        SimProcess process = coordinator.process();
        if (machine == null || process == null) {
            return "the coordinator";
        }
        for (ClusterStatus.ServerStatus server :
                machine.status(process.localNowNs()).servers()) {
            if (!server.state().equals("up")) {
                return server.address();
            }
        }
        return null;
    }

    /** Whether its process is in the view. */
    boolean isMember(Slave slave) {
        View view = view();
        Member member = view == null ? null : view.memberAt(slave.node.address());
        return member != null && slave.isAlive(member);
    }

    /** Whether no process at its address is in the view. */
    boolean hasLeft(Slave slave) {
        // As the coordinator knows it, also while it is down.
        return coordinator().disk().durable() instanceof View view && view.memberAt(slave.node.address()) == null;
    }

    /** Whether a living member of {@code view} has a value of {@code key}. */
    boolean isHeldBySome(View view, Bytes key) {
        for (Member member : view.members().values()) {
            Slave holder = holderOf(member);
            if (holder != null && holder.table().holds(key)) {
                return true;
            }
        }
        return false;
    }

    /** In all tables, of keys and values. */
    long bytes() {
        return slaves.stream().mapToLong(slave -> slave.table.bytes()).sum();
    }

    /** Why the cluster is not yet as it should be when nothing is broken; null if it is. */
    @Nullable String notConverged() {
        View view = view();
        if (view == null) {
            return "the coordinator is down";
        }
        for (Slave slave : slaves) {
            Member member = view.memberAt(slave.node.address());
            if (slave.retired ? member != null : member == null || !slave.isAlive(member) || member.leaving()) {
                return slave.node.name() + (slave.retired ? " is still a member" : " is not a member") + ": " + view;
            }
        }
        for (Arc arc : view.arcs()) {
            if (arc.inSyncCopies() != Math.min(2, view.ring().servers())
                    || arc.copies().size() != arc.inSyncCopies()) {
                return "arc " + arc.start() + " to " + arc.end() + " is not whole: " + view;
            }
        }
        String notUp = notUp();
        return notUp == null ? null : notUp + " is not up";
    }
}
