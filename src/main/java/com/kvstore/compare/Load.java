package com.kvstore.compare;

import com.kvstore.client.KvClient;
import com.kvstore.client.KvClientConfig;
import com.kvstore.common.Bytes;
import com.kvstore.common.Command;
import com.kvstore.common.ErrorCode;
import com.kvstore.common.Result;
import com.kvstore.common.ServerNode;
import com.kvstore.common.Write;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/**
 * Clients that each ask for one thing after the other over a connection of their own, as fast as they are answered. Of a
 * group without a coordinator each begins with another peer.
 *
 * <p>Threading: used from one thread; the asking happens on the clients' own.
 */
final class Load implements AutoCloseable {
    /** What is asked for. */
    enum Kind {
        WRITE,
        READ
    }

    private static final int KEYS = 1_000;
    private static final int VALUE_BYTES = 100;

    private final List<KvClient> clients = new ArrayList<>();

    Load(KvClientConfig config, List<ServerNode> addresses, int connections) {
        for (int i = 0; i < connections; i++) {
            clients.add(KvClient.connect(withFirst(config, addresses, i)));
        }
    }

    /** A client's addresses, beginning with another one for each. */
    static KvClientConfig withFirst(KvClientConfig config, List<ServerNode> addresses, int number) {
        List<ServerNode> turned = new ArrayList<>(addresses);
        Collections.rotate(turned, -number);
        return config.withAddresses(turned);
    }

    /** Writes every key once. */
    void fill() {
        Bytes value = value(new SplittableRandom(1));
        for (int i = 0; i < KEYS; i++) {
            clients.get(i % clients.size()).put(key(i), value).join();
        }
    }

    /** Runs one kind of request for so long. */
    Figures run(Kind kind, long durationMs) throws InterruptedException {
        CountDownLatch open = new CountDownLatch(clients.size());
        List<Chain> chains = new ArrayList<>();
        long beginNs = System.nanoTime();
        for (int i = 0; i < clients.size(); i++) {
            Chain chain = new Chain(clients.get(i), kind, i, beginNs + durationMs * 1_000_000, open);
            chains.add(chain);
            chain.next();
        }
        open.await();
        long tookNs = System.nanoTime() - beginNs;
        Latencies all = new Latencies();
        long errors = 0;
        for (Chain chain : chains) {
            all.addAll(chain.latencies);
            errors += chain.errors;
        }
        return Figures.of(all, errors, tookNs);
    }

    private static Bytes key(int number) {
        return Bytes.of("comparison-key-" + number);
    }

    private static Bytes value(SplittableRandom random) {
        byte[] value = new byte[VALUE_BYTES];
        random.nextBytes(value);
        return Bytes.wrap(value);
    }

    @Override
    public void close() {
        clients.forEach(KvClient::close);
    }

    /** One client's requests: the answer to one sends the next. Belongs to that client's thread. */
    private static final class Chain {
        private final KvClient client;
        private final Kind kind;
        private final SplittableRandom random;
        private final long endNs;
        private final CountDownLatch open;
        private final Bytes value;
        private final Latencies latencies = new Latencies();
        private long errors;
        private long sentNs;

        Chain(KvClient client, Kind kind, int number, long endNs, CountDownLatch open) {
            this.client = client;
            this.kind = kind;
            this.random = new SplittableRandom(number);
            this.endNs = endNs;
            this.open = open;
            this.value = value(random);
        }

        void next() {
            Bytes key = key(random.nextInt(KEYS));
            Command command = kind == Kind.READ ? new Command.Get(key) : Command.Transact.of(Write.put(key, value));
            sentNs = System.nanoTime();
            var unused = client.execute(command).whenComplete(this::answered);
        }

        private void answered(@Nullable Result result, @Nullable Throwable broken) {
            long nowNs = System.nanoTime();
            boolean done = result != null
                    && (!(result instanceof Result.Failure failure) || failure.code() == ErrorCode.NOT_FOUND);
            if (done) {
                latencies.add(nowNs - sentNs);
            } else {
                errors++;
            }
            if (broken != null || nowNs - endNs >= 0) {
                open.countDown();
            } else {
                next();
            }
        }
    }
}
