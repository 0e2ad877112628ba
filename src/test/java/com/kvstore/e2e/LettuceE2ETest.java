package com.kvstore.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.CopyArgs;
import io.lettuce.core.ExpireArgs;
import io.lettuce.core.KeyScanCursor;
import io.lettuce.core.KeyValue;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.RedisURI;
import io.lettuce.core.ScanArgs;
import io.lettuce.core.ScanCursor;
import io.lettuce.core.SetArgs;
import io.lettuce.core.TransactionResult;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.async.RedisAsyncCommands;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.cluster.RedisClusterClient;
import io.lettuce.core.cluster.api.StatefulRedisClusterConnection;
import io.lettuce.core.protocol.ProtocolVersion;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Lettuce, with both versions of the protocol, against real processes. */
class LettuceE2ETest {
    private static Cluster cluster;

    @BeforeAll
    static void start() {
        cluster = Cluster.started(3);
    }

    @AfterAll
    static void stop() {
        cluster.close();
    }

    private static void connected(ProtocolVersion version, Consumer<StatefulRedisConnection<String, String>> use) {
        RedisClient client = RedisClient.create(RedisURI.create("127.0.0.1", cluster.port));
        client.setOptions(ClientOptions.builder().protocolVersion(version).build());
        try (StatefulRedisConnection<String, String> connection = client.connect()) {
            connection.sync().flushall();
            use.accept(connection);
        } finally {
            client.shutdown(Duration.ZERO, Duration.ofSeconds(2));
        }
    }

    private static Map<String, String> entries(String prefix, int count, String value) {
        Map<String, String> entries = new LinkedHashMap<>();
        for (int i = 0; i < count; i++) {
            entries.put(prefix + i, value);
        }
        return entries;
    }

    @ParameterizedTest
    @EnumSource(ProtocolVersion.class)
    void stringsCountersAndTimesToLive(ProtocolVersion version) {
        connected(version, connection -> {
            RedisCommands<String, String> redis = connection.sync();
            assertEquals("PONG", redis.ping());
            assertEquals("OK", redis.set("name", "Ada"));
            assertEquals("Ada", redis.get("name"));
            assertNull(redis.get("nobody"));
            assertEquals("Ada", redis.setGet("name", "Eve", SetArgs.Builder.xx().ex(100)));
            assertTrue(redis.ttl("name") > 90);
            assertTrue(redis.persist("name"));
            assertTrue(redis.expire("name", 50, ExpireArgs.Builder.nx()));
            assertFalse(redis.expire("name", 60, ExpireArgs.Builder.lt()));
            assertNull(redis.set("name", "x", SetArgs.Builder.nx()));
            assertEquals("OK", redis.set("fresh", "1", SetArgs.Builder.nx()));
            assertEquals(3L, redis.incrby("fresh", 2));
            assertEquals(3.5, redis.incrbyfloat("fresh", 0.5));
            assertEquals(6L, redis.append("name", "Eve"));
            assertEquals("eE", redis.getrange("name", 2, 3));
            assertTrue(redis.copy("name", "copy", CopyArgs.Builder.replace(true)));
            assertTrue(redis.renamenx("copy", "moved"));
            assertEquals(2L, redis.del("name", "moved", "copy"));
            RedisCommandExecutionException wrong =
                    assertThrows(RedisCommandExecutionException.class, () -> redis.incr("fresh"));
            assertEquals("ERR value is not an integer or out of range", wrong.getMessage());
        });
    }

    @ParameterizedTest
    @EnumSource(ProtocolVersion.class)
    void severalKeysAndScans(ProtocolVersion version) {
        connected(version, connection -> {
            RedisCommands<String, String> redis = connection.sync();
            Map<String, String> entries = entries("k-", 300, "v");
            assertEquals("OK", redis.mset(entries));
            List<KeyValue<String, String>> values = redis.mget("k-1", "absent", "k-299");
            assertEquals("v", values.get(0).getValue());
            assertFalse(values.get(1).hasValue());
            assertEquals(300, redis.dbsize());
            TreeSet<String> found = new TreeSet<>();
            ScanCursor at = ScanCursor.INITIAL;
            while (!at.isFinished()) {
                KeyScanCursor<String> page =
                        redis.scan(at, ScanArgs.Builder.matches("k-*").limit(40));
                found.addAll(page.getKeys());
                at = page;
            }
            assertEquals(new TreeSet<>(entries.keySet()), found);
        });
    }

