package com.kvstore.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.kvstore.client.KvClient;
import com.kvstore.client.KvClientConfig;
import com.kvstore.client.RecordMix;
import com.kvstore.client.RecordSettings;
import com.kvstore.client.Recorder;
import com.kvstore.common.ServerNode;
import com.kvstore.e2e.ChaosPlan.Step;
import com.kvstore.sim.check.HistoryChecker;
import com.kvstore.sim.check.HistoryFile;
import com.kvstore.sim.check.HistoryFormatException;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.json.JSONObject;

/**
 * One plan carried out on a cluster of real processes while clients read and write; then everything is healed, every key is
 * read, and the history is judged. If it is wrong, the history stays in {@code target/chaos}.
 */
final class ChaosRun {
    private static final int SLAVES = 3;
    private static final int MOST_SLAVES = 5;
    private static final Duration LONG = Duration.ofSeconds(90);
    /** What is judged is what clients were told; a machine that is busy otherwise may take its time to start processes. */
    private static final Duration HEALING = Duration.ofMinutes(4);

    private static final long READS_MS = 60_000;

    private final ChaosPlan plan;
    private final Path historyFile;
    private final Undos undos = new Undos();
    /** Ports of the slaves that are members or will be again. */
    private final List<Integer> members = new ArrayList<>();
    /** Those on which nothing is done at the moment. */
    private final List<Integer> untouched = new ArrayList<>();

    private final Cluster cluster;
    private boolean coordinatorTouched;

    private ChaosRun(ChaosPlan plan, Cluster cluster) throws IOException {
        this.plan = plan;
        this.cluster = cluster;
        members.addAll(cluster.slavePorts());
        untouched.addAll(members);
        historyFile = Files.createDirectories(Cluster.HOME.resolve("target/chaos"))
                .resolve((plan.careful() ? "careful-" : "reckless-") + plan.seed() + ".jsonl");
    }

    /** @return a line for people */
    static String carryOut(ChaosPlan plan) throws IOException, InterruptedException {
        System.out.println(plan);
        try (Cluster cluster = Cluster.started(SLAVES, Cluster.QUICK_REMOVAL)) {
            return new ChaosRun(plan, cluster).run();
        }
    }

    private String run() throws IOException, InterruptedException {
        KvClientConfig config = KvClientConfig.of(ServerNode.parse(Cluster.address(cluster.port)))
                .withRequestTimeoutMs(3_000)
                .withConnectTimeoutMs(1_000)
                .withRetryUnavailableMs(200);
        RecordSettings settings = new RecordSettings(
                historyFile, 8, 20, Duration.ofHours(1).toMillis(), 0, 500, RecordMix.DEFAULT, plan.seed());
        String summary;
        try (BufferedWriter out = Files.newBufferedWriter(historyFile);
                Recorder recorder = new Recorder(settings, config, null, out)) {
            recorder.start();
            for (Step step : plan.steps()) {
                begin(step);
                if (plan.careful()) {
                    undos.undoAll();
                    cluster.awaitWhole(members.size(), HEALING);
                } else {
                    undos.undoFor(step.gapMs());
                }
            }
            undos.undoAll();
            awaitHealed();
            // On a machine that is busy elsewhere little may have been asked in all that time.
            long enough = 50L * plan.steps().size();
            assertTrue(
                    AwakeClock.await(HEALING, 20, () -> recorder.answered() > enough),
                    () -> "hardly anything is answered: " + recorder.summary() + "\n" + state());
            recorder.stop();
            assertEquals(
                    0,
                    recorder.readEverything(READS_MS),
                    () -> "keys that could not be read after healing\n" + state());
            summary = recorder.summary();
        }
        judge();
        Files.delete(historyFile);
        return plan.steps().size() + " steps, " + summary;
    }

    private void judge() throws IOException {
        try (BufferedReader in = Files.newBufferedReader(historyFile)) {
            List<HistoryChecker.Violation> violations = HistoryChecker.check(HistoryFile.read(in));
            assertEquals(
                    List.of(), violations, () -> "the history is in " + historyFile + "\n" + plan + "\n" + state());
        } catch (HistoryFormatException wrong) {
            throw new AssertionError(historyFile + ": " + wrong.getMessage(), wrong);
        }
        assertFalse(
                plan.careful() && Files.readString(historyFile).contains("\"code\":\"LOST\""),
                () -> "something was called lost, see " + historyFile + "\n" + plan + "\n" + state());
    }

