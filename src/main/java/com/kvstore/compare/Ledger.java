package com.kvstore.compare;

import com.kvstore.client.KvClient;
import com.kvstore.client.KvClientConfig;
import com.kvstore.common.Bytes;
import com.kvstore.common.Command;
import com.kvstore.common.ErrorCode;
import com.kvstore.common.Result;
import com.kvstore.common.ServerNode;
import com.kvstore.common.Write;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Writers that write each key once, one after the other, and remember what they were told: afterwards every key shows
 * whether that was true. An acknowledged one that is not there was lost; a refused one that is there appeared later.
 *
 * <p>Threading: {@link #start}, {@link #stop} and {@link #check} in that order, from one thread; each writer has its own.
 */
final class Ledger implements AutoCloseable {
    private static final long AFTER_REFUSAL_MS = 5;
    private static final int IN_FLIGHT = 512;
    private static final Bytes VALUE = Bytes.of("written once");

    /** What a writer was told. */
    private enum Told {
        DONE,
        REFUSED,
        UNKNOWN
    }

    /**
     * What the keys showed.
     *
     * @param lost acknowledged and not there
     * @param appeared refused and there all the same
     * @param unread could not be read
     */
    record Audit(long lost, long appeared, long unread) {}

    private final List<Writer> writers = new ArrayList<>();
    private final long beginNs = System.nanoTime();
    private volatile boolean stopping;

    Ledger(KvClientConfig config, List<ServerNode> addresses, int count) {
        for (int i = 0; i < count; i++) {
            writers.add(new Writer(i, KvClient.connect(Load.withFirst(config, addresses, i))));
        }
    }

    static Bytes key(int writer, int number) {
        return Bytes.of("ledger-" + writer + "-" + number);
    }

    void start() {
        writers.forEach(Thread::start);
    }

    void stop() throws InterruptedException {
        stopping = true;
        for (Writer writer : writers) {
            writer.join();
        }
    }

    /** Nanoseconds since this was made: all times of this class. */
    long nowNs() {
        return System.nanoTime() - beginNs;
    }

    long acknowledged() {
        return count(Told.DONE);
    }

    long refused() {
        return count(Told.REFUSED);
    }

    long unknown() {
        return count(Told.UNKNOWN);
    }

    private long count(Told told) {
        return writers.stream()
                .mapToLong(writer ->
                        writer.told.stream().filter(each -> each == told).count())
                .sum();
    }

    /** The longest that any writer went without an acknowledgement, of what touches this span. */
    long longestPauseNs(long fromNs, long toNs) {
        long longest = 0;
        for (Writer writer : writers) {
            long beforeNs = fromNs;
            for (long doneNs : writer.doneNs) {
                if (doneNs > toNs) {
                    break;
                }
                longest = doneNs > fromNs ? Math.max(longest, doneNs - beforeNs) : longest;
                beforeNs = doneNs;
            }
            longest = Math.max(longest, toNs - Math.max(beforeNs, fromNs));
        }
        return longest;
    }

    /** How many writes were acknowledged in each stretch of time. */
    List<Integer> timeline(long bucketNs, int buckets) {
        Integer[] timeline = new Integer[buckets];
        Arrays.fill(timeline, 0);
        for (Writer writer : writers) {
            for (long doneNs : writer.doneNs) {
                int bucket = (int) (doneNs / bucketNs);
                if (bucket < buckets) {
                    timeline[bucket]++;
                }
            }
        }
        return List.of(timeline);
    }

    /** Some acknowledged keys, the last ones. */
    List<Bytes> lastKeys(int ofEach) {
        List<Bytes> keys = new ArrayList<>();
        for (Writer writer : writers) {
            for (int i = Math.max(0, writer.told.size() - ofEach); i < writer.told.size(); i++) {
                keys.add(key(writer.number, i));
            }
        }
        return keys;
    }

    /** Reads every key. */
    Audit check(KvClient client) throws InterruptedException {
        long[] found = new long[3];
        ArrayDeque<CompletableFuture<Result>> asked = new ArrayDeque<>();
        ArrayDeque<Told> told = new ArrayDeque<>();
        for (Writer writer : writers) {
            for (int i = 0; i < writer.told.size(); i++) {
                asked.add(client.execute(new Command.Get(key(writer.number, i))));
                told.add(writer.told.get(i));
                if (asked.size() >= IN_FLIGHT) {
                    compare(told.remove(), asked.remove(), found);
                }
            }
        }
        while (!asked.isEmpty()) {
            compare(told.remove(), asked.remove(), found);
        }
        return new Audit(found[0], found[1], found[2]);
    }

    private static void compare(Told told, CompletableFuture<Result> read, long[] found) throws InterruptedException {
        Result result = resultOf(read);
        boolean there = result instanceof Result.Value;
        boolean absent = result instanceof Result.Failure failure && failure.code() == ErrorCode.NOT_FOUND;
        if (!there && !absent) {
            found[2]++;
        } else if (told == Told.DONE && absent) {
            found[0]++;
        } else if (told == Told.REFUSED && there) {
            found[1]++;
        }
    }

    private static @Nullable Result resultOf(CompletableFuture<Result> future) throws InterruptedException {
        try {
            return future.get();
        } catch (ExecutionException broken) {
            return null;
        }
    }

    @Override
    public void close() {
        stopping = true;
        writers.forEach(writer -> writer.client.close());
    }

    /** Its lists are read once it has ended. */
    private final class Writer extends Thread {
        private final int number;
        private final KvClient client;
        private final List<Told> told = new ArrayList<>();
        private final List<Long> doneNs = new ArrayList<>();

        Writer(int number, KvClient client) {
            super("ledger writer " + number);
            this.number = number;
            this.client = client;
            setDaemon(true);
        }

        @Override
        public void run() {
            try {
                while (!stopping) {
                    Bytes key = key(number, told.size());
                    Result result = resultOf(client.execute(Command.Transact.of(Write.put(key, VALUE))));
                    if (result instanceof Result.Ack) {
                        told.add(Told.DONE);
                        doneNs.add(nowNs());
                    } else {
                        boolean unknown = !(result instanceof Result.Failure failure)
                                || failure.code() == ErrorCode.OUTCOME_UNKNOWN;
                        told.add(unknown ? Told.UNKNOWN : Told.REFUSED);
                        TimeUnit.MILLISECONDS.sleep(AFTER_REFUSAL_MS);
                    }
                }
            } catch (InterruptedException stopped) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
