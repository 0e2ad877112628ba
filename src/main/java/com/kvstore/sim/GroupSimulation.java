package com.kvstore.sim;

import com.kvstore.common.Bytes;
import com.kvstore.sim.ClusterOptions.Load;
import com.kvstore.sim.ClusterOptions.Losses;
import com.kvstore.sim.check.HistoryChecker;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One run of a group of peers, from one seed: first everything breaks while clients read and write at any peer, then
 * everything heals.
 *
 * <p>What is demanded: what the protocol says must hold at any time; after healing all peers soon hold the same; every key
 * can be read; no request stays unanswered; and the protocol finds nothing wrong with all that the clients saw.
 *
 * <p>Threading: a run is one thread's; runs share nothing.
 */
public final class GroupSimulation {
    private static final long POLL_NS = 250_000_000;
    private static final long START_NS = 60 * ClusterOptions.SECOND_NS;
    private static final long ANSWER_NS = 60 * ClusterOptions.SECOND_NS;
    private static final long LONGEST_LOAD_NS = 3_600 * ClusterOptions.SECOND_NS;
    private static final long LONGEST_REQUEST_NS = 30 * ClusterOptions.SECOND_NS;

    private final ClusterOptions options;
    private final GroupProtocol protocol;
    private final SimWorld world;
    private final SimNetwork network;
    private final GroupCluster cluster;
    private final ClientLog log = new ClientLog();
    private final GroupFaults faults;
    private final SimRandom random;
    private final List<SimClient> clients = new ArrayList<>();
    private final List<RandomWorkload> workloads = new ArrayList<>();
    private @Nullable Watcher watcher;

    private GroupSimulation(SimWorld world, ClusterOptions options, GroupProtocol protocol) {
        this.options = options;
        this.protocol = protocol;
        this.world = world;
        this.random = world.random().fork("simulation");
        this.network = new SimNetwork(world, NetworkOptions.draw(world.random().fork("network options")));
        this.cluster = new GroupCluster(world, protocol, network, options.slaves(), options.durable());
        this.faults = new GroupFaults(world, cluster, network, options.roughness(), this::allIsLost);
    }

    /** Runs of this protocol. */
    public static Simulation of(GroupProtocol protocol) {
        return new Simulation() {
            @Override
            public RunReport run(long seed, Overrides overrides, Trace trace) {
                ClusterOptions options = options(seed, overrides);
                SimWorld world = SimWorld.create(
                        seed, trace, new WireCodec(), options.roughness().maxDriftPpm());
                world.trace().note(0, "simulation", protocol.name() + ", seed " + seed + ", " + options);
                return new GroupSimulation(world, options, protocol).run();
            }

            @Override
            public ClusterOptions options(long seed, Overrides overrides) {
                SimRandom random = new SimRandom(seed).fork("options");
                ClusterOptions drawn = ClusterOptions.draw(random);
                int peers = random.chance(0.6) ? 3 : random.pick(List.of(1, 2, 4, 5));
                return overrides.applyTo(new ClusterOptions(
                        peers, drawn.load(), drawn.coordinator(), drawn.ring(), drawn.roughness(), drawn.durable()));
            }
        };
    }

    private RunReport run() {
        start();
        breakThings();
        heal();
        readEverything();
        checkHistory();
        return report();
    }

    private void start() {
        for (SimNode node : cluster.nodes()) {
            world.scheduler().after(random.skewed(1_000, 3_000_000_000L), node::start);
        }
        Load load = options.load();
        List<Bytes> hotKeys = new ArrayList<>();
        for (int i = 0; i < load.hotKeys(); i++) {
            hotKeys.add(Bytes.of("key" + i));
        }
        for (int i = 1; i <= load.clients(); i++) {
            String name = "client" + i;
            RandomWorkload workload =
                    new RandomWorkload(name, world.random().fork("workload " + name), hotKeys, load.operations());
            SimClient client = new SimClient(name, world, network, cluster.entrance(), log, workload);
            workloads.add(workload);
            clients.add(client);
            world.scheduler().after(random.skewed(1_000_000, 8_000_000_000L), client::start);
        }
        if (load.operations() == 0 && world.random().fork("watcher").chance(0.5)) {
            watcher = new Watcher(world.random().fork("watched"), hotKeys);
            SimClient client = new SimClient("watcher", world, network, cluster.entrance(), log, watcher);
            clients.add(client);
            world.scheduler().after(1_000_000, client::start);
        }
        if (random.chance(0.7)) {
            await("the group was not complete in time", START_NS, cluster::notComplete);
        }
    }