    private void begin(Step step) {
        long dueNs = System.nanoTime() + step.holdMs() * 1_000_000;
        switch (step.fault()) {
            case KILL_SLAVE, STOP_SLAVE, PAUSE_SLAVE -> touchSlave(step, dueNs);
            case KILL_COORDINATOR, PAUSE_COORDINATOR -> touchCoordinator(step, dueNs);
            case JOIN -> {
                if (members.size() < MOST_SLAVES) {
                    join();
                }
            }
            case DRAIN -> {
                drain(members.get(step.whom() % members.size()));
                join();
            }
        }
    }

    private void touchSlave(Step step, long dueNs) {
        boolean mayKillAll = step.fault() == ChaosPlan.Fault.PAUSE_SLAVE || plan.careful();
        List<Integer> candidates = new ArrayList<>(untouched);
        if (!mayKillAll) {
            candidates.remove(members.get(0));
        }
        if (candidates.isEmpty()) {
            return;
        }
        Integer port = candidates.get(step.whom() % candidates.size());
        untouched.remove(port);
        RunningProcess slave = cluster.slave(port);
        switch (step.fault()) {
            case PAUSE_SLAVE -> slave.pause();
            case STOP_SLAVE -> slave.terminate();
            default -> slave.kill9();
        }
        undos.add(dueNs, () -> {
            if (step.fault() == ChaosPlan.Fault.PAUSE_SLAVE) {
                slave.resume();
            } else {
                slave.awaitExit(LONG);
                cluster.launchSlave(port);
            }
            untouched.add(port);
        });
    }

    private void touchCoordinator(Step step, long dueNs) {
        if (coordinatorTouched) {
            return;
        }
        coordinatorTouched = true;
        boolean pause = step.fault() == ChaosPlan.Fault.PAUSE_COORDINATOR;
        RunningProcess coordinator = cluster.coordinator();
        if (pause) {
            coordinator.pause();
        } else {
            coordinator.kill9();
        }
        undos.add(dueNs, () -> {
            if (pause) {
                coordinator.resume();
            } else {
                cluster.startCoordinator();
            }
            coordinatorTouched = false;
        });
    }

    private void join() {
        int port = Ports.free();
        cluster.launchSlave(port);
        members.add(port);
        untouched.add(port);
    }

    private void drain(Integer port) {
        String address = Cluster.address(port);
        try (KvClient operator = KvClient.connect(KvClientConfig.of(ServerNode.parse(Cluster.address(cluster.port))))) {
            operator.drain(ServerNode.parse(address)).join();
        }
        assertTrue(AwakeClock.await(LONG, 50, () -> hasLeft(address)), () -> address + " has not left\n" + state());
        cluster.slave(port).kill9();
        members.remove(port);
        untouched.remove(port);
    }

    private boolean hasLeft(String address) {
        try {
            return !cluster.ring().containsValue(address);
        } catch (UncheckedIOException unreachable) {
            return false;
        }
    }

    private void awaitHealed() {
        if (plan.careful()) {
            cluster.awaitWhole(members.size(), HEALING);
            return;
        }
        String[] last = {"nobody answers"};
        boolean healed = AwakeClock.await(HEALING, 50, () -> {
            try {
                JSONObject status = cluster.status();
                JSONObject copies = status.getJSONObject("copies");
                last[0] = status.toString();
                return Cluster.allUp(status, members.size())
                        && (copies.getBoolean("whole") || (copies.getInt("lost") > 0 && copies.getInt("single") == 0));
            } catch (UncheckedIOException unreachable) {
                last[0] = unreachable.getMessage();
                return false;
            }
        });
        assertTrue(healed, () -> "not all servers are up, or something moves still: " + last[0] + "\n" + state());
    }

    /** What everybody said on their consoles: for the message of a failure. */
    private String state() {
        StringBuilder text = new StringBuilder().append(cluster.coordinator()).append('\n');
        members.forEach(port -> text.append(cluster.slave(port)).append('\n'));
        return text.toString();
    }
}
