package com.kvstore.coordinator;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.kvstore.common.ServerNode;
import com.kvstore.protocol.kernel.Input;
import com.kvstore.protocol.membership.View;
import com.kvstore.protocol.ring.CoordinatorConfig;
import com.kvstore.runtime.CannotStartException;
import com.kvstore.runtime.Console;
import com.kvstore.transport.NetworkOptions;
import com.kvstore.wire.ViewJson;
import java.io.ByteArrayOutputStream;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A coordinator's process, but for the process. */
class CoordinationServerTest {
    @TempDir
    Path directory;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final Console console = new Console(out);
    private final List<Integer> ends = new CopyOnWriteArrayList<>();
    private final List<CoordinationServer> running = new ArrayList<>();

    @AfterEach
    void stop() {
        running.forEach(server -> server.driver().submit(new Input.StopRequested()));
        await().until(() -> ends.size() == running.size());
        for (CoordinationServer server : running) {
            server.loop().parent().shutdownGracefully(0, 2, TimeUnit.SECONDS).syncUninterruptibly();
        }
    }

    private static int freeTcpPort() throws Exception {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private static int freeUdpPort() throws Exception {
        try (DatagramSocket socket = new DatagramSocket(0, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private CoordinatorSettings settings(int port, int heartbeatPort, String state, CoordinatorSettings.Shape shape) {
        CoordinatorConfig machine = new CoordinatorConfig(
                new ServerNode("127.0.0.1", port),
                heartbeatPort,
                4,
                500_000_000L,
                30_000_000_000L,
                30_000_000_000L,
                1,
                0,
                1_000);
        return new CoordinatorSettings(
                machine,
                shape,
                directory.resolve("cs_config.txt"),
                directory.resolve(state),
                NetworkOptions.defaults(),
                null);
    }

    private static CoordinatorSettings withRedisPort(CoordinatorSettings settings, int redisPort) {
        return new CoordinatorSettings(
                settings.machine(),
                settings.shape(),
                settings.configFile(),
                settings.stateDirectory(),
                settings.network(),
                redisPort);
    }

    @Test
    void aPortOfItsOwnSpeaksTheRedisProtocolAndNothingElse() throws Exception {
        int redisPort = freeTcpPort();
        start(withRedisPort(
                settings(freeTcpPort(), freeUdpPort(), "cs_state", CoordinatorSettings.Shape.UNSPECIFIED), redisPort));
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), redisPort), 2_000);
            socket.getOutputStream().write("{} a\r\nping\r\n".getBytes(StandardCharsets.UTF_8));
            socket.shutdownOutput();
            String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertTrue(answer.startsWith("-ERR unknown command '{}'") && answer.endsWith("+PONG\r\n"), answer);
        }
    }

