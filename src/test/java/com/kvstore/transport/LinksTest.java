package com.kvstore.transport;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.kvstore.common.Bytes;
import com.kvstore.common.Condition;
import com.kvstore.common.Limits;
import com.kvstore.common.ServerNode;
import com.kvstore.common.Table;
import com.kvstore.common.Version;
import com.kvstore.protocol.kernel.Input;
import com.kvstore.protocol.membership.MembershipMessage;
import com.kvstore.protocol.membership.PreparedWrite;
import com.kvstore.protocol.twophase.TwoPhaseMessage;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Links between two nodes, and datagrams. */
@ParameterizedClass
@MethodSource("com.kvstore.transport.TestNode#engines")
class LinksTest {
    @Parameter
    SocketEngine engine;

    private static final ServerNode NAME = new ServerNode("127.0.0.1", 8081);

    private TestNode server;
    private TestNode client;

    @BeforeEach
    void startServer() throws Exception {
        server = new TestNode(engine, NetworkOptions.defaults(), (input, network) -> {
                    if (input instanceof Input.Received received
                            && received.message() instanceof MembershipMessage.Goodbye) {
                        network.send(received.link(), new MembershipMessage.GoodbyeAnswer(1, 3));
                    }
                })
                .listen();
    }

    @AfterEach
    void close() throws Exception {
        server.close();
        if (client != null) {
            client.close();
        }
    }

