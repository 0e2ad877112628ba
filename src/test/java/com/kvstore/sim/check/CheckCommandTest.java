package com.kvstore.sim.check;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CheckCommandTest {
    private static final String PUT =
            "{\"client\":\"c\",\"op\":\"put\",\"key\":\"k\",\"value\":\"a\",\"result\":\"ok\",\"startNs\":1,\"endNs\":2}";

    private final ByteArrayOutputStream printed = new ByteArrayOutputStream();

    @TempDir
    Path directory;

    private int check(String... lines) throws IOException {
        Path file = directory.resolve("history.jsonl");
        Files.writeString(file, String.join("\n", lines) + "\n");
        return run(file.toString());
    }

    private int run(String... arguments) {
        printed.reset();
        PrintStream to = new PrintStream(printed, true, StandardCharsets.UTF_8);
        return CheckCommand.run(List.of(arguments), to, to);
    }

    private String said() {
        return printed.toString(StandardCharsets.UTF_8);
    }

    private static String line(String op, String more, long startNs, long endNs) {
        return String.format(
                Locale.ROOT,
                "{\"client\":\"c\",\"op\":\"%s\",\"key\":\"k\",%s,\"startNs\":%d,\"endNs\":%d}",
                op,
                more,
                startNs,
                endNs);
    }

    @Test
    void aCorrectHistoryIsCountedAndAccepted() throws IOException {
        int status = check(
                PUT,
                "",
                line("get", "\"value\":\"a\",\"result\":\"ok\"", 3, 4),
                line("update", "\"value_b64\":\"/w==\",\"result\":\"not_applied\",\"code\":\"UNAVAILABLE\"", 5, 6),
                "{\"client\":\"d\",\"op\":\"delete\",\"key\":\"k\",\"result\":\"unknown\",\"startNs\":7}",
                line("get", "\"result\":\"not_found\"", 8, 9));
        assertEquals(0, status, said());
        assertTrue(said().contains("5 operations of 2 clients on 1 keys"), said());
        assertTrue(said().contains("2 ok, 1 not found, 1 not applied, 1 unknown"), said());
        assertTrue(said().contains("Correct"), said());
    }

    @Test
    void aWrongHistoryNamesTheKeyAndWhatMattersOnly() throws IOException {
        List<String> lines = new ArrayList<>();
        for (int i = 0; i < 400; i++) {
            lines.add(line("put", "\"value\":\"v" + i + "\",\"result\":\"ok\"", i * 10L, i * 10L + 2));
            lines.add(line("get", "\"value\":\"v" + i + "\",\"result\":\"ok\"", i * 10L + 3, i * 10L + 4));
        }
        lines.add(line("get", "\"value\":\"v17\",\"result\":\"ok\"", 5000, 5001));
        assertEquals(1, check(lines.toArray(String[]::new)));
        assertTrue(said().contains("key k: not linearizable"), said());
        assertTrue(said().contains("GET k -> v17"), said());
        assertTrue(said().contains("PUT k v17"), said());
        assertTrue(said().contains("could hold only: v399"), said());
        assertTrue(said().lines().count() < 45, said());
    }

    @Test
    void aMultiGetThatSeesHalfOfATransactionIsWrong() throws IOException {
        String format =
                "{\"client\":\"c\",\"op\":\"%s\",\"key\":\"%s\",\"value\":\"%s\",\"result\":\"ok\",\"startNs\":%d,"
                        + "\"endNs\":%d,\"transaction\":%d}";
        List<String> lines = List.of(
                String.format(Locale.ROOT, format, "put", "x", "old", 1, 2, 1),
                String.format(Locale.ROOT, format, "put", "y", "old", 1, 2, 1),
                String.format(Locale.ROOT, format, "put", "x", "new", 10, 20, 2),
                String.format(Locale.ROOT, format, "put", "y", "new", 10, 20, 2));
        List<String> whole = new ArrayList<>(lines);
        whole.add(String.format(Locale.ROOT, format, "get", "x", "new", 12, 14, 3));
        whole.add(String.format(Locale.ROOT, format, "get", "y", "new", 12, 14, 3));
        assertEquals(0, check(whole.toArray(String[]::new)), said());
        List<String> half = new ArrayList<>(lines);
        half.add(String.format(Locale.ROOT, format, "get", "x", "new", 12, 14, 3));
        half.add(String.format(Locale.ROOT, format, "get", "y", "old", 12, 14, 3));
        assertEquals(1, check(half.toArray(String[]::new)), said());
        assertTrue(said().contains("half of a transaction"), said());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{\"op\":\"put\" | line 2",
                "nonsense | line 2",
                "{} | op",
                "{\"client\":\"c\",\"op\":\"steal\",\"key\":\"k\",\"result\":\"ok\",\"startNs\":1,\"endNs\":2} | not 'steal'",
                "{\"client\":\"c\",\"op\":\"erase\",\"key\":\"k\",\"result\":\"done\",\"startNs\":1,\"endNs\":2} | not 'done'",
                "{\"client\":\"c\",\"op\":\"get\",\"key\":\"k\",\"result\":\"ok\",\"startNs\":1,\"endNs\":2} | has the value",
                "{\"client\":\"c\",\"op\":\"put\",\"key\":\"k\",\"result\":\"ok\",\"startNs\":1,\"endNs\":2} | has a value",
                "{\"client\":\"c\",\"op\":\"erase\",\"result\":\"ok\",\"startNs\":1,\"endNs\":2} | key",
                "{\"client\":\"c\",\"op\":\"erase\",\"key\":\"k\",\"result\":\"ok\",\"startNs\":1} | endNs",
                "{\"client\":\"c\",\"op\":\"erase\",\"key\":\"k\",\"result\":\"ok\",\"startNs\":3,\"endNs\":2} | comes before",
                "{\"client\":\"c\",\"op\":\"erase\",\"key\":\"k\",\"result\":\"ok\",\"startNs\":1.5,\"endNs\":2} | whole number",
                "{\"client\":\"c\",\"op\":\"erase\",\"key_b64\":\"*\",\"result\":\"ok\",\"startNs\":1,\"endNs\":2} | line 2"
            })
    void aLineThatIsNoOperationIsNamed(String line, String complaint) throws IOException {
        assertEquals(2, check(PUT, line), said());
        assertTrue(said().contains("history.jsonl, line 2: "), said());
        assertTrue(said().contains(complaint), said());
    }

    @Test
    void aFileThatIsNotThereOrNoTextIsRefused() throws IOException {
        assertEquals(2, run(directory.resolve("absent").toString()));
        assertTrue(said().contains("is not there"), said());
        Path binary = directory.resolve("binary");
        Files.write(binary, new byte[] {(byte) 0xff, (byte) 0xfe, 0});
        assertEquals(2, run(binary.toString()));
        assertTrue(said().contains("not UTF-8"), said());
        assertEquals(2, run());
        assertEquals(2, run("--frobnicate"));
        assertEquals(0, run("--help"));
    }
}
