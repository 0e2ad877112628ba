package com.kvstore.sim;

import com.kvstore.common.Bytes;
import com.kvstore.common.Command;
import com.kvstore.protocol.membership.Arc;
import com.kvstore.protocol.membership.Copy;
import com.kvstore.protocol.membership.Member;
import com.kvstore.protocol.membership.View;
import com.kvstore.protocol.parts.RecordTable;
import com.kvstore.sim.ClusterOptions.Losses;
import com.kvstore.sim.check.HistoryChecker;
import com.kvstore.storage.MemoryTable;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One run of a whole cluster, from one seed: first everything breaks while clients read and write, then everything heals.
 *
 * <p>What is demanded: after healing the coordinator soon reports two copies of every key, and both are there, equal, and
 * nowhere else; every key can be read; no request stays unanswered; and all the clients saw, the last reads included,
 * could have come from one copy of the data that never forgets ({@link HistoryChecker}).
 *
 * <p>Threading: a run is one thread's; runs share nothing.
 */
public final class ClusterSimulation {
    private static final long POLL_NS = 250_000_000;
    private static final long START_NS = 60 * ClusterOptions.SECOND_NS;
    private static final long SETTLE_NS = 90 * ClusterOptions.SECOND_NS;
    private static final long ANSWER_NS = 60 * ClusterOptions.SECOND_NS;
    private static final long LONGEST_LOAD_NS = 3_600 * ClusterOptions.SECOND_NS;
    private static final long LONGEST_REQUEST_NS = 30 * ClusterOptions.SECOND_NS;

    private final ClusterOptions options;
    private final SimWorld world;
    private final SimNetwork network;
    private final SimCluster cluster;
    private final ClientLog log = new ClientLog();
    private final SimOperator operator;
    private final SimBackups backups;
    private final FaultInjector faults;
    private final SimRandom random;
    private final List<SimClient> clients = new ArrayList<>();
    private final List<RandomWorkload> workloads = new ArrayList<>();
    private boolean lossAccepted;
    /** Incarnations that have had a copy in sync, as views came and went. */
    private final Set<Long> everInSync = new HashSet<>();

    private ClusterSimulation(SimWorld world, ClusterOptions options, Supplier<RecordTable> newTable) {
        this.options = options;
        this.world = world;
        this.random = world.random().fork("simulation");
        this.network = new SimNetwork(world, NetworkOptions.draw(world.random().fork("network options")));
        this.cluster = new SimCluster(world, network, options, newTable);
        this.operator = new SimOperator(world, cluster::coordinator);
        this.backups = new SimBackups(world, cluster.entrance(), log);
        this.faults = new FaultInjector(world, cluster, network, options.roughness(), operator);
        for (SimNode node : cluster.coordinators()) {
            node.onPersist(state -> {
                if (node == cluster.coordinator()) {
                    viewChanges((View) state);
                }
            });
        }
    }

    /** The coordinator and its slaves. */
    static final Simulation RING = over(MemoryTable::new);

    /** The same over other tables than the product's. */
    static Simulation over(Supplier<RecordTable> newTable) {
        return new Simulation() {
            @Override
            public RunReport run(long seed, Overrides overrides, Trace trace) {
                ClusterOptions options = options(seed, overrides);
                SimWorld world = SimWorld.create(
                        seed, trace, new WireCodec(), options.roughness().maxDriftPpm());
                world.trace().note(0, "simulation", "seed " + seed + ", " + options);
                return new ClusterSimulation(world, options, newTable).run();
            }

            @Override
            public ClusterOptions options(long seed, Overrides overrides) {
                return overrides.applyTo(ClusterOptions.draw(new SimRandom(seed).fork("options")));
            }
        };
    }

    /**
     * Runs {@code seed} with options drawn from it.
     *
     * @throws SimulationFailure if anything demanded does not hold
     */
    public static RunReport run(long seed, Trace trace) {
        return RING.run(seed, Overrides.NONE, trace);
    }

