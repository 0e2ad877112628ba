package com.kvstore.sim.check;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.StringReader;
import java.util.List;
import org.junit.jupiter.api.Test;

class EventualCheckerTest {
    private static String line(String client, String op, String result, int startNs, String more) {
        return "{\"client\":\"" + client + "\",\"op\":\"" + op + "\",\"key\":\"k\",\"result\":\"" + result
                + "\",\"startNs\":" + startNs + ",\"endNs\":" + (startNs + 5) + more + "}\n";
    }

    private static String put(String client, String value, int startNs, String version) {
        return line(client, "put", "ok", startNs, ",\"value\":\"" + value + "\",\"version\":\"" + version + "\"");
    }

    private static String got(String client, String value, int startNs, String version) {
        return line(client, "get", "ok", startNs, ",\"value\":\"" + value + "\",\"version\":\"" + version + "\"");
    }

    private static String verdict(String... lines) throws Exception {
        BufferedReader in = new BufferedReader(new StringReader(String.join("", lines)));
        List<HistoryChecker.Violation> wrong = EventualChecker.check(HistoryFile.readVersioned(in));
        assertTrue(wrong.size() < 2, wrong.toString());
        return wrong.isEmpty() ? "" : wrong.get(0).explanation();
    }

    @Test
    void aStaleReadOfWhatAnotherWroteIsAllowed() throws Exception {
        assertEquals(
                "",
                verdict(
                        put("a", "1", 0, "5.1"),
                        put("b", "2", 10, "6.2"),
                        got("c", "2", 20, "6.2"),
                        got("c", "1", 30, "5.1"),
                        line("c", "get", "not_found", 40, "")));
    }

    @Test
    void aValueThatNobodyWroteIsFound() throws Exception {
        assertTrue(verdict(put("a", "1", 0, "5.1"), got("b", "9", 10, "5.2")).startsWith("a value that nobody wrote"));
    }

    @Test
    void aValueWhoseWriteWasRefusedIsFound() throws Exception {
        String refused = line("a", "put", "not_applied", 0, ",\"value\":\"1\"");
        assertTrue(verdict(refused, got("b", "1", 10, "5.2")).startsWith("a value that nobody wrote"));
    }

    @Test
    void aValueFromTheFutureIsFound() throws Exception {
        assertTrue(
                verdict(got("b", "1", 0, "5.1"), put("a", "1", 10, "5.1")).startsWith("a value that was written only"));
    }

    @Test
    void aClientThatReadsWhatIsOlderThanItsOwnWriteIsFound() throws Exception {
        String[] others = {put("b", "1", 0, "5.1"), put("a", "2", 10, "6.1")};
        assertEquals("", verdict(others[0], others[1], got("b", "1", 20, "5.1")));
        assertTrue(verdict(others[0], others[1], got("a", "1", 20, "5.1")).contains("had written 6.1 before"));
        assertTrue(verdict(others[1], line("a", "get", "not_found", 20, "")).startsWith("not found by who wrote it"));
    }

    @Test
    void aKeyThatSomebodyDeletedMayBeGone() throws Exception {
        assertEquals(
                "",
                verdict(
                        put("a", "1", 0, "5.1"),
                        line("b", "delete", "ok", 10, ",\"version\":\"6.1\""),
                        line("a", "get", "not_found", 20, "")));
    }

    @Test
    void oneVersionWithTwoValuesIsFound() throws Exception {
        assertTrue(verdict(put("a", "1", 0, "5.1"), put("b", "2", 10, "5.1")).startsWith("version 5.1 is both"));
    }
}
