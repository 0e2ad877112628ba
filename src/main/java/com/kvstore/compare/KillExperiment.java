package com.kvstore.compare;

import com.kvstore.client.Convergence;
import com.kvstore.client.KvClient;
import com.kvstore.client.KvClientConfig;
import com.kvstore.client.ReadMode;
import com.kvstore.client.RecordMix;
import com.kvstore.client.RecordSettings;
import com.kvstore.client.Recorder;
import com.kvstore.common.Bytes;
import com.kvstore.common.ServerNode;
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
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Kills one server while clients write and others are recorded, and finds out what that did: how long a writer had to
 * wait, what was refused, what was lost, and whether the answers were right.
 *
 * <p>Threading: used from one thread.
 */
final class KillExperiment {
    private static final long BEFORE_MS = 2_500;
    private static final long AFTER_MS = 4_500;
    /** The first moments are of connecting. */
    private static final long SETTLED_MS = 700;

    private static final int BUCKET_MS = 50;
    private static final int WRITERS = 6;
    private static final int RECORDING_CLIENTS = 6;
    private static final int RECORDED_KEYS = 20;
    private static final int RECORDED_PER_SECOND = 400;
    private static final long READS_MS = 20_000;
    private static final int COMPARED_KEYS_A_WRITER = 500;
    /** Within so long peers that can reach each other hold the same; docs/protocols/eventual.md says so. */
    private static final long CONVERGENCE_MS = 10_000;

    private final Protocol protocol;
    private final ServerGroup group;
    private final int servers;
    private final Path historyFile;

    /** @param historyFile where the recorded history goes */
    KillExperiment(Protocol protocol, ServerGroup group, int servers, Path historyFile) {
        this.protocol = protocol;
        this.group = group;
        this.servers = servers;
        this.historyFile = historyFile;
    }

    KillResult run() throws IOException, InterruptedException {
        ServerNode victim = group.victim();
        List<ServerNode> addresses = group.entrances();
        KvClientConfig config = group.config().withRetryUnavailableMs(0).withRequestTimeoutMs(3_000);
        RecordSettings settings = new RecordSettings(
                historyFile,
                RECORDING_CLIENTS,
                RECORDED_KEYS,
                3_600_000,
                0,
                RECORDED_PER_SECOND,
                RecordMix.parse("get=45,put=35,update=10,delete=10"),
                servers);
        ReadMode reads = protocol == Protocol.EVENTUAL ? ReadMode.OWN_WRITES : ReadMode.PROTOCOL;
        try (BufferedWriter out = Files.newBufferedWriter(historyFile);
                Recorder recorder = new Recorder(settings, config.withReads(reads), null, out);
                Ledger ledger = new Ledger(config, addresses, WRITERS)) {
            recorder.start();
            ledger.start();
            Thread.sleep(BEFORE_MS);
            long killedNs = ledger.nowNs();
            group.kill(victim);
            Thread.sleep(AFTER_MS);
            long endNs = ledger.nowNs();
            ledger.stop();
            recorder.stop();
            return judge(recorder, ledger, out, killedNs, endNs);
        }
    }

    private KillResult judge(Recorder recorder, Ledger ledger, BufferedWriter out, long killedNs, long endNs)
            throws IOException, InterruptedException {
        Convergence convergence = null;
        if (protocol == Protocol.EVENTUAL) {
            List<Bytes> keys = new ArrayList<>(recorder.everyKey());
            keys.addAll(ledger.lastKeys(COMPARED_KEYS_A_WRITER));
            convergence = Convergence.await(group.config(), group.entrances(), keys, CONVERGENCE_MS);
        }
        // In an eventual group a client would wait in vain for what it wrote and was lost; there, peers were compared.
        int unread = convergence != null ? 0 : recorder.readEverything(READS_MS);
        Ledger.Audit audit;
        try (KvClient client = KvClient.connect(group.config())) {
            audit = ledger.check(client);
        }
        IOException trouble = recorder.trouble();
        if (trouble != null) {
            throw trouble;
        }
        out.flush();
        KillResult.Told told = new KillResult.Told(ledger.acknowledged(), ledger.refused(), ledger.unknown());
        long pauseNs = ledger.longestPauseNs(killedNs, endNs);
        return new KillResult(
                protocol,
                servers,
                pauseNs / 1e6,
                ledger.longestPauseNs(SETTLED_MS * 1_000_000, killedNs) / 1e6,
                pauseNs < endNs - killedNs - 1,
                told,
                audit,
                verdict(convergence, unread),
                new KillResult.Timeline(
                        ledger.timeline(BUCKET_MS * 1_000_000L, (int) ((BEFORE_MS + AFTER_MS) / BUCKET_MS)),
                        BUCKET_MS,
                        killedNs / 1_000_000));
    }

    private KillResult.Verdict verdict(@org.jspecify.annotations.Nullable Convergence convergence, int unread)
            throws IOException {
        List<Versioned> history;
        try (BufferedReader in = Files.newBufferedReader(historyFile)) {
            history = HistoryFile.readVersioned(in);
        } catch (HistoryFormatException wrong) {
            throw new IOException(historyFile + ": " + wrong.getMessage(), wrong);
        }
        if (unread > 0) {
            return new KillResult.Verdict(false, unread + " keys could not be read in the end", history.size());
        }
        if (convergence != null) {
            return eventual(convergence, history);
        }
        HistoryChecker.Verdict verdict =
                HistoryChecker.judge(history.stream().map(Versioned::operation).toList());
        String text = verdict.isCorrect()
                ? "linearizable"
                : verdict.violations().isEmpty()
                        ? "not decided: too many operations at once"
                        : "WRONG: " + verdict.violations().get(0);
        return new KillResult.Verdict(verdict.isCorrect(), text, history.size());
    }

    private static KillResult.Verdict eventual(Convergence convergence, List<Versioned> history) {
        List<HistoryChecker.Violation> wrong = EventualChecker.check(history);
        if (!wrong.isEmpty()) {
            return new KillResult.Verdict(false, "WRONG: " + wrong.get(0), history.size());
        }
        return convergence.reached()
                ? new KillResult.Verdict(
                        true,
                        String.format(
                                Locale.ROOT,
                                "own writes read, nothing invented; all peers alike %,d ms after the last write",
                                convergence.tookMs()),
                        history.size())
                : new KillResult.Verdict(
                        false,
                        "after " + convergence.tookMs() + " ms the peers still differ on "
                                + convergence.differing().size() + " keys",
                        history.size());
    }
}