    private RunReport run() {
        start();
        breakThings();
        heal();
        checkReplicas();
        readEverything();
        checkHistory();
        return report();
    }

    private void start() {
        for (SimNode node : cluster.nodes()) {
            if (cluster.isWanted(node)) {
                world.scheduler().after(random.skewed(1_000, 3_000_000_000L), node::start);
            }
        }
        SimRandom places = world.random().fork("places");
        if (places.chance(0.3)) {
            // A round trip beyond the time-out would be a server that is down for good (seed 1575).
            double mostTimes = options.coordinator().requestTimeoutNs()
                    / 4.0
                    / network.options().maxLatencyNs();
            network.unequalPaths(Math.min(2 + 48 * places.nextDouble(), mostTimes));
        }
        if (places.chance(0.25)) {
            cluster.coordinator().disk().isAsSlowAs(places.skewed(20_000_000, 800_000_000));
        }
        log.add(new CounterLog());
        log.add(new ClaimLog());
        log.add(new ExpiryLog(options.roughness().maxDriftPpm(), SimProcess.maxWallJumpMs(world)));
        log.add(log.scans());
        List<Bytes> hotKeys = new ArrayList<>();
        for (int i = 0; i < options.load().hotKeys(); i++) {
            hotKeys.add(Bytes.of("key" + i));
        }
        for (int i = 1; i <= options.load().clients(); i++) {
            String name = "client" + i;
            RandomWorkload workload = new RandomWorkload(
                    name,
                    world.random().fork("workload " + name),
                    hotKeys,
                    options.load().operations());
            SideWorkload mixed =
                    new SideWorkload(workload, name, hotKeys, world.random().fork("side workload " + name));
            SimClient client = new SimClient(name, world, network, cluster.entrance(), log, mixed);
            workloads.add(workload);
            clients.add(client);
            world.scheduler().after(random.skewed(1_000_000, 8_000_000_000L), client::start);
        }
        backups.start();
        if (random.chance(0.7)) {
            await("the cluster was not complete in time", START_NS, cluster::notConverged);
        }
    }

    private void breakThings() {
        faults.start();
        if (options.load().operations() == 0) {
            pass(options.roughness().faultsForNs());
            return;
        }
        long endNs = world.nowNs() + LONGEST_LOAD_NS;
        while (world.nowNs() < endNs && !clients.stream().allMatch(SimClient::isFinished)) {
            pass(POLL_NS);
        }
    }

    /**
     * A store that begins anew has no keys; that is no loss to be reported, unless a member does hold some. The simulation
     * judges that by the members' tables, not by what the console says.
     */
    private void viewChanges(View next) {
        View present = cluster.view();
        if (present == null) {
            return;
        }
        Handover handover = new Handover(present, next);
        String witness = witnessOfALoss(present, next);
        List<Bytes> gone = new ArrayList<>();
        for (Bytes key : log.keys()) {
            if (handover.givesUp(key) && !cluster.isHeldBySome(next, key)) {
                gone.add(key);
                if (!lossAccepted
                        && (options.roughness().losses() == Losses.ONE_AT_A_TIME || !handover.beginsAnew(key))) {
                    throw new SimulationFailure("a key is given up that should be kept or called lost: " + key + ", "
                            + present + " is followed by " + next);
                }
                if (!lossAccepted && witness != null) {
                    throw new SimulationFailure("the store is called new, and not its keys lost, though " + witness
                            + " has held data of it and is still there: " + present + " is followed by " + next);
                }
            }
        }
        log.mayBeErased(world.nowNs(), gone);
    }

    /**
     * A process, still a member, that once held a copy in sync: then not all that held data are gone, and a loss is to be
     * called one. Null if there is none.
     */
    private @Nullable String witnessOfALoss(View present, View next) {
        for (Arc arc : present.arcs()) {
            for (Copy copy : arc.copies()) {
                Member member = present.members().get(copy.member());
                if (member != null && copy.inSync() && !arc.lost()) {
                    everInSync.add(member.incarnation());
                }
            }
        }
        for (Member member : next.members().values()) {
            if (everInSync.contains(member.incarnation()) && cluster.holderOf(member) != null) {
                return member.toString();
            }
        }
        return null;
    }

