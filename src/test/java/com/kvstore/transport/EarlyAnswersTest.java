package com.kvstore.transport;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.kvstore.common.Result;
import com.kvstore.protocol.kernel.Input;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** Answers that leave in the midst of a turn. */
@ParameterizedClass
@MethodSource("com.kvstore.transport.TestNode#engines")
class EarlyAnswersTest {
    private static final int CLIENTS = 8;

    @Parameter
    SocketEngine engine;

    @Test
    void enoughClientsWhoAskOneThingAtATimeAreAnsweredInATurnThatGoesOn() throws Exception {
        try (TestNode node =
                new TestNode(engine, NetworkOptions.of(false, 1024, 100), (input, network) -> {}).listen()) {
            node.network.deliverTo(node.inputs::add); // Turns do not end any more.
            List<RawClient> clients = new ArrayList<>();
            try {
                for (int i = 0; i < CLIENTS; i++) {
                    clients.add(new RawClient(node.port()).send("{\"req_type\":\"get\",\"key\":\"k\"}\n"));
                }
                await().until(() -> node.inputs(Input.ClientRequested.class).size() == CLIENTS);
                node.loop
                        .submit(() -> {
                            for (Input.ClientRequested each : node.inputs(Input.ClientRequested.class)) {
                                node.network.reply(each.client(), Result.Ack.WHOLE);
                                node.network.inputEnded();
                            }
                        })
                        .get(30, TimeUnit.SECONDS);
                for (RawClient client : clients) {
                    assertTrue(client.line().contains("ack"));
                }
            } finally {
                for (RawClient client : clients) {
                    client.close();
                }
            }
        }
    }
}
