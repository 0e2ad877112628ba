package com.kvstore.runtime;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.kvstore.protocol.kernel.Persistent;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StateFileTest {
    private record Text(String text) implements Persistent {}

    private static final class Outcomes implements Persistence.Outcome {
        final List<String> told = new CopyOnWriteArrayList<>();

        @Override
        public void durable(long token) {
            told.add("durable " + token);
        }

        @Override
        public void failed(long token, String reason) {
            told.add("failed " + token);
        }
    }

    @TempDir
    Path directory;

    private final Outcomes outcomes = new Outcomes();

    private static byte[] encode(Persistent state) {
        return ((Text) state).text().getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void whatWasWrittenIsReadAgain() throws Exception {
        StateFile file = new StateFile(directory.resolve("view.json"), StateFileTest::encode);
        assertNull(file.read());
        file.write(1, new Text("one"), outcomes);
        await().until(() -> outcomes.told.equals(List.of("durable 1")));
        assertEquals("one", new String(file.read(), StandardCharsets.UTF_8));
    }

    @Test
    void aTemporaryFileLeftByACrashIsIgnored() throws Exception {
        Files.writeString(directory.resolve("view.json"), "whole");
        Files.writeString(directory.resolve("view.json.tmp"), "ha");
        StateFile file = new StateFile(directory.resolve("view.json"), StateFileTest::encode);
        assertEquals("whole", new String(file.read(), StandardCharsets.UTF_8));
        file.write(1, new Text("next"), outcomes);
        await().until(() -> outcomes.told.size() == 1);
        assertEquals("next", new String(file.read(), StandardCharsets.UTF_8));
        assertFalse(Files.exists(directory.resolve("view.json.tmp")));
    }

    @Test
    void ofSeveralThatWaitOnlyTheNewestIsWrittenAndAllAreConfirmedInOrder() {
        CountDownLatch firstIsBeingWritten = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        List<String> written = new ArrayList<>();
        StateFile file = new StateFile(directory.resolve("view.json"), state -> {
            written.add(((Text) state).text());
            firstIsBeingWritten.countDown();
            try {
                go.await();
            } catch (InterruptedException interrupted) {
                throw new IllegalStateException(interrupted);
            }
            return encode(state);
        });
        file.write(1, new Text("one"), outcomes);
        await().until(() -> firstIsBeingWritten.getCount() == 0);
        file.write(2, new Text("two"), outcomes);
        file.write(3, new Text("three"), outcomes);
        go.countDown();
        await().until(() -> outcomes.told.size() == 3);
        assertEquals(List.of("durable 1", "durable 2", "durable 3"), outcomes.told);
        assertEquals(List.of("one", "three"), written);
    }

    @Test
    void aFailureIsReportedTheOldStateStaysAndTheNextWriteMaySucceed() throws Exception {
        Path path = directory.resolve("gone").resolve("view.json");
        StateFile file = new StateFile(path, StateFileTest::encode);
        file.write(1, new Text("one"), outcomes);
        await().until(() -> outcomes.told.equals(List.of("failed 1")));
        Files.createDirectory(path.getParent());
        file.write(2, new Text("two"), outcomes);
        await().until(() -> outcomes.told.equals(List.of("failed 1", "durable 2")));
        assertEquals("two", new String(file.read(), StandardCharsets.UTF_8));
    }

    @Test
    void aStateDirectoryBelongsToOneProcessAtATime() throws Exception {
        StateDirectory first = StateDirectory.open(directory.resolve("cs_state"), "--state");
        CannotStartException second = assertThrows(
                CannotStartException.class, () -> StateDirectory.open(directory.resolve("cs_state"), "--state"));
        assertTrue(second.getMessage().contains("in use by another process"), second.getMessage());
        assertTrue(second.getMessage().contains("--state DIR"), second.getMessage());
        first.close();
        StateDirectory.open(directory.resolve("cs_state"), "--state").close();
    }

    @Test
    void aStateDirectoryThatCannotBeMadeIsNamed() throws Exception {
        Path file = Files.writeString(directory.resolve("file"), "");
        CannotStartException failure =
                assertThrows(CannotStartException.class, () -> StateDirectory.open(file.resolve("state"), "--state"));
        assertTrue(failure.getMessage().contains(file.toString()), failure.getMessage());
    }
}