    @ParameterizedTest
    @EnumSource(ProtocolVersion.class)
    void transactionsAcrossNodes(ProtocolVersion version) {
        connected(version, connection -> {
            RedisCommands<String, String> redis = connection.sync();
            assertEquals("OK", redis.multi());
            for (int i = 0; i < 20; i++) {
                assertNull(redis.incr("t-" + i), "queued, not carried out");
            }
            TransactionResult result = redis.exec();
            assertEquals(20, result.size());
            assertEquals(1L, result.<Long>get(19));

            RedisClient client = RedisClient.create(RedisURI.create("127.0.0.1", cluster.port));
            try (StatefulRedisConnection<String, String> other = client.connect()) {
                redis.watch("t-3");
                other.sync().set("t-3", "changed");
            } finally {
                client.shutdown(Duration.ZERO, Duration.ofSeconds(2));
            }
            redis.multi();
            redis.set("t-4", "never");
            assertTrue(redis.exec().wasDiscarded());
            assertEquals("1", redis.get("t-4"));
        });
    }

    @ParameterizedTest
    @EnumSource(ProtocolVersion.class)
    void manyRequestsInFlightKeepTheirOrder(ProtocolVersion version) {
        connected(version, connection -> {
            RedisAsyncCommands<String, String> redis = connection.async();
            List<RedisFuture<String>> reads = new ArrayList<>();
            for (int i = 0; i < 3_000; i++) {
                var unused = redis.set("a-" + i % 13, Integer.toString(i));
                reads.add(redis.get("a-" + i % 13));
            }
            for (int i = 0; i < reads.size(); i++) {
                assertEquals(Integer.toString(i), within10Seconds(reads.get(i)));
            }
        });
    }

    private static String within10Seconds(RedisFuture<String> future) {
        try {
            return future.get(10, TimeUnit.SECONDS);
        } catch (Exception failed) {
            throw new AssertionError(failed);
        }
    }

    @Test
    void aClientMadeForRedisClusterFindsOneShardWithEverySlot() {
        RedisClusterClient client = RedisClusterClient.create(RedisURI.create("127.0.0.1", cluster.port));
        try (StatefulRedisClusterConnection<String, String> connection = client.connect()) {
            Map<String, String> entries = entries("c-", 50, "v");
            assertEquals("OK", connection.sync().mset(entries));
            assertEquals("v", connection.sync().get("c-33"));
            assertEquals(
                    50,
                    connection
                            .sync()
                            .mget(entries.keySet().toArray(String[]::new))
                            .size());
            assertEquals(1, client.getPartitions().size());
        } finally {
            client.shutdown(Duration.ZERO, Duration.ofSeconds(2));
        }
    }

    @Test
    void oneConnectionGoesOnWhileADataNodeDies() {
        try (Cluster mortal = Cluster.started(3)) {
            RedisClient client = RedisClient.create(RedisURI.create("127.0.0.1", mortal.port));
            try (StatefulRedisConnection<String, String> connection = client.connect()) {
                RedisCommands<String, String> redis = connection.sync();
                redis.mset(entries("k-", 60, "before"));
                int dead = mortal.slavePorts().get(2);
                String key = Cluster.keysOwnedBy(Cluster.address(dead), mortal.ring(), 1)
                        .get(0);
                mortal.slave(dead).kill9();
                for (int i = 0; i < 60; i++) {
                    assertEquals("before", redis.get("k-" + i));
                    assertEquals("OK", redis.set("k-" + i, "after"));
                }
                assertEquals("OK", redis.set(key, "one copy"));
                assertEquals(0, redis.waitForReplication(1, 100), "the dead node's copy is missing");
            } finally {
                client.shutdown(Duration.ZERO, Duration.ofSeconds(2));
            }
        }
    }
}
