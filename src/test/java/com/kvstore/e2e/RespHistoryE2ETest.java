package com.kvstore.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.kvstore.common.Bytes;
import com.kvstore.sim.check.HistoryChecker;
import com.kvstore.sim.check.Operation;
import com.kvstore.sim.check.Operation.Kind;
import com.kvstore.sim.check.Operation.Outcome;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.Response;
import redis.clients.jedis.Transaction;
import redis.clients.jedis.exceptions.JedisConnectionException;
import redis.clients.jedis.exceptions.JedisDataException;

/**
 * Redis clients on a cluster whose data nodes and whose coordinator are killed meanwhile; what they were told is judged as
 * any other history: each key linearizable, MSET and MULTI seen whole or not at all, whatever nodes their keys live on.
 */
class RespHistoryE2ETest {
    private static final int CLIENTS = 6;
    private static final int KEYS = 12;
    private static final int GROUPS = 6;
    private static final int KEYS_A_GROUP = 3;
    private static final Duration STEP = Duration.ofSeconds(60);

    private final List<Operation> history = new ArrayList<>();
    private final AtomicLong transactions = new AtomicLong();
    private final AtomicBoolean stopped = new AtomicBoolean();
    private final long originNs = System.nanoTime();

    @Test
    void whatRedisClientsAreToldIsLinearizableAndTheirTransactionsAreWholeWhoeverIsKilled()
            throws InterruptedException {
        try (Cluster cluster = Cluster.started(3, Cluster.QUICK_REMOVAL)) {
            List<Thread> threads = new ArrayList<>();
            for (int i = 0; i < CLIENTS; i++) {
                Thread thread = new Thread(new RedisUser("r" + i, cluster.port, 4_711 + i));
                threads.add(thread);
                thread.start();
            }
            awaitOperations(1_000);
            int victim = cluster.slavePorts().get(0);
            cluster.slave(victim).kill9();
            awaitOperations(1_000);
            cluster.startSlave(victim, "--heartbeat-interval", "500ms");
            cluster.awaitWhole(3);
            cluster.coordinator().kill9();
            cluster.startCoordinator();
            cluster.awaitWhole(3);
            awaitOperations(1_000);
            stopped.set(true);
            for (Thread thread : threads) {
                thread.join(STEP.toMillis());
                assertTrue(!thread.isAlive(), "a client has had no answer for " + STEP.toSeconds() + " s");
            }
        }
        assertEquals(List.of(), HistoryChecker.check(history));
        assertTrue(count(Outcome.DONE) > 1_500, () -> "most operations should succeed: " + count(Outcome.DONE));
    }

    private long count(Outcome outcome) {
        return history.stream().filter(each -> each.outcome() == outcome).count();
    }

    private void awaitOperations(int more) {
        int from = operations();
        org.awaitility.Awaitility.await().atMost(STEP).until(() -> operations() >= from + more);
    }

    private int operations() {
        synchronized (history) {
            return history.size();
        }
    }

    /** Asks for one thing after the other over a connection of its own, and makes another when that breaks. */
    private final class RedisUser implements Runnable {
        private final String name;
        private final HostAndPort address;
        private final SplittableRandom random;
        private @Nullable Jedis jedis;
        private int written;

        RedisUser(String name, int port, long seed) {
            this.name = name;
            this.address = new HostAndPort("127.0.0.1", port);
            this.random = new SplittableRandom(seed);
        }

        @Override
        public void run() {
            while (!stopped.get()) {
                try {
                    if (jedis == null) {
                        jedis = new Jedis(
                                address,
                                DefaultJedisClientConfig.builder()
                                        .timeoutMillis(10_000)
                                        .build());
                    }
                } catch (JedisConnectionException nobodyThere) {
                    continue;
                }
                step(jedis);
            }
            if (jedis != null) {
                jedis.close();
            }
        }

