package com.kvstore.client;

import com.kvstore.client.RecordMix.Op;
import com.kvstore.client.RecordedHistory.Outcome;
import com.kvstore.common.Bytes;
import com.kvstore.common.ErrorCode;
import com.kvstore.common.Result;
import com.kvstore.common.ServerNode;
import java.io.IOException;
import java.io.Writer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Drives a running cluster with many clients at once and records what they asked for and were told, for {@code run-sim.sh
 * check} to judge. Outlives whatever happens to the cluster: what went wrong is recorded too.
 *
 * <p>Uses keys of its own, which begin with a random prefix and are absent at first.
 *
 * <p>Threading: {@link #start}, {@link #stop}, {@link #readEverything} and {@link #close} in that order, from one thread.
 */
public final class Recorder implements AutoCloseable {
    private static final long LONGEST_END_MS = 5_000;

    private final RecordSettings settings;
    private final String prefix;
    private final RecordedHistory history;
    private final List<RecordingClient> clients = new ArrayList<>();
    private final List<Thread> threads = new ArrayList<>();
    private final long beginNs = System.nanoTime();
    private final long intervalNs;
    private volatile boolean stopping;
    private long asked;
    private long nextNs = beginNs;

    /**
     * @param addresses where to connect, as {@link KvClient#connect(KvClientConfig, Supplier, ConnectionListener)} takes them
     * @param out where the history goes; closed by whoever opened it, after {@link #close}
     */
    public Recorder(
            RecordSettings settings,
            KvClientConfig config,
            @Nullable Supplier<List<ServerNode>> addresses,
            Writer out) {
        this.settings = settings;
        this.history = new RecordedHistory(out);
        this.intervalNs = settings.perSecond() == 0 ? 0 : 1_000_000_000L / settings.perSecond();
        SplittableRandom random = new SplittableRandom(settings.seed());
        // Not from the seed: a second recording with the same one must find its keys absent too.
        this.prefix = "record-" + ClientName.random().substring(0, 8) + "-";
        // Of a group, each client begins with another peer.
        Supplier<List<ServerNode>> source = config.addresses().size() > 1 ? null : addresses;
        for (int i = 1; i <= settings.clients(); i++) {
            KvClientConfig own = config.withAddresses(turned(config.addresses(), i - 1));
            KvClient client = KvClient.connect(own, source, ConnectionListener.NONE);
            clients.add(new RecordingClient("c" + i, client, this, settings.mix(), random.split()));
        }
    }

    private static List<ServerNode> turned(List<ServerNode> addresses, int by) {
        List<ServerNode> turned = new ArrayList<>(addresses);
        Collections.rotate(turned, -by);
        return turned;
    }

    /** Lets the clients begin. */
    public void start() {
        for (RecordingClient client : clients) {
            Thread thread = new Thread(client, "recording client");
            thread.setDaemon(true);
            threads.add(thread);
            thread.start();
        }
    }

    /** Whether the clients have done all that was asked for, or are to stop. */
    public boolean stopped() {
        return stopping || history.trouble() != null || System.nanoTime() - beginNs > settings.durationMs() * 1_000_000;
    }

    /** Lets nobody begin anything new and waits for the answers that are still to come. */
    public void stop() throws InterruptedException {
        stopping = true;
        awaitEnd();
    }

    /** Waits until {@link #stopped}, and for the answers that are still to come. */
    public void awaitEnd() throws InterruptedException {
        for (Thread thread : threads) {
            thread.join();
        }
    }

    /**
     * Reads every key once more, until there is an answer: what was lost shows now at the latest.
     *
     * @param withinMs for how long to try, for all of them
     * @return how many keys could not be read; a key whose copies are gone and that is called lost counts as read
     */
    public int readEverything(long withinMs) {
        long untilNs = System.nanoTime() + withinMs * 1_000_000;
        int unread = 0;
        int asked = 0;
        for (Bytes key : everyKey()) {
            RecordingClient client = clients.get(asked++ % clients.size());
            boolean read;
            do {
                read = isAnswer(client.ask(Op.GET, List.of(key)));
            } while (!read && System.nanoTime() - untilNs < 0);
            unread += read ? 0 : 1;
        }
        return unread;
    }

    private static boolean isAnswer(@Nullable Result result) {
        return result instanceof Result.Value
                || (result instanceof Result.Failure failure
                        && (failure.code() == ErrorCode.NOT_FOUND || failure.code() == ErrorCode.LOST));
    }

    /** Every key that the clients use. */
    public List<Bytes> everyKey() {
        List<Bytes> all = new ArrayList<>();
        for (int i = 0; i < keys(); i++) {
            all.add(key(i));
        }
        for (int i = 0; i < groups(); i++) {
            all.addAll(group(i));
        }
        return all;
    }

    /** Operations written down so far; one on several keys counts for each of them. */
    public long operations() {
        return history.operations();
    }

    /** How many of them were carried out, found or not found something: the rest was refused, or is unknown. */
    public long answered() {
        return history.count(Outcome.OK) + history.count(Outcome.NOT_FOUND);
    }

    /** How many writes have an unknown outcome. */
    public long unknown() {
        return history.count(Outcome.UNKNOWN);
    }

    /** What went wrong with writing the history down; null: nothing. */
    public @Nullable IOException trouble() {
        return history.trouble();
    }

    /** One line for people. */
    public String summary() {
        return String.format(
                Locale.ROOT,
                "%d operations of %d clients on %d keys in %.1f s: %d ok, %d not found, %d not applied, %d unknown",
                history.operations(),
                clients.size(),
                keys() + groups() * RecordingClient.KEYS_A_GROUP,
                nowNs() / 1e9,
                history.count(Outcome.OK),
                history.count(Outcome.NOT_FOUND),
                history.count(Outcome.NOT_APPLIED),
                history.count(Outcome.UNKNOWN));
    }

    /** Also ends a recording that still goes on: what has no answer yet is written down as unknown. */
    @Override
    public void close() {
        stopping = true;
        clients.forEach(RecordingClient::close);
        boolean interrupted = false;
        for (Thread thread : threads) {
            try {
                thread.join(LONGEST_END_MS);
            } catch (InterruptedException again) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** When the next operation of any client is due; for ever after the last one, and then {@link #stopped}. */
    synchronized long next() {
        if (settings.operations() > 0 && asked >= settings.operations()) {
            stopping = true;
        }
        asked++;
        long now = System.nanoTime();
        if (intervalNs == 0) {
            return now;
        }
        // After an outage there is no rush to make up for it.
        nextNs = Math.max(nextNs + intervalNs, now - 100 * intervalNs);
        return nextNs;
    }

    /** Nanoseconds since this began, by a clock that never goes back. */
    long nowNs() {
        return System.nanoTime() - beginNs;
    }

    RecordedHistory history() {
        return history;
    }

    int keys() {
        return settings.keys();
    }

    Bytes key(int index) {
        return Bytes.of(prefix + index);
    }

    /** How many groups of keys are written together; none if nobody asks for that. */
    int groups() {
        boolean any = settings.mix().has(Op.MULTI_PUT) || settings.mix().has(Op.MULTI_GET);
        return any ? 1 + settings.keys() / 10 : 0;
    }

    List<Bytes> group(int index) {
        List<Bytes> group = new ArrayList<>();
        for (int i = 0; i < RecordingClient.KEYS_A_GROUP; i++) {
            group.add(Bytes.of(prefix + "group-" + index + "-" + (char) ('a' + i)));
        }
        return group;
    }
}