    @Test
    void aRedisPortInUseIsNamedWithItsOption() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            CoordinatorSettings settings =
                    settings(freeTcpPort(), freeUdpPort(), "a", CoordinatorSettings.Shape.UNSPECIFIED);
            CannotStartException refused = assertThrows(
                    CannotStartException.class, () -> start(withRedisPort(settings, taken.getLocalPort())));
            assertTrue(refused.getMessage().contains("TCP port " + taken.getLocalPort()), refused.getMessage());
            assertTrue(refused.getMessage().contains("--redis-port"), refused.getMessage());
        }
    }

    private CoordinationServer start(CoordinatorSettings settings) throws CannotStartException {
        CoordinationServer server = CoordinationServer.start(settings, () -> null, console, ends::add);
        running.add(server);
        return server;
    }

    @Test
    void itSaysWhatItDoesInOrderWritesItsAddressAndAnswers() throws Exception {
        int port = freeTcpPort();
        int heartbeatPort = freeUdpPort();
        start(settings(port, heartbeatPort, "cs_state", CoordinatorSettings.Shape.UNSPECIFIED));
        assertEquals("127.0.0.1\n" + port + "\n", Files.readString(directory.resolve("cs_config.txt")));
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 2_000);
            socket.getOutputStream().write("{\"req_type\":\"status\"}".getBytes(StandardCharsets.UTF_8));
            socket.shutdownOutput();
            String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertTrue(answer.contains("\"servers\":[]"), answer);
        }
        console.close(5_000);
        assertEquals(
                List.of(
                        "[INFO] Coordination Server starting on 127.0.0.1:" + port,
                        "[INFO] Configuration written to: " + directory.resolve("cs_config.txt"),
                        "[INFO] Heartbeat monitor started on UDP port " + heartbeatPort,
                        "[INFO] Timer thread started (checking health every 30s)",
                        "[INFO] Ready to accept connections"),
                out.toString(StandardCharsets.UTF_8).lines().limit(5).toList());
    }

    @Test
    void aPortInUseIsNamedAndTheConfigurationFileIsLeftAlone() throws Exception {
        CoordinatorSettings.Shape shape = CoordinatorSettings.Shape.UNSPECIFIED;
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                DatagramSocket takenUdp = new DatagramSocket(0, InetAddress.getLoopbackAddress())) {
            CannotStartException tcp = assertThrows(
                    CannotStartException.class, () -> start(settings(taken.getLocalPort(), 1, "a", shape)));
            assertTrue(tcp.getMessage().contains("TCP port " + taken.getLocalPort()), tcp.getMessage());
            assertTrue(tcp.getMessage().contains("IP and PORT"), tcp.getMessage());
            int port = freeTcpPort();
            CannotStartException udp = assertThrows(
                    CannotStartException.class, () -> start(settings(port, takenUdp.getLocalPort(), "a", shape)));
            assertTrue(udp.getMessage().contains("UDP port " + takenUdp.getLocalPort()), udp.getMessage());
            assertTrue(udp.getMessage().contains("--heartbeat-port"), udp.getMessage());
        }
        assertFalse(Files.exists(directory.resolve("cs_config.txt")));
    }

    @Test
    void aSecondCoordinatorOnTheSameStateIsRefused() throws Exception {
        CoordinatorSettings.Shape shape = CoordinatorSettings.Shape.UNSPECIFIED;
        start(settings(freeTcpPort(), freeUdpPort(), "cs_state", shape));
        CoordinatorSettings second = settings(freeTcpPort(), freeUdpPort(), "cs_state", shape);
        CannotStartException refused = assertThrows(CannotStartException.class, () -> start(second));
        assertTrue(refused.getMessage().contains("in use by another process"), refused.getMessage());
    }

    @Test
    void aSecondCoordinatorOnTheSamePortIsToldAboutThePort() throws Exception {
        CoordinatorSettings settings =
                settings(freeTcpPort(), freeUdpPort(), "cs_state", CoordinatorSettings.Shape.UNSPECIFIED);
        start(settings);
        CannotStartException refused = assertThrows(CannotStartException.class, () -> start(settings));
        assertTrue(
                refused.getMessage()
                        .contains("TCP port " + settings.machine().self().port()),
                refused.getMessage());
    }

    @Test
    void anotherRingThanTheStoredOneIsRefusedAndAnUnspecifiedOneIsTheStoredOne() throws Exception {
        Path state = Files.createDirectory(directory.resolve("cs_state"));
        Files.writeString(state.resolve("view.json"), ViewJson.toText(View.create(5, 97, 3)));
        CoordinatorSettings other =
                settings(freeTcpPort(), freeUdpPort(), "cs_state", new CoordinatorSettings.Shape(31, null));
        CannotStartException refused = assertThrows(CannotStartException.class, () -> start(other));
        assertTrue(refused.getMessage().contains("ring size of 97, and 31 was asked for"), refused.getMessage());
        CoordinatorSettings points =
                settings(freeTcpPort(), freeUdpPort(), "cs_state", new CoordinatorSettings.Shape(97, 1));
        assertThrows(CannotStartException.class, () -> start(points));
        View recovered = new StoredView(state).recover(CoordinatorSettings.Shape.UNSPECIFIED);
        assertEquals(View.create(5, 97, 3), recovered);
        start(settings(freeTcpPort(), freeUdpPort(), "cs_state", CoordinatorSettings.Shape.UNSPECIFIED));
    }

    @Test
    void aDamagedMembershipIsNotTakenForANewStore() throws Exception {
        Path state = Files.createDirectory(directory.resolve("cs_state"));
        Files.writeString(state.resolve("view.json"), "{\"epoch\":");
        CoordinatorSettings settings =
                settings(freeTcpPort(), freeUdpPort(), "cs_state", CoordinatorSettings.Shape.UNSPECIFIED);
        CannotStartException refused = assertThrows(CannotStartException.class, () -> start(settings));
        assertTrue(refused.getMessage().contains("view.json cannot be read"), refused.getMessage());
    }

    @Test
    void askedToEndItEndsWithStatusZeroAndGivesItsStateBack() throws Exception {
        CoordinatorSettings settings =
                settings(freeTcpPort(), freeUdpPort(), "cs_state", CoordinatorSettings.Shape.UNSPECIFIED);
        start(settings).driver().submit(new Input.StopRequested());
        await().until(() -> ends.equals(List.of(0)));
        start(settings(freeTcpPort(), freeUdpPort(), "cs_state", CoordinatorSettings.Shape.UNSPECIFIED));
    }
}
