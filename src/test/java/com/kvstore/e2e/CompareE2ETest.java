package com.kvstore.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.kvstore.e2e.RunningProcess.Outcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.json.JSONArray;
import org.json.JSONObject;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The comparison as a user starts it, as short as it can be. */
class CompareE2ETest {
    @TempDir
    Path directory;

    private Outcome bench(String... words) {
        return RunningProcess.run(directory, Map.of(), Cluster.command("run-client.sh", words), "");
    }

    @Test
    void itStartsMeasuresKillsAndReportsAndLeavesNothingRunning() throws IOException {
        Outcome outcome = bench(
                "bench",
                "--protocols",
                "eventual",
                "--servers",
                "2",
                "--seconds",
                "1",
                "--warm-up",
                "200ms",
                "--out",
                "r");

        assertEquals(0, outcome.exit(), outcome.toString());
        assertTrue(outcome.out().contains("How long a write takes"), outcome.out());
        JSONObject json = new JSONObject(Files.readString(directory.resolve("r/comparison.json")));
        JSONObject point = json.getJSONArray("points").getJSONObject(0);
        assertEquals(0, point.getJSONObject("write_many").getInt("errors"), json.toString());
        assertTrue(point.getJSONObject("write_many").getInt("per_second") > 0, json.toString());
        JSONArray kills = json.getJSONArray("kills");
        assertTrue(kills.getJSONObject(0).getBoolean("correct"), kills.toString());
        assertTrue(kills.getJSONObject(0).getBoolean("resumed"), kills.toString());
        assertTrue(Files.readString(directory.resolve("r/comparison.html")).contains("<svg"));
        assertTrue(
                ProcessHandle.allProcesses()
                        .noneMatch(each -> each.info().commandLine().orElse("").contains(directory.toString())),
                "a server still runs");
    }

    @Test
    void aWrongCommandLineIsExplained() {
        Outcome outcome = bench("bench", "--protocols", "raft");
        assertEquals(2, outcome.exit());
        assertTrue(outcome.err().contains("not 'raft'"), outcome.err());
        Outcome help = bench("bench", "--help");
        assertEquals(0, help.exit());
        assertTrue(help.out().contains("--connections"), help.out());
    }
}
