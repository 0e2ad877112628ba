package com.kvstore.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.kvstore.common.Bytes;
import com.kvstore.common.Command;
import com.kvstore.common.Result;
import com.kvstore.common.Version;
import com.kvstore.common.Write;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class SessionTokenTest {
    private static final Bytes KEY = Bytes.of("user name");

    private static void wrote(SessionToken token, Bytes key, Version version) {
        token.answered(Command.Transact.of(Write.put(key, KEY)), new Result.Ack(1, List.of(), "", version));
    }

    @Test
    void theNewestVersionOfAKeyIsKept() {
        SessionToken token = new SessionToken();
        assertEquals(Version.ZERO, token.of(KEY));
        wrote(token, KEY, new Version(5, 1));
        wrote(token, KEY, new Version(4, 9));
        assertEquals(new Version(5, 1), token.of(KEY));
    }

    @Test
    void anAnswerWithoutAVersionLeavesNothingToWaitFor() {
        SessionToken token = new SessionToken();
        token.answered(Command.Transact.of(Write.put(KEY, KEY)), Result.Ack.WHOLE);
        token.answered(
                Command.Transact.of(Write.put(KEY, KEY)),
                Result.Failure.of(com.kvstore.common.ErrorCode.UNAVAILABLE, "no"));
        assertEquals("", token.text());
    }

    @Test
    void asTextItCanBeHandedOn() {
        SessionToken token = new SessionToken();
        wrote(token, KEY, new Version(5, 1));
        wrote(token, Bytes.wrap(new byte[] {0, 10, -1}), new Version(7, 2));
        SessionToken other = new SessionToken();
        wrote(other, KEY, new Version(6, 0));
        other.join(SessionToken.parse(token.text()));
        assertEquals(new Version(6, 0), other.of(KEY));
        assertEquals(new Version(7, 2), other.of(Bytes.wrap(new byte[] {0, 10, -1})));
    }

    @Test
    void whatIsNoSessionIsRefusedWithItsLine() {
        IllegalArgumentException wrong =
                assertThrows(IllegalArgumentException.class, () -> SessionToken.parse("5.1 a2V5\nhello\n"));
        assertTrue(String.valueOf(wrong.getMessage()).startsWith("line 2"), wrong.getMessage());
    }

    @Test
    void theKeysWrittenLongestAgoAreForgottenFirst() {
        SessionToken token = new SessionToken();
        for (int i = 0; i <= SessionToken.MOST_KEYS; i++) {
            wrote(token, Bytes.of("k" + i), new Version(1, i));
        }
        assertEquals(Version.ZERO, token.of(Bytes.of("k0")));
        assertEquals(new Version(1, 1), token.of(Bytes.of("k1")));
    }

    @Test
    void aClientThatReadsItsOwnWritesNamesTheirVersion() throws IOException {
        try (FakeCoordinator node = new FakeCoordinator()) {
            node.script((request, conversation) -> conversation.answer(
                    request,
                    request.command() instanceof Command.Transact
                            ? new Result.Ack(1, List.of(), "", new Version(5, 1))
                            : request.command() instanceof Command.Ping
                                    ? new Result.Pong(1)
                                    : new Result.Value(KEY, new Version(5, 1))));
            try (KvClient client = KvClient.connect(node.config().withReads(ReadMode.OWN_WRITES))) {
                client.get(KEY).join();
                assertInstanceOf(Command.Get.class, last(node));
                client.put(KEY, KEY).join();
                client.get(KEY).join();
                assertEquals(new Command.GetLocal(KEY, new Version(5, 1)), last(node));
            }
            try (KvClient client = KvClient.connect(node.config().withReads(ReadMode.LOCAL))) {
                client.put(KEY, KEY).join();
                client.get(KEY).join();
                assertEquals(new Command.GetLocal(KEY, Version.ZERO), last(node));
            }
        }
    }

    private static Command last(FakeCoordinator node) {
        return node.received().get(node.received().size() - 1).command();
    }
}