    private void breakThings() {
        faults.start();
        boolean endless = options.load().operations() == 0;
        long forNs = endless ? options.roughness().faultsForNs() : LONGEST_LOAD_NS;
        long endNs = world.nowNs() + forNs;
        while (world.nowNs() < endNs && (endless || !isFinished())) {
            pass(POLL_NS);
        }
    }

    private boolean isFinished() {
        return clients.stream().allMatch(SimClient::isFinished);
    }

    /** Every process was killed at once: where data is in memory only, that is the end of them. */
    private void allIsLost() {
        log.mayBeErased(world.nowNs(), log.keys());
        cluster.ledger().clear();
    }

    private void heal() {
        faults.healAll();
        pass(random.between(0, 5) * ClusterOptions.SECOND_NS);
        workloads.forEach(RandomWorkload::end);
        if (watcher != null) {
            watcher.end();
        }
        await("a client waits for ever", ANSWER_NS, () -> isFinished() ? null : "");
        await("a peer does not come back", ANSWER_NS, () -> cluster.machines().size() < options.slaves() ? "" : null);
        await("did not heal in time", protocol.settlesWithinNs(), cluster::notConverged);
        if (options.durable() && protocol.forgetsDeletes() && !faults.counts().containsKey(Fault.WIPE_SLAVE.name())) {
            pass(2 * ClusterOptions.SECOND_NS);
            String lost = cluster.lacks(log.acknowledgedValues());
            if (lost != null) {
                throw new SimulationFailure("an acknowledged write is lost: " + lost);
            }
        }
    }

    private void readEverything() {
        SimClient reader = new SimClient("reader", world, network, cluster.entrance(), log, new ReadEach(log.keys()));
        reader.start();
        await("a key could not be read at the end", ANSWER_NS * 2, () -> reader.isFinished() ? null : "");
        pass(LONGEST_REQUEST_NS);
        for (SimNode node : cluster.nodes()) {
            SimProcess process = node.process();
            if (process != null
                    && !process.unanswered(world.nowNs() - LONGEST_REQUEST_NS).isEmpty()) {
                throw new SimulationFailure(
                        node.name() + " never answered " + process.unanswered(world.nowNs() - LONGEST_REQUEST_NS));
            }
        }
    }

    private void checkHistory() {
        List<HistoryChecker.Violation> violations = protocol.judge(log.history().operations());
        if (!violations.isEmpty()) {
            throw new SimulationFailure(
                    "the history is wrong: " + violations.size() + " violations, the first: " + violations.get(0));
        }
        if (options.roughness().losses() == Losses.ONE_AT_A_TIME && !log.lost().isEmpty()) {
            throw new SimulationFailure("LOST was answered though a majority was always there: " + log.lost());
        }
    }

    private RunReport report() {
        Map<String, Integer> notes = new TreeMap<>();
        for (SimNode node : cluster.nodes()) {
            node.notes().forEach((tag, count) -> notes.merge(tag, count, Integer::sum));
        }
        return new RunReport(
                world.trace().hash(),
                world.trace().events(),
                world.nowNs(),
                log.history().operations().size(),
                log.answers(),
                faults.counts(),
                notes);
    }

    private void pass(long forNs) {
        long endNs = world.nowNs() + forNs;
        while (world.nowNs() < endNs) {
            world.scheduler().runUntil(Math.min(endNs, world.nowNs() + POLL_NS));
            protocol.check(cluster.machines());
        }
    }

    /** Lets time pass until {@code lacking} finds nothing any more. */
    private void await(String failure, long atMostNs, Supplier<@Nullable String> lacking) {
        long deadlineNs = world.nowNs() + atMostNs;
        String lack = lacking.get();
        while (lack != null) {
            if (world.nowNs() >= deadlineNs) {
                throw new SimulationFailure(failure + ": " + lack);
            }
            pass(POLL_NS);
            lack = lacking.get();
        }
    }
}
