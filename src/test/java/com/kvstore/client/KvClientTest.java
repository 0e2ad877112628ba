package com.kvstore.client;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.kvstore.common.Bytes;
import com.kvstore.common.ClientMessage;
import com.kvstore.common.Command;
import com.kvstore.common.ErrorCode;
import com.kvstore.common.Result;
import com.kvstore.common.ServerNode;
import com.kvstore.common.Version;
import com.kvstore.common.Write;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class KvClientTest {
    private static final Bytes KEY = Bytes.of("username");
    private static final Bytes VALUE = Bytes.of("alice");

    private FakeCoordinator node;

    @BeforeEach
    void start() throws IOException {
        node = new FakeCoordinator();
    }

    @AfterEach
    void stop() throws IOException {
        node.close();
    }

    private static ErrorCode codeOf(CompletableFuture<?> future) {
        CompletionException failed = assertThrows(CompletionException.class, future::join);
        return assertInstanceOf(KvException.class, failed.getCause()).code();
    }

    private static Result.Failure failure(CompletableFuture<Result> future) {
        return assertInstanceOf(Result.Failure.class, future.join());
    }

    private static Command put() {
        return Command.Transact.of(Write.put(KEY, VALUE));
    }

    @Test
    void whatIsPutIsReadUpdatedAndDeleted() {
        try (KvClient client = KvClient.connect(node.config())) {
            assertEquals(Result.Ack.WHOLE, client.put(KEY, VALUE).join());
            assertEquals(Optional.of(VALUE), client.get(KEY).join());
            client.update(KEY, Bytes.of("bob")).join();
            assertEquals(Bytes.of("bob"), node.store().get(KEY));
            client.delete(KEY).join();
            assertEquals(Optional.empty(), client.get(KEY).join());
            assertEquals(ErrorCode.NOT_FOUND, codeOf(client.delete(KEY)));
            assertTrue(client.status().join().contains("\"epoch\":7"));
            assertEquals(node.node(), client.firstConnection().join());
        }
    }

    @Test
    void manyRequestsShareOneConnectionAndEachGetsItsOwnAnswer() {
        try (KvClient client = KvClient.connect(node.config())) {
            List<CompletableFuture<Result.Ack>> puts = new ArrayList<>();
            for (int i = 0; i < 5_000; i++) {
                puts.add(client.put(Bytes.of("k" + i), Bytes.of("v" + i)));
            }
            puts.forEach(CompletableFuture::join);
            for (int i = 0; i < 5_000; i += 97) {
                assertEquals(
                        Optional.of(Bytes.of("v" + i)),
                        client.get(Bytes.of("k" + i)).join());
            }
            assertEquals(1, node.connections());
        }
    }

    @Test
    void answersMayComeInAnyOrder() {
        List<ClientMessage.Request> held = new CopyOnWriteArrayList<>();
        node.script((request, conversation) -> {
            held.add(request);
            if (held.size() == 3) {
                for (int i = 2; i >= 0; i--) {
                    Bytes key = ((Command.Get) held.get(i).command()).key();
                    conversation.answer(held.get(i), new Result.Value(key, new Version(1, 1)));
                }
            }
        });
        try (KvClient client = KvClient.connect(node.config())) {
            List<CompletableFuture<Optional<Bytes>>> gets = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                gets.add(client.get(Bytes.of("k" + i)));
            }
            for (int i = 0; i < 3; i++) {
                assertEquals(Optional.of(Bytes.of("k" + i)), gets.get(i).join());
            }
        }
    }

    @Test
    void aConnectionThatBreaksInMidRequestIsReplacedAndTheRetryKeepsItsId() {
        AtomicBoolean dropped = new AtomicBoolean();
        node.script((request, conversation) -> {
            if (dropped.compareAndSet(false, true)) {
                conversation.drop();
            } else {
                conversation.answer(request, node.apply(request.command()));
            }
        });
        List<String> heard = new CopyOnWriteArrayList<>();
        ConnectionListener listener = new ConnectionListener() {
            @Override
            public void connected(ServerNode to) {
                heard.add("connected");
            }

            @Override
            public void lost(ServerNode from, String reason) {
                heard.add("lost");
            }
        };
        try (KvClient client = KvClient.connect(node.config(), null, listener)) {
            client.put(KEY, VALUE).join();
            assertEquals(2, node.received().size());
            assertEquals(node.received().get(0).id(), node.received().get(1).id());
            assertEquals(FakeCoordinator.EPOCH, node.received().get(0).id().epoch());
            assertEquals(List.of("connected", "lost", "connected"), heard);
        }
    }

    @Test
    void aNodeThatComesBackIsFoundAgain() throws IOException {
        try (KvClient client = KvClient.connect(node.config())) {
            client.put(KEY, VALUE).join();
            node.stop();
            CompletableFuture<Optional<Bytes>> waiting = client.get(KEY);
            node.start();
            assertEquals(Optional.of(VALUE), waiting.join());
        }
    }

    @Test
    void aWriteWithoutAnAnswerEndsUnknownAndAReadUnavailable() {
        node.script((request, conversation) -> {});
        try (KvClient client = KvClient.connect(node.config().withRequestTimeoutMs(200))) {
            CompletableFuture<Result> write = client.execute(put());
            CompletableFuture<Result> read = client.execute(new Command.Get(KEY));
            assertEquals(ErrorCode.OUTCOME_UNKNOWN, failure(write).code());
            assertTrue(
                    failure(write).message().contains(node.node() + " within 200ms"),
                    failure(write).message());
            assertEquals(ErrorCode.UNAVAILABLE, failure(read).code());
        }
    }

    @Test
    void aNodeThatStopsAnsweringIsDialledAnew() {
        AtomicInteger requests = new AtomicInteger();
        node.script((request, conversation) -> {
            if (requests.incrementAndGet() > 1) {
                conversation.answer(request, node.apply(request.command()));
            }
        });
        try (KvClient client = KvClient.connect(node.config().withRequestTimeoutMs(200))) {
            assertEquals(ErrorCode.OUTCOME_UNKNOWN, codeOf(client.put(KEY, VALUE)));
            client.put(KEY, VALUE).join();
            assertEquals(2, node.connections());
        }
    }

    @Test
    void withoutANodeNothingWasSentAndThatIsSaid() throws IOException {
        node.stop();
        try (KvClient client = KvClient.connect(node.config().withRequestTimeoutMs(300))) {
            Result.Failure failure = failure(client.execute(put()));
            assertEquals(ErrorCode.UNAVAILABLE, failure.code());
            assertTrue(failure.message().contains(node.node().toString()), failure.message());
            assertEquals(ErrorCode.UNAVAILABLE, codeOf(client.firstConnection()));
        }
    }

    @Test
    void theNextAddressIsTriedWhenTheFirstIsAway() throws IOException {
        try (FakeCoordinator away = new FakeCoordinator()) {
            away.stop();
            try (KvClient client = KvClient.connect(KvClientConfig.of(away.node(), node.node()))) {
                client.put(KEY, VALUE).join();
                assertEquals(node.node(), client.firstConnection().join());
            }
        }
    }

    @Test
    void anAnswerNotAppliedIsRetriedUnderANewNumber() {
        AtomicInteger requests = new AtomicInteger();
        node.script((request, conversation) -> conversation.answer(
                request,
                requests.incrementAndGet() < 3
                        ? Result.Failure.of(ErrorCode.NO_NODES, "no data node has registered")
                        : node.apply(request.command())));
        try (KvClient client = KvClient.connect(node.config())) {
            client.put(KEY, VALUE).join();
            assertEquals(
                    List.of(1L, 2L, 3L),
                    node.received().stream()
                            .map(request -> request.id().number())
                            .toList());
        }
    }

    @Test
    void retriesCanBeTurnedOff() {
        node.script((request, conversation) ->
                conversation.answer(request, Result.Failure.of(ErrorCode.UNAVAILABLE, "not now")));
        try (KvClient client = KvClient.connect(node.config().withRetryUnavailableMs(0))) {
            assertEquals("not now", failure(client.execute(put())).message());
            assertEquals(1, node.received().size());
        }
    }

    @Test
    void aFirstSendingRefusedForItsOldEpochIsSentAnew() {
        AtomicInteger requests = new AtomicInteger();
        node.script((request, conversation) -> conversation.answer(
                request,
                requests.incrementAndGet() == 1
                        ? new Result.Failure(ErrorCode.OUTCOME_UNKNOWN, "of an older epoch", null, 12)
                        : node.apply(request.command())));
        try (KvClient client = KvClient.connect(node.config())) {
            client.put(KEY, VALUE).join();
            assertEquals(7, node.received().get(0).id().epoch());
            assertEquals(12, node.received().get(1).id().epoch());
        }
    }

    @Test
    void aRedirectIsFollowed() throws IOException {
        try (FakeCoordinator right = new FakeCoordinator()) {
            node.script((request, conversation) -> conversation.answer(
                    request, new Result.Failure(ErrorCode.WRONG_NODE, "ask the coordinator", right.node(), 0)));
            try (KvClient client = KvClient.connect(node.config())) {
                client.put(KEY, VALUE).join();
                assertEquals(VALUE, right.store().get(KEY));
            }
        }
    }

    @Test
    void aRedirectAtTheDoorIsFollowed() throws IOException {
        try (FakeCoordinator right = new FakeCoordinator()) {
            node.answerPings(new Result.Failure(ErrorCode.WRONG_NODE, "ask the coordinator", right.node(), 0));
            try (KvClient client = KvClient.connect(node.config())) {
                assertEquals(right.node(), client.firstConnection().join());
                client.put(KEY, VALUE).join();
                assertEquals(VALUE, right.store().get(KEY));
            }
        }
    }

    @Test
    void nodesThatSendEachOtherAroundAreGivenUp() throws IOException {
        try (FakeCoordinator other = new FakeCoordinator()) {
            node.script((request, conversation) ->
                    conversation.answer(request, new Result.Failure(ErrorCode.WRONG_NODE, "not me", other.node(), 0)));
            other.script((request, conversation) ->
                    conversation.answer(request, new Result.Failure(ErrorCode.WRONG_NODE, "nor me", node.node(), 0)));
            try (KvClient client = KvClient.connect(node.config().withRetryUnavailableMs(0))) {
                assertEquals(ErrorCode.WRONG_NODE, codeOf(client.put(KEY, VALUE)));
                assertEquals(4, node.received().size() + other.received().size());
            }
        }
    }

    @Test
    void beyondItsQueueTheClientRefuses() {
        node.script((request, conversation) -> {});
        try (KvClient client = KvClient.connect(node.config().withMaxInFlight(2).withMaxQueued(3))) {
            List<CompletableFuture<Result>> calls = new ArrayList<>();
            for (int i = 0; i < 5; i++) {
                calls.add(client.execute(put()));
            }
            assertEquals(ErrorCode.OVERLOADED, failure(client.execute(put())).code());
            assertFalse(calls.get(4).isDone());
            await().until(() -> node.received().size() == 2);
        }
    }

    @Test
    void whatNoNodeTakesIsRefusedWithoutSendingIt() {
        try (KvClient client = KvClient.connect(node.config().withMaxValueBytes(100))) {
            assertEquals(ErrorCode.TOO_LARGE, codeOf(client.put(KEY, Bytes.wrap(new byte[101]))));
            assertEquals(ErrorCode.TOO_LARGE, codeOf(client.get(Bytes.wrap(new byte[65_537]))));
            assertEquals(ErrorCode.BAD_REQUEST, codeOf(client.get(Bytes.EMPTY)));
            assertEquals(ErrorCode.BAD_REQUEST, codeOf(client.transact(List.of())));
            List<Write> many = new ArrayList<>();
            for (int i = 0; i < 20_000; i++) {
                many.add(Write.put(Bytes.of("k" + i), Bytes.wrap(new byte[90])));
            }
            assertEquals(ErrorCode.TOO_LARGE, codeOf(client.transact(many)));
            client.put(KEY, Bytes.wrap(new byte[100])).join();
            assertEquals(1, node.received().size());
        }
    }

    @Test
    void aLargeValueTravelsBothWays() {
        byte[] large = new byte[16 * 1024 * 1024];
        for (int i = 0; i < large.length; i++) {
            large[i] = (byte) (i * 31);
        }
        try (KvClient client = KvClient.connect(node.config())) {
            client.put(KEY, Bytes.wrap(large)).join();
            assertEquals(Optional.of(Bytes.wrap(large)), client.get(KEY).join());
            assertTrue(client.bytesSent() > large.length && client.bytesReceived() > large.length);
        }
    }

    @Test
    void closingAnswersEverythingThatWaits() {
        node.script((request, conversation) -> {});
        KvClient client = KvClient.connect(node.config());
        CompletableFuture<Result> sent = client.execute(put());
        await().until(() -> node.received().size() == 1);
        client.close();
        assertEquals(ErrorCode.OUTCOME_UNKNOWN, failure(sent).code());
        assertEquals(ErrorCode.UNAVAILABLE, failure(client.execute(put())).code());
    }

    @Test
    void aCallbackMayAskForMore() {
        try (KvClient client = KvClient.connect(node.config())) {
            Optional<Bytes> read =
                    client.put(KEY, VALUE).thenCompose(ack -> client.get(KEY)).join();
            assertEquals(Optional.of(VALUE), read);
        }
    }
}
