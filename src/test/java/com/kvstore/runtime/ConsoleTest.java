package com.kvstore.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.kvstore.common.Bytes;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

class ConsoleTest {
    private static final long SECOND_NS = 1_000_000_000L;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    private String printed(Console console) {
        console.close(5_000);
        return out.toString(StandardCharsets.UTF_8);
    }

    @Test
    void linesComeOutInOrderWithTheirTags() {
        Console console = new Console(out);
        console.line("INFO", "Ready to accept connections");
        console.line("REGISTER", "Hash(127.0.0.1:8081) = 1");
        assertEquals("[INFO] Ready to accept connections\n[REGISTER] Hash(127.0.0.1:8081) = 1\n", printed(console));
    }

    @Test
    void aKeyCannotForgeALine() {
        Console console = new Console(out);
        console.line("CACHE HIT", "a\n[INFO] all is lost\u001b[2J");
        assertEquals("[CACHE HIT] a\\x0a[INFO] all is lost\\x1b[2J\n", printed(console));
    }

    @Test
    void aTerminalThatHangsHoldsNobodyUpAndTheLossIsToldLater() throws Exception {
        CountDownLatch reached = new CountDownLatch(1);
        CountDownLatch released = new CountDownLatch(1);
        Console console = new Console(
                new OutputStream() {
                    @Override
                    public void write(int b) throws IOException {
                        throw new IOException("not used");
                    }

                    @Override
                    public void write(byte[] bytes) throws IOException {
                        reached.countDown();
                        try {
                            released.await();
                        } catch (InterruptedException toClose) {
                            Thread.currentThread().interrupt();
                        }
                        out.write(bytes);
                    }
                },
                2);
        console.line("INFO", "first");
        reached.await();
        for (int i = 1; i <= 5; i++) {
            console.line("INFO", "line " + i);
        }
        released.countDown();
        assertEquals(
                "[INFO] first\n[INFO] line 1\n[INFO] line 2\n[INFO] 3 lines were dropped: the terminal was too slow\n",
                printed(console));
    }

    @Test
    void aBrokenPipeIsNoReasonToEnd() {
        Console console = new Console(new OutputStream() {
            @Override
            public void write(int b) throws IOException {
                throw new IOException("Broken pipe");
            }
        });
        console.line("INFO", "into the void");
        console.line("INFO", "again");
        console.close(5_000);
    }

    @Test
    void twentyRequestsInASecondArePrintedAndMoreAreSummedUp() {
        Console console = new Console(out);
        RequestNotes notes = new RequestNotes(console);
        boolean summaryAsked = false;
        for (int i = 0; i < 12_345; i++) {
            summaryAsked |= notes.note("CACHE HIT", Bytes.of("k" + i), i);
        }
        assertTrue(summaryAsked);
        assertTrue(notes.summarize(SECOND_NS));
        String text = printed(console);
        assertTrue(text.contains("[CACHE HIT] k19\n"), text);
        assertEquals(RequestNotes.LINES_PER_SECOND + 1, text.lines().count(), text);
        assertTrue(text.endsWith("[CACHE HIT] 12,345 in the last second\n"), text);
    }

    @Test
    void afterAFloodLinesComeSinglyAgain() {
        Console console = new Console(out);
        RequestNotes notes = new RequestNotes(console);
        for (int i = 0; i < 21; i++) {
            notes.note("CACHE HIT", Bytes.of("flood"), i);
        }
        assertTrue(notes.summarize(SECOND_NS), "one more second is looked at");
        notes.note("CACHE HIT", Bytes.of("drop"), SECOND_NS + 1);
        assertEquals(false, notes.summarize(2 * SECOND_NS));
        notes.note("CACHE HIT", Bytes.of("single"), 2 * SECOND_NS + 1);
        String text = printed(console);
        assertTrue(text.endsWith("[CACHE HIT] 1 in the last second\n[CACHE HIT] single\n"), text);
    }

    @Test
    void eachTagAndEachSecondHasItsOwnTwenty() {
        Console console = new Console(out);
        RequestNotes notes = new RequestNotes(console);
        for (int second = 0; second < 2; second++) {
            for (int i = 0; i < RequestNotes.LINES_PER_SECOND; i++) {
                notes.note("CACHE HIT", Bytes.of("k"), second * SECOND_NS);
                notes.note("GET", Bytes.of("k"), second * SECOND_NS);
            }
        }
        assertEquals(
                4L * RequestNotes.LINES_PER_SECOND, printed(console).lines().count());
    }
}
