package com.kvstore.transport;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.kvstore.common.Bytes;
import com.kvstore.common.Command;
import com.kvstore.common.Password;
import com.kvstore.common.Result;
import com.kvstore.common.ServerNode;
import com.kvstore.protocol.kernel.Input;
import com.kvstore.protocol.membership.MembershipMessage.Fenced;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.json.JSONObject;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

@ParameterizedClass
@MethodSource("com.kvstore.transport.TestNode#engines")
class PasswordTest {
    @Parameter
    SocketEngine engine;

    private static final Password SECRET = new Password(Bytes.of("open sesame"));

    private final List<TestNode> nodes = new CopyOnWriteArrayList<>();
    private final List<String> problems = new CopyOnWriteArrayList<>();

    @AfterEach
    void close() {
        nodes.forEach(TestNode::close);
    }

    private TestNode node(boolean json, Password password) throws Exception {
        NetworkOptions options = NetworkOptions.of(json, 1 << 16, 100).withPassword(password);
        TestNode node = new TestNode(engine, options, (input, network) -> {
            if (input instanceof Input.ClientRequested request) {
                network.reply(request.client(), Result.Ack.WHOLE);
            }
        });
        node.network.tellProblemsTo(problems::add);
        nodes.add(node);
        return node.listen();
    }

    private static String code(RawClient client) throws Exception {
        JSONObject answer = new JSONObject(client.line());
        return answer.optString("code", answer.getString("req_type"));
    }

    @Test
    void nothingIsAnsweredBeforeThePasswordAndEverythingAfterIt() throws Exception {
        TestNode node = node(false, SECRET);
        try (RawClient client = new RawClient(node.port())) {
            client.send("{\"req_type\":\"get\",\"key\":\"k\"}\n{\"req_type\":\"ping\"}\n");
            assertEquals("UNAUTHORIZED", code(client));
            assertEquals("UNAUTHORIZED", code(client));
            client.send("{\"req_type\":\"auth\",\"password\":\"open sesam\"}\n");
            assertEquals("UNAUTHORIZED", code(client));
            assertTrue(node.inputs.isEmpty());
            client.send("{\"req_type\":\"auth\",\"password\":\"open sesame\"}\n{\"req_type\":\"ping\"}\n");
            assertEquals("ack", code(client));
            assertEquals("ack", code(client));
            assertEquals(1, node.inputs.size());
        }
        assertEquals(1, problems.size());
        assertFalse(problems.get(0).contains("sesam"), problems.get(0));
    }

    @Test
    void aPasswordThatNobodyAskedForIsFine() throws Exception {
        TestNode node = node(false, null);
        try (RawClient client = new RawClient(node.port())) {
            client.send("{\"req_type\":\"auth\",\"password\":\"whatever\"}\n{\"req_type\":\"ping\"}\n");
            assertEquals("ack", code(client));
            assertEquals("ack", code(client));
        }
    }

    private static void send(TestNode from, TestNode to) throws Exception {
        from.act(() -> from.network.connect(new ServerNode("127.0.0.1", to.port())));
        await().until(() -> !from.inputs(Input.LinkOpened.class).isEmpty());
        from.act(() ->
                from.network.send(from.inputs(Input.LinkOpened.class).get(0).link(), new Fenced(7)));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void nodesWithTheSamePasswordTalk(boolean json) throws Exception {
        TestNode server = node(json, SECRET);
        TestNode client = node(json, new Password(Bytes.of("open sesame")));
        send(client, server);
        await().until(() -> !server.inputs.isEmpty());
        assertEquals(new Fenced(7), ((Input.Received) server.inputs.get(0)).message());
        assertTrue(client.inputs(Input.LinkClosed.class).isEmpty());
        assertEquals(List.of(), problems);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aNodeWithAnotherPasswordIsShutOutAndBothSidesSaySo(boolean json) throws Exception {
        TestNode server = node(json, SECRET);
        TestNode client = node(json, new Password(Bytes.of("guess")));
        send(client, server);
        await().until(() -> !client.inputs(Input.LinkClosed.class).isEmpty());
        assertTrue(server.inputs.isEmpty());
        assertTrue(problems.stream().anyMatch(line -> line.contains("gave a wrong password")), "" + problems);
        assertTrue(problems.stream().anyMatch(line -> line.contains("refuses this node")), "" + problems);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aNodeWithoutAPasswordIsShutOutAndSaysWhy(boolean json) throws Exception {
        TestNode server = node(json, SECRET);
        TestNode client = node(json, null);
        send(client, server);
        await().until(() -> !client.inputs(Input.LinkClosed.class).isEmpty());
        assertTrue(server.inputs.isEmpty());
        assertEquals(1, problems.size());
        assertTrue(problems.get(0).contains("--password-file"), problems.get(0));
    }

    @Test
    void nobodyPrintsAPassword() {
        assertFalse(SECRET.toString().contains("sesame"));
        assertFalse(new Command.Authenticate(SECRET.bytes()).toString().contains("sesame"));
        assertFalse(NetworkOptions.defaults().withPassword(SECRET).toString().contains("sesame"));
    }
}
