package com.kvstore.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.kvstore.common.Bytes;
import com.kvstore.common.Command;
import com.kvstore.common.ErrorCode;
import com.kvstore.common.Result;
import com.kvstore.common.Write;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
class LoaderTest {
    @TempDir
    Path directory;

    private FakeCoordinator node;

    @BeforeEach
    void start() throws IOException {
        node = new FakeCoordinator();
    }

    @AfterEach
    void stop() throws IOException {
        node.close();
    }

    private Answer load(String... lines) throws IOException {
        Path file = directory.resolve("words");
        Files.write(file, List.of(lines));
        Progress silent = new Progress(new Output(new ByteArrayOutputStream()), false);
        try (KvClient client = KvClient.connect(node.config())) {
            return new Loader(client, new Answers(Format.TEXT, false), silent).load(file.toString());
        }
    }

    private static Write write(Command command) {
        return ((Command.Transact) command).writes().get(0);
    }

    @Test
    void eachLineIsAKeyWithItsNumber() throws IOException {
        Answer answer = load("apple", "", "pear", "apple");
        assertEquals(Answer.DONE, answer.status());
        assertTrue(
                answer.body().text().startsWith("✓ LOAD successful: 3 keys in "),
                answer.body().text());
        assertEquals(Bytes.of("4"), node.store().get(Bytes.of("apple")));
        assertEquals(Bytes.of("3"), node.store().get(Bytes.of("pear")));
    }

    @Test
    void aLineWhoseOutcomeIsUnknownIsPutAgainBeforeALaterLineOfItsKey() throws IOException {
        Set<Bytes> tried = ConcurrentHashMap.newKeySet();
        node.script((request, conversation) -> {
            boolean first = tried.add(write(request.command()).key());
            conversation.answer(
                    request,
                    first
                            ? Result.Failure.of(ErrorCode.OUTCOME_UNKNOWN, "both copies hung")
                            : node.apply(request.command()));
        });
        Answer answer = load("apple", "pear", "apple");
        assertEquals(Answer.DONE, answer.status());
        assertTrue(
                answer.body().text().startsWith("✓ LOAD successful: 3 keys in "),
                answer.body().text());
        List<Bytes> ofApple = node.received().stream()
                .map(request -> write(request.command()))
                .filter(write -> write.key().equals(Bytes.of("apple")))
                .map(Write::value)
                .toList();
        assertEquals(List.of(Bytes.of("1"), Bytes.of("1"), Bytes.of("3")), ofApple);
    }

    @Test
    void whatIsRefusedForGoodIsNotTriedAgainAndTheFirstLineIsNamed() throws IOException {
        node.script((request, conversation) ->
                conversation.answer(request, Result.Failure.of(ErrorCode.NO_SPACE, "the disk is full")));
        Answer answer = load("apple", "pear");
        assertEquals(Answer.ERROR, answer.status());
        assertEquals(
                "✗ LOAD: 2 of 2 keys failed. The first is line 1, 'apple': the disk is full",
                answer.body().text());
        assertEquals(2, node.received().size());
    }
}
