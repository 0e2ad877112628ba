package com.kvstore.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.UnixOperatingSystemMXBean;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.Jedis;

/**
 * More than is reasonable: of connections, requests, unread answers and announced lengths. The coordinator has a small
 * heap, so that whatever is not bounded ends it.
 */
@Tag("slow")
class LoadSafetyE2ETest {
    private static final Duration SOON = Duration.ofSeconds(60);
    private static final List<String> PING = List.of("PING");
    private static final List<String> SETS = IntStream.range(10_000, 11_000)
            .mapToObj(i -> "SET a-key-of-ordinary-length-" + i + " a-value-of-ordinary-length-too")
            .toList();

    private Cluster cluster;

    @AfterEach
    void stop() {
        cluster.close();
    }

    private void start(String heap, String... options) {
        // A machine that is busy elsewhere must not be taken for dead nodes here.
        List<String> all = new ArrayList<>(List.of("--request-timeout", "10s"));
        all.addAll(List.of(options));
        cluster = new Cluster(all.toArray(String[]::new)).withHeap(heap).start(3);
    }

    /** A client that does nothing unusual is served. */
    private void assertServed() {
        try (Jedis jedis = new Jedis("127.0.0.1", cluster.port, 10_000)) {
            for (int i = 0; i < 300; i++) {
                assertEquals("OK", jedis.set("mine-" + i, "value-" + i));
                assertEquals("value-" + i, jedis.get("mine-" + i));
            }
        }
        assertTrue(cluster.coordinator().isAlive());
    }

    @Test
    void tenThousandIdleConnectionsAreHeldAndCostLittle() throws IOException {
        UnixOperatingSystemMXBean system = (UnixOperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        int count = (int) Math.min(10_000, system.getMaxFileDescriptorCount() - 500);
        start("192m", "--max-connections", "11000");
        assertServed();
        long beforeKib = cluster.coordinator().residentKib();
        try (Crowd crowd = Crowd.of(cluster.port, count, PING, 1)) {
            assertTrue(crowd.ask(1, SOON));
            long perConnectionKib = (cluster.coordinator().residentKib() - beforeKib) / count;
            assertTrue(perConnectionKib < 20, count + " connections take " + perConnectionKib + " KiB each");
            assertServed();
            assertTrue(crowd.ask(1, SOON));
            assertEquals(2L * count, crowd.ok());
        }
        assertServed();
    }

    @Test
    void aThousandBusyConnectionsAreAllServed() throws IOException {
        start("192m");
        try (Crowd crowd = Crowd.of(cluster.port, 1_000, SETS, 4)) {
            assertTrue(crowd.ask(100, SOON));
            assertServed();
            assertEquals(100_000, crowd.ok());
            assertEquals("", crowd.unexpected());
        }
    }

    @Test
    void aFloodBeyondCapacityIsRefusedInPartAndTheRestGoesOn() throws IOException {
        start("256m");
        try (Crowd reasonable = Crowd.of(cluster.port, 50, SETS, 16);
                Crowd flood = Crowd.of(cluster.port, 300, SETS, 2_000)) {
            reasonable.flood(Duration.ofSeconds(3));
            double before = reasonable.flood(Duration.ofSeconds(2));
            assertTrue(reasonable.settle(SOON));
            flood.flood(Duration.ofSeconds(4));
            double flooded = flood.flood(Duration.ofSeconds(6));
            assertServed();
            assertTrue(flood.settle(SOON));
            double after = reasonable.flood(Duration.ofSeconds(2));
            String figures = String.format(
                    "%.0f writes a second before, %.0f in the flood, %.0f after; %d refused",
                    before, flooded, after, flood.refused());
            System.out.println(figures);
            assertTrue(flood.refused() > 0, figures);
            assertTrue(flooded >= 0.8 * (before + after) / 2, figures);
            assertEquals("", flood.unexpected());
        }
        assertServed();
    }

    @Test
    void clientsThatDoNotReadTheirAnswersHarmNobody() throws IOException {
        start("256m");
        byte[] value = new byte[1 << 20];
        byte[] asks = "GET large\r\n".repeat(100).getBytes(StandardCharsets.UTF_8);
        List<Socket> slow = new ArrayList<>();
        try (Jedis jedis = new Jedis("127.0.0.1", cluster.port)) {
            jedis.set("large".getBytes(StandardCharsets.UTF_8), value);
            for (int i = 0; i < 20; i++) {
                Socket socket = new Socket(InetAddress.getLoopbackAddress(), cluster.port);
                slow.add(socket);
                socket.getOutputStream().write(asks);
            }
            assertServed();
            assertServed();
        } finally {
            for (Socket socket : slow) {
                socket.close();
            }
        }
        assertServed();
    }

    @Test
    void announcedLengthsAndHalfOpenConnectionsTakeNoMemory() throws IOException {
        start("128m");
        assertServed();
        List<Socket> sockets = new ArrayList<>();
        try {
            for (int i = 0; i < 500; i++) {
                Socket socket = new Socket(InetAddress.getLoopbackAddress(), cluster.port);
                sockets.add(socket);
                String begun =
                        i % 2 == 0 ? "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$16000000\r\nx" : "*1000000\r\n$3\r\nSET\r\n";
                OutputStream out = socket.getOutputStream();
                out.write(begun.getBytes(StandardCharsets.UTF_8));
                if (i % 4 == 1) {
                    socket.shutdownOutput();
                }
            }
            assertServed();
        } finally {
            for (Socket socket : sockets) {
                socket.close();
            }
        }
        try (Socket half = new Socket(InetAddress.getLoopbackAddress(), cluster.port)) {
            half.getOutputStream().write("SET k v\r\nGET k\r\n".getBytes(StandardCharsets.UTF_8));
            half.shutdownOutput();
            String answers = new String(half.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertEquals("+OK\r\n$1\r\nv\r\n", answers, "who sends no more may still hear its answers");
        }
    }
}
