package com.kvstore.e2e;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.JedisClientConfig;
import redis.clients.jedis.Pipeline;
import redis.clients.jedis.RedisClusterClient;
import redis.clients.jedis.RedisProtocol;
import redis.clients.jedis.Response;
import redis.clients.jedis.Transaction;
import redis.clients.jedis.args.ExpiryOption;
import redis.clients.jedis.exceptions.JedisDataException;
import redis.clients.jedis.params.GetExParams;
import redis.clients.jedis.params.ScanParams;
import redis.clients.jedis.params.SetParams;
import redis.clients.jedis.resps.ScanResult;
import redis.clients.jedis.util.CompareCondition;

/** Jedis, with both versions of the protocol, against real processes. */
class JedisE2ETest {
    private static Cluster cluster;

    @BeforeAll
    static void start() {
        cluster = Cluster.started(3);
    }

    @AfterAll
    static void stop() {
        cluster.close();
    }

    private static Jedis connect(RedisProtocol protocol) {
        Jedis jedis = new Jedis(new HostAndPort("127.0.0.1", cluster.port), config(protocol));
        jedis.flushAll();
        return jedis;
    }

    private static JedisClientConfig config(RedisProtocol protocol) {
        return DefaultJedisClientConfig.builder()
                .protocol(protocol)
                .clientName("a-jedis")
                .build();
    }

    /** So many that every pair of nodes has some. */
    private static String[] keys(String prefix, int count) {
        return IntStream.range(0, count).mapToObj(i -> prefix + i).toArray(String[]::new);
    }

    private static String[] keysAndValues(String[] keys, String value) {
        List<String> words = new ArrayList<>();
        for (String key : keys) {
            words.addAll(List.of(key, value));
        }
        return words.toArray(String[]::new);
    }