        private void step(Jedis redis) {
            String key = "key:" + random.nextInt(KEYS);
            String[] group = new String[KEYS_A_GROUP];
            int number = random.nextInt(GROUPS);
            for (int i = 0; i < KEYS_A_GROUP; i++) {
                group[i] = "group:" + number + ":" + i;
            }
            String value = name + "-" + ++written;
            switch (random.nextInt(8)) {
                case 0, 1 -> read(() -> List.of(String.valueOf(redis.get(key))), key);
                case 2 -> write(Kind.PUT, value, () -> redis.set(key, value) != null, key);
                case 3 -> write(Kind.DELETE, null, () -> redis.del(key) == 1, key);
                case 4 -> read(() -> strings(redis.mget(group)), group);
                case 5 -> read(() -> multiGet(redis, group), group);
                case 6 -> write(Kind.PUT, value, () -> redis.mset(keysWith(value, group)) != null, group);
                default -> write(Kind.PUT, value, () -> multiSet(redis, value, group), group);
            }
        }

        private static List<String> strings(List<String> values) {
            return values.stream().map(String::valueOf).toList();
        }

        private static String[] keysWith(String value, String[] keys) {
            String[] both = new String[2 * keys.length];
            for (int i = 0; i < keys.length; i++) {
                both[2 * i] = keys[i];
                both[2 * i + 1] = value;
            }
            return both;
        }

        private static List<String> multiGet(Jedis redis, String[] keys) {
            try (Transaction transaction = new Transaction(redis.getConnection())) {
                List<Response<String>> replies = new ArrayList<>();
                for (String key : keys) {
                    replies.add(transaction.get(key));
                }
                transaction.exec();
                return replies.stream()
                        .map(reply -> String.valueOf(reply.get()))
                        .toList();
            }
        }

        private static boolean multiSet(Jedis redis, String value, String[] keys) {
            try (Transaction transaction = new Transaction(redis.getConnection())) {
                for (String key : keys) {
                    transaction.set(key, value);
                }
                return transaction.exec() != null;
            }
        }

        /** @param ask one value for each key, "null" where there is none */
        private void read(java.util.function.Supplier<List<String>> ask, String... keys) {
            long startNs = now();
            List<String> found = null;
            try {
                found = ask.get();
            } catch (JedisDataException | JedisConnectionException failed) {
                broken(failed);
            }
            Operation.Span span = new Operation.Span(startNs, now());
            long together = keys.length > 1 ? transactions.incrementAndGet() : 0;
            for (int i = 0; i < keys.length; i++) {
                String value = found == null || found.get(i).equals("null") ? null : found.get(i);
                Outcome outcome =
                        found == null ? Outcome.NOT_APPLIED : value == null ? Outcome.NOT_FOUND : Outcome.DONE;
                add(Kind.GET, keys[i], value, outcome, span, together);
            }
        }

        /** @param ask false: the key was not there */
        private void write(Kind kind, @Nullable String value, java.util.function.BooleanSupplier ask, String... keys) {
            long startNs = now();
            Outcome outcome;
            try {
                outcome = ask.getAsBoolean() ? Outcome.DONE : Outcome.NOT_FOUND;
            } catch (JedisDataException refused) {
                String reason = String.valueOf(refused.getMessage());
                boolean unknown = reason.startsWith("OUTCOME_UNKNOWN") || reason.contains(": OUTCOME_UNKNOWN");
                outcome = unknown ? Outcome.UNKNOWN : Outcome.NOT_APPLIED;
            } catch (JedisConnectionException lost) {
                outcome = Outcome.UNKNOWN;
                broken(lost);
            }
            long endNs = outcome == Outcome.UNKNOWN ? Operation.NEVER : now();
            long together = keys.length > 1 ? transactions.incrementAndGet() : 0;
            for (String key : keys) {
                add(kind, key, value, outcome, new Operation.Span(startNs, endNs), together);
            }
        }

        private void broken(RuntimeException failed) {
            if (failed instanceof JedisConnectionException && jedis != null) {
                jedis.close();
                jedis = null;
            }
        }

        private long now() {
            return System.nanoTime() - originNs;
        }

        private void add(
                Kind kind, String key, @Nullable String value, Outcome outcome, Operation.Span span, long together) {
            Bytes bytes = value == null ? null : Bytes.of(value);
            synchronized (history) {
                history.add(new Operation(name, kind, Bytes.of(key), bytes, outcome, span, together));
            }
        }
    }
}
