package com.kvstore.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SimMainTest {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    private int run(String... args) {
        return SimMain.run(
                args,
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8));
    }

    private String printed() {
        return out.toString(StandardCharsets.UTF_8);
    }

    @Test
    void freshSeedsAreToldSoThatTheyCanBeRunAgain() {
        assertEquals(0, run("--seeds", "2", "--operations", "20"));
        assertTrue(printed().matches("(?s)fresh seeds; --from \\d+ runs the same ones again\\n.*"), printed());
        assertTrue(printed().contains("2 of 2 seeds"), printed());
    }

    @Test
    void theTraceOfASeedIsReadable() {
        assertEquals(0, run("--seed", "7", "--trace", "--operations", "10", "--only", "NONE"));
        List<String> lines = printed().lines().toList();
        assertTrue(lines.get(0).contains("ms  simulation   note seed 7"), lines.get(0));
        assertTrue(printed().contains("coordinator  <- ClientRequested["), printed());
        assertTrue(printed().contains("trace hash "), printed());
    }

    @Test
    void aRunEndsWhenItsTimeIsOver() {
        assertEquals(0, run("--time", "200ms", "--from", "1", "--operations", "20", "--jobs", "1"));
        assertTrue(printed().contains(" seeds, "), printed());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--seeds 0",
                "--seeds many",
                "--seed 1 --seeds 2",
                "--trace",
                "--time soon",
                "--protocol raft",
                "--only RAIN",
                "--losses SOME",
                "--slaves 0",
                "more",
                "--no-such-option"
            })
    void aWrongCommandLineIsAnsweredWithTheUsageAndExitStatus2(String line) {
        assertEquals(2, run(line.split(" ", -1)));
        assertTrue(err.toString(StandardCharsets.UTF_8).contains("Usage: run-sim.sh"), line);
    }

    @Test
    void whatIsSetByHandIsSetAndTheRestIsDrawn() {
        Overrides overrides = new Overrides(5, 10, 300, null, null, ClusterOptions.Losses.ANY, null);
        ClusterOptions options = ClusterSimulation.RING.options(4, overrides);
        ClusterOptions drawn = ClusterSimulation.RING.options(4, Overrides.NONE);
        assertEquals(5, options.slaves());
        assertEquals(10, options.load().clients());
        assertEquals(300, options.load().operations());
        assertEquals(drawn.load().hotKeys(), options.load().hotKeys());
        assertEquals(drawn.roughness().faults(), options.roughness().faults());
        assertEquals(" --slaves 5 --clients 10 --operations 300 --losses ANY", overrides.toArguments());
    }
}