    private void heal() {
        faults.healAll();
        pass(random.between(0, 5) * ClusterOptions.SECOND_NS);
        workloads.forEach(RandomWorkload::end);
        long boundNs = 2
                        * (options.coordinator().heartbeatTimeoutNs()
                                + options.coordinator().healthCheckIntervalNs())
                + SETTLE_NS
                + throttledNs();
        await("did not heal in time", boundNs, cluster::notConverged);
        if (options.roughness().losses() == Losses.ANY
                && world.random().fork("accept").chance(0.5)) {
            acceptLoss();
        } else if (options.roughness().losses() == Losses.ONE_AT_A_TIME) {
            // A view that is on its way to a slow disk still is.
            await("the coordinator does not report two copies of every key", ANSWER_NS, this::notWhole);
        }
        backups.end();
        await("no backup can be made", ANSWER_NS, () -> backups.isFinished() || !cluster.isWhole() ? null : "");
        await("a client waits for ever", ANSWER_NS, () -> clients.stream().allMatch(SimClient::isFinished) ? null : "");
    }

    /** How long the moves may take where they are throttled: every table once, and again for what went wrong. */
    private long throttledNs() {
        long bytesPerSecond = options.coordinator().moveBytesPerSecond();
        return bytesPerSecond == 0 ? 0 : 2 * cluster.bytes() * ClusterOptions.SECOND_NS / bytesPerSecond;
    }

    private @Nullable String notWhole() {
        return cluster.isWhole() ? null : "" + cluster.view();
    }

    private void acceptLoss() {
        lossAccepted = true;
        log.mayBeErased(world.nowNs(), log.keys());
        operator.ask(new Command.AcceptLoss(), () -> false);
        await("accept-loss was not answered", ANSWER_NS, () -> operator.isDone() ? null : "");
        await("whole is not reported after the loss was accepted", ANSWER_NS, this::notWhole);
    }

    private void checkReplicas() {
        await("copies differ from what the view says", SETTLE_NS, () -> ReplicaCheck.differences(cluster));
    }

    private void readEverything() {
        SimClient reader = new SimClient("reader", world, network, cluster.entrance(), log, new ReadEach(log.keys()));
        reader.start();
        await("a key could not be read at the end", ANSWER_NS * 2, () -> reader.isFinished() ? null : "");
        pass(LONGEST_REQUEST_NS);
        SimProcess process = cluster.coordinator().process();
        if (process != null
                && !process.unanswered(world.nowNs() - LONGEST_REQUEST_NS).isEmpty()) {
            throw new SimulationFailure(
                    "requests were never answered: " + process.unanswered(world.nowNs() - LONGEST_REQUEST_NS));
        }
    }

    private void checkHistory() {
        List<HistoryChecker.Violation> violations =
                HistoryChecker.check(log.history().operations());
        if (!violations.isEmpty()) {
            throw new SimulationFailure(
                    "the history is wrong: " + violations.size() + " violations, the first: " + violations.get(0));
        }
        if (options.roughness().losses() == Losses.ONE_AT_A_TIME) {
            if (log.lostAnswers() > 0) {
                throw new SimulationFailure("LOST was answered though never more than one copy was: " + log.lost());
            }
            List<String> wrong = log.violations();
            if (!wrong.isEmpty()) {
                throw new SimulationFailure("a promise is broken: " + wrong.size() + " times, first: " + wrong.get(0));
            }
        }
    }

    private RunReport report() {
        Map<String, Integer> notes = new TreeMap<>();
        for (SimNode node : cluster.nodes()) {
            node.notes().forEach((tag, count) -> notes.merge(tag, count, Integer::sum));
        }
        backups.count(notes);
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
        world.scheduler().runUntil(world.nowNs() + forNs);
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