    @ParameterizedTest
    @EnumSource(
            value = RedisProtocol.class,
            names = {"RESP2", "RESP3"})
    void stringsAreStoredReadAndCut(RedisProtocol protocol) {
        try (Jedis jedis = connect(protocol)) {
            assertEquals("OK", jedis.set("name", "Ada"));
            assertEquals("Ada", jedis.get("name"));
            assertNull(jedis.get("nobody"));
            assertEquals(12, jedis.append("name", " Lovelace"));
            assertEquals("Love", jedis.getrange("name", 4, 7));
            assertEquals(12, jedis.setrange("name", 0, "Eve"));
            assertEquals("Eve Lovelace", jedis.getDel("name"));
            assertFalse(jedis.exists("name"));
            byte[] odd = {0, '\r', '\n', -1, '$', '*'};
            jedis.set(odd, odd);
            assertArrayEquals(odd, jedis.get(odd));
            assertEquals(odd.length, jedis.strlen(odd));
            assertEquals("none", jedis.type("name"));
            assertEquals(1, jedis.unlink(odd));
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = RedisProtocol.class,
            names = {"RESP2", "RESP3"})
    void countersCountAndComplainInRedisWords(RedisProtocol protocol) {
        try (Jedis jedis = connect(protocol)) {
            assertEquals(1, jedis.incr("n"));
            assertEquals(41, jedis.incrBy("n", 40));
            assertEquals(40, jedis.decr("n"));
            assertEquals(30, jedis.decrBy("n", 10));
            assertEquals(30.5, jedis.incrByFloat("n", 0.5));
            jedis.set("word", "x");
            assertEquals(
                    "ERR value is not an integer or out of range",
                    assertThrows(JedisDataException.class, () -> jedis.incr("word"))
                            .getMessage());
            jedis.set("full", Long.toString(Long.MAX_VALUE));
            assertEquals(
                    "ERR increment or decrement would overflow",
                    assertThrows(JedisDataException.class, () -> jedis.incr("full"))
                            .getMessage());
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = RedisProtocol.class,
            names = {"RESP2", "RESP3"})
    void setKeepsToItsOptions(RedisProtocol protocol) {
        try (Jedis jedis = connect(protocol)) {
            assertNull(jedis.set("k", "1", SetParams.setParams().xx()));
            assertEquals("OK", jedis.set("k", "1", SetParams.setParams().nx()));
            assertNull(jedis.set("k", "2", SetParams.setParams().nx()));
            assertEquals("1", jedis.setGet("k", "2", SetParams.setParams().px(100_000)));
            assertTrue(jedis.pttl("k") > 90_000);
            assertEquals("OK", jedis.set("k", "3", SetParams.setParams().keepTtl()));
            assertTrue(jedis.pttl("k") > 90_000);
            assertEquals("OK", jedis.set("k", "4"));
            assertEquals(-1, jedis.ttl("k"));
            CompareCondition isFour = CompareCondition.valueEq("4");
            assertEquals("OK", jedis.set("k", "5", SetParams.setParams().condition(isFour)));
            assertNull(jedis.set("k", "6", SetParams.setParams().condition(isFour)));
            long atS = System.currentTimeMillis() / 1_000 + 100;
            jedis.set("k", "7", SetParams.setParams().exAt(atS));
            assertEquals(atS, jedis.expireTime("k"));
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = RedisProtocol.class,
            names = {"RESP2", "RESP3"})
    void whatExpiresIsGoneAndNotEarlier(RedisProtocol protocol) {
        try (Jedis jedis = connect(protocol)) {
            long beganNs = System.nanoTime();
            jedis.set("short", "x", SetParams.setParams().px(300));
            await().atMost(Duration.ofSeconds(5))
                    .pollInterval(Duration.ofMillis(5))
                    .until(() -> jedis.get("short") == null);
            assertTrue(System.nanoTime() - beganNs >= Duration.ofMillis(300).toNanos());
            assertEquals(-2, jedis.ttl("short"));
            jedis.set("k", "v");
            assertEquals(0, jedis.expire("k", 100, ExpiryOption.XX));
            assertEquals(1, jedis.expire("k", 100, ExpiryOption.NX));
            assertEquals(0, jedis.expire("k", 50, ExpiryOption.GT));
            assertEquals(1, jedis.expire("k", 50, ExpiryOption.LT));
            assertEquals(50, jedis.ttl("k"));
            assertEquals("v", jedis.getEx("k", GetExParams.getExParams().persist()));
            assertEquals(-1, jedis.ttl("k"));
            assertEquals(1, jedis.pexpireAt("k", 1));
            assertFalse(jedis.exists("k"));
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = RedisProtocol.class,
            names = {"RESP2", "RESP3"})
    void manyKeysAreWrittenAsOneWhereverTheyLive(RedisProtocol protocol) {
        try (Jedis jedis = connect(protocol)) {
            String[] keys = keys("many-", 40);
            assertEquals("OK", jedis.mset(keysAndValues(keys, "1")));
            assertEquals(Set.of("1"), Set.copyOf(jedis.mget(keys)));
            assertEquals(0, jedis.msetnx("fresh", "2", keys[7], "2"));
            assertFalse(jedis.exists("fresh"));
            assertEquals("OK", jedis.rename(keys[0], "fresh"));
            assertTrue(jedis.copy("fresh", keys[0], false));
            assertEquals(40, jedis.exists(keys));
            assertEquals(40, jedis.del(keys));
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = RedisProtocol.class,
            names = {"RESP2", "RESP3"})
    void aTransactionAcrossNodesIsAllOrNothing(RedisProtocol protocol) {
        try (Jedis jedis = connect(protocol);
                Jedis other = new Jedis(new HostAndPort("127.0.0.1", cluster.port), config(protocol))) {
            String[] keys = keys("tx-", 20);
            Transaction first = jedis.multi();
            for (String key : keys) {
                first.incr(key);
            }
            Response<String> word = first.set("tx-word", "x");
            first.incr("tx-word");
            List<Object> replies = first.exec();
            assertEquals(22, replies.size());
            assertEquals(1L, replies.get(0));
            assertEquals("OK", word.get());
            assertTrue(replies.get(21) instanceof JedisDataException, "one command's error is its own reply");
            assertEquals(Set.of("1"), Set.copyOf(other.mget(keys)));

            jedis.watch(keys[3]);
            other.set(keys[3], "changed");
            Transaction second = jedis.multi();
            second.set(keys[4], "never");
            assertNull(second.exec());
            assertEquals("1", other.get(keys[4]));

            jedis.watch(keys[3]);
            jedis.unwatch();
            other.set(keys[3], "again");
            Transaction third = jedis.multi();
            third.set(keys[4], "now");
            assertEquals(List.of("OK"), third.exec());

            Transaction fourth = jedis.multi();
            fourth.set(keys[4], "discarded");
            fourth.discard();
            assertEquals("now", other.get(keys[4]));
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = RedisProtocol.class,
            names = {"RESP2", "RESP3"})
    void aScanFindsEveryKeyOnce(RedisProtocol protocol) {
        try (Jedis jedis = connect(protocol)) {
            Set<String> stored = new TreeSet<>(List.of(keys("scan-", 500)));
            jedis.mset(keysAndValues(stored.toArray(String[]::new), "v"));
            jedis.set("other", "v");
            List<String> found = new ArrayList<>();
            String cursor = ScanParams.SCAN_POINTER_START;
            do {
                ScanResult<String> page =
                        jedis.scan(cursor, new ScanParams().match("scan-*").count(50));
                found.addAll(page.getResult());
                cursor = page.getCursor();
            } while (!cursor.equals(ScanParams.SCAN_POINTER_START));
            assertEquals(stored, new TreeSet<>(found));
            assertEquals(501, jedis.dbSize());
            assertEquals(Set.of("scan-42"), jedis.keys("scan-4[2]"));
            assertNotNull(jedis.randomKey());
            jedis.flushDB();
            assertEquals(0, jedis.dbSize());
            assertNull(jedis.randomKey());
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = RedisProtocol.class,
            names = {"RESP2", "RESP3"})
    void aPipelineReadsItsOwnWritesInOrder(RedisProtocol protocol) {
        try (Jedis jedis = connect(protocol)) {
            Pipeline pipeline = jedis.pipelined();
            List<Response<String>> reads = new ArrayList<>();
            List<Response<Long>> counts = new ArrayList<>();
            for (int i = 0; i < 2_000; i++) {
                pipeline.set("p-" + i % 17, Integer.toString(i));
                reads.add(pipeline.get("p-" + i % 17));
                counts.add(pipeline.incr("count"));
            }
            pipeline.sync();
            for (int i = 0; i < 2_000; i++) {
                assertEquals(Integer.toString(i), reads.get(i).get());
                assertEquals(i + 1, counts.get(i).get());
            }
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = RedisProtocol.class,
            names = {"RESP2", "RESP3"})
    void theServerTellsAboutItselfAndItsClients(RedisProtocol protocol) {
        try (Jedis jedis = connect(protocol)) {
            assertEquals("a-jedis", jedis.clientGetname());
            assertTrue(jedis.clientInfo().contains("lib-name=jedis"), jedis.clientInfo());
            assertTrue(jedis.clientList().contains("id=" + jedis.clientId()));
            assertTrue(jedis.info("server").contains("redis_version:"));
            assertEquals(jedis.commandList().size(), jedis.commandCount());
            assertEquals(3, jedis.commandInfo("mset").get("mset").getArity() * -1);
            assertFalse(jedis.commandDocs("get").isEmpty());
            assertTrue(jedis.commandList().contains("getex"));
            assertEquals(Map.of("databases", "1"), jedis.configGet("databases"));
            jedis.set("k", "12");
            assertEquals(1, jedis.waitReplicas(1, 100));
            assertEquals("int", jedis.objectEncoding("k"));
            assertTrue(jedis.memoryUsage("k") > 0);
            assertEquals(12_182, jedis.clusterKeySlot("foo"));
            assertEquals(1, jedis.clusterShards().size());
            assertEquals("PONG", jedis.ping());
            assertEquals("héllo", jedis.echo("héllo"));
        }
    }

    @Test
    void aClientMadeForRedisClusterFindsOneShardWithEverySlot() {
        try (RedisClusterClient client =
                RedisClusterClient.create(Set.of(new HostAndPort("127.0.0.1", cluster.port)))) {
            for (String key : keys("c-", 50)) {
                client.set(key, key);
            }
            assertEquals("c-49", client.get("c-49"));
            assertEquals(1, client.incr("c-count"));
            assertEquals(1, client.getClusterNodes().size());
        }
    }

    @Test
    void aClientOfRedisClusterThatKnowsADataNodeIsSentToTheCoordinator() {
        HostAndPort slave = new HostAndPort("127.0.0.1", cluster.slavePorts().get(0));
        try (RedisClusterClient client = RedisClusterClient.create(Set.of(slave))) {
            assertEquals("OK", client.set("by-the-side-door", "v"));
            assertEquals("v", client.get("by-the-side-door"));
        }
    }

    @Test
    void aPoolGoesOnWhileADataNodeDies() {
        try (Cluster mortal = Cluster.started(3);
                var pool = redis.clients.jedis.RedisClient.create("127.0.0.1", mortal.port)) {
            String[] keys = keys("k-", 60);
            pool.mset(keysAndValues(keys, "before"));
            mortal.slave(mortal.slavePorts().get(1)).kill9();
            for (String key : keys) {
                assertEquals("before", pool.get(key));
                assertEquals("OK", pool.set(key, "after"));
            }
            assertEquals(Set.of("after"), Set.copyOf(pool.mget(keys)));
        }
    }
}
