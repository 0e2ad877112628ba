package com.kvstore.transport;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.kvstore.common.Bytes;
import com.kvstore.common.ClientMessage;
import com.kvstore.common.Command;
import com.kvstore.common.ErrorCode;
import com.kvstore.common.Message;
import com.kvstore.common.Result;
import com.kvstore.common.ServerNode;
import com.kvstore.common.Write;
import com.kvstore.protocol.kernel.Input;
import com.kvstore.protocol.membership.MembershipMessage;
import com.kvstore.wire.BinaryCodec;
import com.kvstore.wire.FrameWriter;
import java.io.DataInputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** What {@code KvClient} and other nodes meet on a server's port. */
@ParameterizedClass
@MethodSource("com.kvstore.transport.TestNode#engines")
class BinaryFaceTest {
    @Parameter
    SocketEngine engine;

    private static final ServerNode SELF = new ServerNode("127.0.0.1", 8081);

    private TestNode node;

    @AfterEach
    void closeNode() throws Exception {
        if (node != null) {
            node.close();
        }
    }

    private RawClient client() throws Exception {
        if (node == null) {
            node = new TestNode(engine, NetworkOptions.defaults(), BinaryFaceTest::acknowledge).listen();
        }
        return new RawClient(node.port());
    }

    private static void acknowledge(Input input, NettyNetwork network) {
        if (input instanceof Input.ClientRequested request) {
            network.reply(request.client(), Result.Ack.WHOLE);
        }
    }

    private static byte[] bytes(boolean preamble, Message... messages) {
        FrameWriter writer = new FrameWriter();
        for (Message message : messages) {
            BinaryCodec.encode(message, writer);
        }
        byte[] frames = writer.toByteArray();
        if (!preamble) {
            return frames;
        }
        return ByteBuffer.allocate(frames.length + BinaryCodec.PREAMBLE_BYTES)
                .put(BinaryCodec.preamble())
                .put(frames)
                .array();
    }

    private static ClientMessage.Request put(long tag) {
        return new ClientMessage.Request(tag, Command.Transact.of(Write.put(Bytes.of("k" + tag), Bytes.of("v"))), null);
    }

    private static ClientMessage.Response response(RawClient client) throws Exception {
        DataInputStream in = new DataInputStream(client.in());
        byte[] header = in.readNBytes(BinaryCodec.HEADER_BYTES);
        int length = BinaryCodec.frameLength(ByteBuffer.wrap(header), 1 << 26);
        ByteBuffer frame = ByteBuffer.allocate(length).put(header);
        frame.put(in.readNBytes(length - header.length)).flip();
        return (ClientMessage.Response) BinaryCodec.decodeFrame(frame);
    }

    @Test
    void framesMayArriveByteByByte() throws Exception {
        try (RawClient client = client()) {
            for (byte b : bytes(true, put(1), put(2))) {
                client.send(new byte[] {b});
            }
            assertEquals(1, response(client).tag());
            assertEquals(2, response(client).tag());
        }
    }

    @Test
    void answersComeAsTheyAreReady() throws Exception {
        node = new TestNode(engine, NetworkOptions.defaults(), (input, network) -> {}).listen();
        try (RawClient client = client()) {
            client.send(bytes(true, put(1), put(2)));
            await().until(() -> node.inputs.size() == 2);
            Input.ClientRequested second = (Input.ClientRequested) node.inputs.get(1);
            node.act(() -> node.network.reply(second.client(), Result.Ack.WHOLE));
            assertEquals(2, response(client).tag());
        }
    }

    @Test
    void aHugeDeclaredLengthClosesAtOnceAndTakesNoMemory() throws Exception {
        try (RawClient client = client()) {
            client.send(BinaryCodec.preamble());
            client.send(ByteBuffer.allocate(8).putInt(Integer.MAX_VALUE).array());
            assertRefused(client);
        }
    }

    @Test
    void aDamagedFrameClosesTheConnection() throws Exception {
        try (RawClient client = client()) {
            byte[] damaged = bytes(true, put(1));
            damaged[damaged.length - 1] ^= 1;
            client.send(damaged);
            assertRefused(client);
            assertTrue(node.inputs.isEmpty());
        }
    }

    @Test
    void anotherProtocolVersionIsRefused() throws Exception {
        try (RawClient client = client()) {
            byte[] preamble = BinaryCodec.preamble();
            preamble[3]++;
            client.send(preamble);
            assertRefused(client);
        }
    }

    private static void assertRefused(RawClient client) throws Exception {
        ClientMessage.Response response = response(client);
        assertEquals(0, response.tag());
        assertEquals(ErrorCode.BAD_REQUEST, ((Result.Failure) response.result()).code());
        assertTrue(client.atEnd());
    }

    @Test
    void aHalfFrameHoldsLittleUntilTheRestComes() throws Exception {
        byte[] frame = bytes(true, put(1));
        List<RawClient> clients = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            clients.add(client().send(java.util.Arrays.copyOf(frame, frame.length - 1)));
        }
        for (RawClient client : clients) {
            client.send(new byte[] {frame[frame.length - 1]});
            assertEquals(1, response(client).tag());
            client.close();
        }
        assertEquals(50, node.inputs(Input.ClientRequested.class).size());
    }

    @Test
    void aNodesMessagesAndTheEndOfItsLinkArriveInOrder() throws Exception {
        MembershipMessage goodbye = new MembershipMessage.Goodbye(SELF, 5, 1);
        try (RawClient client = client()) {
            client.send(bytes(true, new MembershipMessage.Fenced(1), goodbye));
            await().until(() -> node.inputs.size() == 2);
        }
        await().until(() -> node.inputs.size() == 3);
        long link = ((Input.Received) node.inputs.get(0)).link();
        assertEquals(new Input.Received(link, new MembershipMessage.Fenced(1)), node.inputs.get(0));
        assertEquals(new Input.Received(link, goodbye), node.inputs.get(1));
        assertEquals(new Input.LinkClosed(link), node.inputs.get(2));
    }
}