    private long connect(boolean json) throws Exception {
        NetworkOptions options =
                NetworkOptions.of(json, Limits.DEFAULT_MAX_VALUE_BYTES, NetworkOptions.DEFAULT_MAX_CONNECTIONS);
        client = new TestNode(engine, options, (input, network) -> {});
        ServerNode peer = new ServerNode("127.0.0.1", server.port());
        client.act(() -> client.network.connect(peer));
        await().until(() -> client.inputs.size() == 1);
        Input.LinkOpened opened = (Input.LinkOpened) client.inputs.get(0);
        assertEquals(peer, opened.peer());
        return opened.link();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void bothSidesTalkInTheLanguageOfWhoeverConnected(boolean json) throws Exception {
        long link = connect(json);
        MembershipMessage.Goodbye goodbye = new MembershipMessage.Goodbye(NAME, -5, 1);
        client.act(() -> client.network.send(link, goodbye));
        await().until(() -> client.inputs.size() == 2);
        assertEquals(goodbye, ((Input.Received) server.inputs.get(0)).message());
        assertEquals(new Input.Received(link, new MembershipMessage.GoodbyeAnswer(1, 3)), client.inputs.get(1));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aLinkThatIsKnownToBeANodesCarriesABatchOfLargeValues(boolean json) throws Exception {
        long link = connect(json);
        byte[] value = new byte[Limits.DEFAULT_MAX_VALUE_BYTES];
        java.util.Arrays.fill(value, (byte) 0xee);
        List<TwoPhaseMessage.Prepare> prepares = new ArrayList<>();
        for (int i = 1; i <= 2; i++) {
            prepares.add(new TwoPhaseMessage.Prepare(
                    new Version(1, i),
                    List.of(1, 2),
                    List.of(new PreparedWrite(Table.OWN, 3, Bytes.of("k" + i), Bytes.wrap(value), Condition.NONE)),
                    List.of()));
        }
        TwoPhaseMessage.Batch batch =
                new TwoPhaseMessage.Batch(1, 1, Version.ZERO, true, 0, List.of(), List.of(), prepares, List.of());
        client.act(() -> client.network.send(link, new MembershipMessage.Fenced(1)));
        await().until(() -> server.inputs.size() == 1);
        client.act(() -> client.network.send(link, batch));
        await().until(() -> server.inputs.size() == 2);
        assertEquals(batch, ((Input.Received) server.inputs.get(1)).message());
    }

    @Test
    void closingALinkTellsBothSidesAfterWhatWasSentBefore() throws Exception {
        long link = connect(false);
        client.act(() -> {
            client.network.send(link, new MembershipMessage.Fenced(9));
            client.network.close(link);
        });
        await().until(() -> server.inputs.size() == 2 && client.inputs.size() == 2);
        assertEquals(new MembershipMessage.Fenced(9), ((Input.Received) server.inputs.get(0)).message());
        assertTrue(server.inputs.get(1) instanceof Input.LinkClosed);
        assertEquals(new Input.LinkClosed(link), client.inputs.get(1));
        client.act(() -> client.network.send(link, new MembershipMessage.Fenced(10)));
    }

    @Test
    void aPortWhereNobodyListensRefuses() throws Exception {
        int free;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            free = socket.getLocalPort();
        }
        client = new TestNode(engine, NetworkOptions.defaults(), (input, network) -> {});
        ServerNode peer = new ServerNode("127.0.0.1", free);
        client.act(() -> client.network.connect(peer));
        await().until(() -> client.inputs.size() == 1);
        assertEquals(new Input.ConnectFailed(peer, true), client.inputs.get(0));
    }

    @Test
    void aHostThatDoesNotAnswerIsNotCalledRefusing() throws Exception {
        // A full backlog: the kernel drops further connection requests, as a dead host would.
        try (ServerSocket full = new ServerSocket()) {
            full.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 1);
            List<Socket> fillers = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                Socket filler = new Socket();
                fillers.add(filler);
                try {
                    filler.connect(full.getLocalSocketAddress(), 50);
                } catch (java.net.SocketTimeoutException enough) {
                    break;
                }
            }
            client = new TestNode(
                    engine, new NetworkOptions(false, 1 << 20, 10, 1 << 20, 100, 1_000, null), (input, network) -> {});
            ServerNode peer = new ServerNode("127.0.0.1", full.getLocalPort());
            client.act(() -> client.network.connect(peer));
            await().until(() -> client.inputs.size() == 1);
            assertEquals(new Input.ConnectFailed(peer, false), client.inputs.get(0));
            for (Socket filler : fillers) {
                filler.close();
            }
        }
    }

    @Test
    void anUnknownHostIsNotCalledRefusing() throws Exception {
        client = new TestNode(engine, NetworkOptions.defaults(), (input, network) -> {});
        ServerNode peer = new ServerNode("no-such-host.invalid", 80);
        client.act(() -> client.network.connect(peer));
        await().until(() -> client.inputs.size() == 1);
        assertEquals(new Input.ConnectFailed(peer, false), client.inputs.get(0));
    }

    @Test
    void aNodeThatDoesNotReadIsCutOff() throws Exception {
        try (ServerSocket deaf = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            client = new TestNode(engine, NetworkOptions.defaults(), (input, network) -> {});
            client.act(() -> client.network.connect(new ServerNode("127.0.0.1", deaf.getLocalPort())));
            await().until(() -> client.inputs.size() == 1);
            long link = ((Input.LinkOpened) client.inputs.get(0)).link();
            TwoPhaseMessage.BatchReply reply = new TwoPhaseMessage.BatchReply(
                    1,
                    true,
                    true,
                    0,
                    List.of(),
                    List.of(new TwoPhaseMessage.ReadAnswer(Bytes.wrap(new byte[16 << 20]), 0, new Version(1, 1))),
                    List.of());
            for (int i = 0; i < 12; i++) {
                client.act(() -> client.network.send(link, reply));
            }
            await().until(() -> client.inputs.contains(new Input.LinkClosed(link)));
        }
    }

    @Test
    void aHeartbeatTravelsByUdpAndForeignDatagramsAreDropped() throws Exception {
        List<Object> received = new java.util.concurrent.CopyOnWriteArrayList<>();
        UdpPort monitor = UdpPort.open(server.loop, "127.0.0.1", 0, received::add);
        monitor.start();
        client = new TestNode(engine, NetworkOptions.defaults(), (input, network) -> {});
        UdpPort sender = UdpPort.open(client.loop, "0.0.0.0", 0, message -> {});
        client.network.use(sender);
        MembershipMessage.Heartbeat heartbeat = new MembershipMessage.Heartbeat(NAME, 7, 1);
        try (java.net.DatagramSocket stranger = new java.net.DatagramSocket()) {
            byte[] noise = {1, 2, 3};
            stranger.send(
                    new java.net.DatagramPacket(noise, noise.length, InetAddress.getLoopbackAddress(), monitor.port()));
        }
        client.act(() -> client.network.datagram(new ServerNode("127.0.0.1", monitor.port()), heartbeat));
        await().until(() -> !received.isEmpty());
        assertEquals(List.of(heartbeat), received);
    }

    @Test
    void aPortInUseIsNamed() {
        PortUnavailableException tcp =
                assertThrows(PortUnavailableException.class, () -> server.network.listen("127.0.0.1", server.port()));
        assertEquals(
                "TCP port " + server.port() + " on 127.0.0.1 is already in use by another program.", tcp.getMessage());
        PortUnavailableException elsewhere =
                assertThrows(PortUnavailableException.class, () -> server.network.listen("192.0.2.1", 4_000));
        assertTrue(elsewhere.getMessage().contains("this machine has no address 192.0.2.1"), elsewhere.getMessage());
    }

    @Test
    void shutdownWritesOutWhatIsWaiting() throws Exception {
        long link = connect(false);
        java.util.concurrent.CountDownLatch done = new java.util.concurrent.CountDownLatch(1);
        client.loop.execute(() -> {
            client.network.send(link, new MembershipMessage.Fenced(1));
            client.network.shutdown(1_000, done::countDown);
        });
        assertTrue(done.await(30, java.util.concurrent.TimeUnit.SECONDS));
        await().until(() -> server.inputs.size() == 2);
        assertEquals(new MembershipMessage.Fenced(1), ((Input.Received) server.inputs.get(0)).message());
    }
}
