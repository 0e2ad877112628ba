package com.kvstore.compare;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.xml.parsers.DocumentBuilderFactory;
import org.json.JSONObject;
import org.junit.jupiter.api.Test;

class ReportsTest {
    private static final CompareSettings SETTINGS = new CompareSettings(
            List.of(Protocol.values()), List.of(1, 3, 7), 1_000, 500, 8, Path.of("out"), Path.of("home"));

    private static Figures figures(double us) {
        return new Figures(1e6 / us, us, us * 10, 0);
    }

    private static KillResult kill(Protocol protocol, long lost, boolean correct) {
        List<Integer> counts = new ArrayList<>(Collections.nCopies(140, 50));
        counts.set(50, 0);
        return new KillResult(
                protocol,
                3,
                812.3,
                15,
                true,
                new KillResult.Told(10_000, 12, 3),
                new Ledger.Audit(lost, 0, 0),
                new KillResult.Verdict(correct, correct ? "linearizable" : "WRONG: a < b & c", 2_000),
                new KillResult.Timeline(counts, 50, 2_500));
    }

    private static Results results(KillResult... kills) {
        List<Point> points = new ArrayList<>();
        for (int servers : SETTINGS.servers()) {
            for (Protocol protocol : Protocol.values()) {
                double us = 50 + 20.0 * servers * (1 + SETTINGS.protocols().indexOf(protocol));
                points.add(
                        new Point(protocol, servers, figures(us), figures(us / 2), figures(us / 8), figures(us / 9)));
            }
        }
        return new Results(SETTINGS, "2 processors", "2026-11-21", "./run-client.sh bench", points, List.of(kills));
    }

    @Test
    void thePageNeedsNothingFromElsewhereAndItsChartsAreWellFormed() throws Exception {
        String page = HtmlReport.of(results(kill(Protocol.RING, 0, true), kill(Protocol.EVENTUAL, 2, false)));
        assertFalse(page.replace("http://www.w3.org/2000/svg", "").contains("http"), "no address of anything");
        assertTrue(page.contains("WRONG: a &lt; b &amp; c"));
        Matcher charts = Pattern.compile("<svg.*?</svg>", Pattern.DOTALL).matcher(page);
        int count = 0;
        while (charts.find()) {
            count++;
            DocumentBuilderFactory.newInstance()
                    .newDocumentBuilder()
                    .parse(new ByteArrayInputStream(charts.group().getBytes(StandardCharsets.UTF_8)));
            assertFalse(charts.group().contains("NaN"), charts.group());
        }
        assertEquals(5 + 2, count);
    }

    @Test
    void everyProtocolIsALineWithAPointForEachNumberOfServers() {
        String page = HtmlReport.of(results());
        for (Protocol protocol : Protocol.values()) {
            assertTrue(page.contains("<path class=\"line " + protocol.word() + "\""), protocol.word());
            assertTrue(page.contains(protocol.word() + ", 7 servers: "), protocol.word());
        }
        assertTrue(page.contains("<b class=\"eventual\">eventual</b> ×4.7"), "from 130 to 610 µs");
    }

    @Test
    void theTextHasATableABarForEachFigureAndTheKills() {
        String text = TextReport.of(results(kill(Protocol.PRIMARY_BACKUP, 0, true)));
        assertTrue(text.contains("ring                  1        70 µs      700 µs"), text);
        assertEquals(12, text.lines().filter(line -> line.contains("█")).count(), text);
        assertTrue(text.contains("primary-backup     812 ms     15 ms        12         3       10,000      0"), text);
    }

    @Test
    void theFiguresAreThereForPrograms() {
        JSONObject json = new JSONObject(JsonReport.of(results(kill(Protocol.TOTAL_ORDER, 0, true))));
        assertEquals(12, json.getJSONArray("points").length());
        JSONObject first = json.getJSONArray("points").getJSONObject(0);
        assertEquals("ring", first.getString("protocol"));
        assertEquals(70.0, first.getJSONObject("write_alone").getDouble("p50_us"));
        JSONObject kill = json.getJSONArray("kills").getJSONObject(0);
        assertEquals(812.3, kill.getDouble("pause_ms"));
        assertEquals(140, kill.getJSONArray("acknowledged_by_bucket").length());
    }

    @Test
    void onlyAnEventualGroupMayLoseWhatItAcknowledged() {
        assertTrue(results(kill(Protocol.EVENTUAL, 5, true)).correct());
        assertFalse(results(kill(Protocol.RING, 1, true)).correct());
        assertFalse(results(kill(Protocol.EVENTUAL, 0, false)).correct());
    }

    @Test
    void oneOfThreeIsKilledOrElseOneOfTheLargestGroup() {
        assertEquals(3, SETTINGS.killedAmong());
        assertEquals(5, with(List.of(1, 5)).killedAmong());
        assertEquals(0, with(List.of(1)).killedAmong());
    }

    private static CompareSettings with(List<Integer> servers) {
        return new CompareSettings(List.of(Protocol.RING), servers, 1, 1, 1, SETTINGS.out(), SETTINGS.home());
    }

    @Test
    void listsAreUnderstoodAndWrongOnesExplained() {
        assertEquals(List.of(1, 3, 5), CompareSettings.parseServers("5, 1,3,3"));
        assertEquals(List.of(Protocol.EVENTUAL, Protocol.RING), Protocol.parse("eventual,ring"));
        assertEquals(4, Protocol.parse("all").size());
        assertThrows(IllegalArgumentException.class, () -> CompareSettings.parseServers("0"));
        assertThrows(IllegalArgumentException.class, () -> CompareSettings.parseServers("1,x"));
        IllegalArgumentException wrong =
                assertThrows(IllegalArgumentException.class, () -> Protocol.parse("ring,raft"));
        assertTrue(String.valueOf(wrong.getMessage()).endsWith("not 'raft'"), wrong.getMessage());
    }
}
