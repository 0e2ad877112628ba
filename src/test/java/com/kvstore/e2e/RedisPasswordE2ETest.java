package com.kvstore.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisConnectionException;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.StatefulRedisConnection;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.RedisProtocol;
import redis.clients.jedis.exceptions.JedisDataException;

/** Redis clients at a cluster that asks for a password. */
class RedisPasswordE2ETest {
    private static final Cluster CLUSTER = new Cluster("--password-file", "password");

    @BeforeAll
    static void start() throws IOException {
        Path file = CLUSTER.directory.resolve("password");
        Files.writeString(file, "open sesame\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
        CLUSTER.startCoordinator();
        CLUSTER.startSlave(Ports.free(), "--password-file", "password");
    }

    @AfterAll
    static void stop() {
        CLUSTER.close();
    }

    private static Jedis jedis(RedisProtocol protocol, String password) {
        return new Jedis(
                new HostAndPort("127.0.0.1", CLUSTER.port),
                DefaultJedisClientConfig.builder()
                        .protocol(protocol)
                        .password(password)
                        .build());
    }

    @ParameterizedTest
    @EnumSource(
            value = RedisProtocol.class,
            names = {"RESP2", "RESP3"})
    void jedisIsLetInWithThePasswordAlone(RedisProtocol protocol) {
        try (Jedis jedis = jedis(protocol, "open sesame")) {
            assertEquals("OK", jedis.set("k", "v"));
            assertEquals("v", jedis.get("k"));
        }
        JedisDataException wrong = assertThrows(JedisDataException.class, () -> use(jedis(protocol, "open cress")));
        assertTrue(wrong.getMessage().startsWith("WRONGPASS"), wrong.getMessage());
    }

    private static void use(Jedis opened) {
        try (opened) {
            opened.ping();
        }
    }

    @Test
    void withoutThePasswordNothingIsAnswered() {
        try (Jedis jedis = new Jedis("127.0.0.1", CLUSTER.port)) {
            JedisDataException none = assertThrows(JedisDataException.class, () -> jedis.get("k"));
            assertEquals("NOAUTH Authentication required.", none.getMessage());
        }
    }

    @Test
    void lettuceIsLetInWithThePasswordAlone() {
        RedisURI address = RedisURI.builder()
                .withHost("127.0.0.1")
                .withPort(CLUSTER.port)
                .withPassword("open sesame".toCharArray())
                .build();
        RedisClient client = RedisClient.create(address);
        try (StatefulRedisConnection<String, String> connection = client.connect()) {
            assertEquals("OK", connection.sync().set("k", "v"));
        } finally {
            client.shutdown();
        }
        RedisClient stranger = RedisClient.create(RedisURI.create("127.0.0.1", CLUSTER.port));
        try {
            Throwable refused = assertThrows(RedisConnectionException.class, stranger::connect)
                    .getCause();
            assertTrue(refused.getMessage().startsWith("NOAUTH "), refused.getMessage());
        } finally {
            stranger.shutdown();
        }
    }
}
