package com.kvstore.e2e;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.kvstore.client.Convergence;
import com.kvstore.client.KvClientConfig;
import com.kvstore.client.ReadMode;
import com.kvstore.client.RecordMix;
import com.kvstore.client.RecordSettings;
import com.kvstore.client.Recorder;
import com.kvstore.e2e.GroupChaosPlan.Fault;
import com.kvstore.e2e.GroupChaosPlan.Step;
import com.kvstore.sim.check.EventualChecker;
import com.kvstore.sim.check.HistoryChecker;
import com.kvstore.sim.check.HistoryFile;
import com.kvstore.sim.check.HistoryFile.Versioned;
import com.kvstore.sim.check.HistoryFormatException;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * One plan carried out on a group of real processes while clients of all peers read and write; then everything is healed
 * and the history is judged: linearizable, or of an eventual group what that promises, all peers alike in the end. If it is
 * wrong, the history stays in {@code target/chaos}.
 */
final class GroupChaosRun {
    private static final int PEERS = 3;
    private static final Duration HEALING = Duration.ofMinutes(2);
    private static final long READS_MS = 60_000;
    /** What docs/protocols/eventual.md states, and as much again for a machine that is busy otherwise. */
    private static final long CONVERGENCE_MS = 20_000;
    /** States of a peer that holds what it must hold. */
    private static final Set<String> UP = Set.of("primary", "backup", "up");

    private final GroupChaosPlan plan;
    private final PeerGroup group;
    private final boolean eventual;
    private final Path historyFile;
    private final Undos undos = new Undos();
    private final Set<Integer> touched = new TreeSet<>();
    /** Those that have lost their memory and may not have it back. */
    private final Set<Integer> empty = new TreeSet<>();

    private GroupChaosRun(GroupChaosPlan plan, PeerGroup group) throws IOException {
        this.plan = plan;
        this.group = group;
        eventual = plan.protocol().equals("eventual");
        historyFile = Files.createDirectories(Cluster.HOME.resolve("target/chaos"))
                .resolve(plan.protocol() + (plan.careful() ? "-careful-" : "-reckless-") + plan.seed() + ".jsonl");
    }

    /** @return a line for people */
    static String carryOut(GroupChaosPlan plan) throws IOException, InterruptedException {
        System.out.println(plan);
        try (PeerGroup group = PeerGroup.started(plan.protocol(), PEERS)) {
            return new GroupChaosRun(plan, group).run();
        }
    }

    private String run() throws IOException, InterruptedException {
        KvClientConfig config = group.config()
                .withRetryUnavailableMs(200)
                .withReads(eventual ? ReadMode.OWN_WRITES : ReadMode.PROTOCOL);
        // Reads of several keys are not held to a session.
        RecordMix mix = eventual ? RecordMix.parse("get=45,put=35,update=10,delete=10") : RecordMix.DEFAULT;
        RecordSettings settings =
                new RecordSettings(historyFile, 9, 20, Duration.ofHours(1).toMillis(), 0, 400, mix, plan.seed());
        String summary;
        try (BufferedWriter out = Files.newBufferedWriter(historyFile);
                Recorder recorder = new Recorder(settings, config, null, out)) {
            recorder.start();
            for (Step step : plan.steps()) {
                begin(step);
                if (plan.careful()) {
                    undos.undoAll();
                    awaitBack();
                } else {
                    undos.undoFor(step.gapMs());
                }
            }
            undos.undoAll();
            awaitBack();
            // Of a reckless plan two of three peers may be away most of the time, and the rest rightly answers nobody.
            await("clients are answered: " + plan)
                    .atMost(HEALING)
                    .until(() -> recorder.answered() > 50L * plan.steps().size());
            recorder.stop();
            if (eventual) {
                Convergence alike =
                        Convergence.await(group.config(), group.addresses(), recorder.everyKey(), CONVERGENCE_MS);
                assertTrue(alike.reached(), () -> alike + "\n" + plan + "\n" + group.consoles());
            } else {
                assertEquals(0, recorder.readEverything(READS_MS), () -> plan + "\n" + group.consoles());
            }
            summary = recorder.summary();
        }
        judge();
        Files.delete(historyFile);
        return plan.protocol() + ", " + plan.steps().size() + " steps, " + summary;
    }

    private void judge() throws IOException {
        try (BufferedReader in = Files.newBufferedReader(historyFile)) {
            List<Versioned> history = HistoryFile.readVersioned(in);
            List<HistoryChecker.Violation> violations = eventual
                    ? EventualChecker.check(history)
                    : HistoryChecker.check(
                            history.stream().map(Versioned::operation).toList());
            assertEquals(
                    List.of(),
                    violations,
                    () -> "the history is in " + historyFile + "\n" + plan + "\n" + group.consoles());
        } catch (HistoryFormatException wrong) {
            throw new AssertionError(historyFile + ": " + wrong.getMessage(), wrong);
        }
    }

    private void begin(Step step) {
        empty.removeIf(this::isBack);
        List<Integer> candidates = new ArrayList<>();
        for (int i = 0; i < PEERS; i++) {
            if (!touched.contains(i)) {
                candidates.add(i);
            }
        }
        boolean mayKill = empty.size() < (eventual ? PEERS - 1 : (PEERS - 1) / 2);
        if (candidates.isEmpty() || (step.fault() != Fault.PAUSE && !mayKill)) {
            return;
        }
        int index = candidates.get(step.whom() % candidates.size());
        RunningProcess peer = group.peer(index);
        touched.add(index);
        switch (step.fault()) {
            case PAUSE -> peer.pause();
            case STOP -> peer.terminate();
            case KILL -> peer.kill9();
        }
        if (step.fault() != Fault.PAUSE) {
            empty.add(index);
        }
        undos.add(System.nanoTime() + step.holdMs() * 1_000_000, () -> {
            if (step.fault() == Fault.PAUSE) {
                peer.resume();
            } else {
                peer.awaitExit(HEALING);
                group.start(index);
            }
            touched.remove(index);
        });
    }

    private boolean isBack(int index) {
        if (touched.contains(index)) {
            return false;
        }
        try {
            return UP.contains(group.status(index).getString("state"));
        } catch (RuntimeException notYet) {
            return false;
        }
    }

    private void awaitBack() {
        for (int i = 0; i < PEERS; i++) {
            int index = i;
            await("peer " + (i + 1) + " is back")
                    .atMost(HEALING)
                    .pollInterval(Duration.ofMillis(20))
                    .until(() -> isBack(index));
            group.awaitAnswer(i, HEALING);
        }
        empty.clear();
    }
}
