package com.kvstore.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import com.kvstore.ClassPaths;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** One seed is one run, to the byte. */
class DeterminismTest {
    private static final long FIRST = 101;
    private static final int SEEDS = 6;

    /** Prints the trace hashes, for the test that starts another Java machine. */
    static final class Hashes {
        private Hashes() {}

        public static void main(String[] args) {
            System.out.print(String.join(" ", hashes()));
        }
    }

    private static List<String> hashes() {
        List<String> hashes = new ArrayList<>();
        for (long seed = FIRST; seed < FIRST + SEEDS; seed++) {
            hashes.add(
                    Long.toHexString(ClusterSimulation.run(seed, Trace.silent()).traceHash()));
        }
        return hashes;
    }

    @Test
    void aSeedRunTwiceIsTheSameRunAndAnotherSeedIsAnother() {
        List<String> once = hashes();
        assertEquals(once, hashes());
        assertEquals(SEEDS, once.stream().distinct().count());
    }

    @Test
    void aTraceThatIsReadIsTheSameRun() {
        List<String> lines = new ArrayList<>();
        long read = ClusterSimulation.run(FIRST, new Trace(lines::add)).traceHash();
        assertEquals(ClusterSimulation.run(FIRST, Trace.silent()).traceHash(), read);
        assertNotEquals(0, lines.size());
    }

    /** Another Java machine has other identity hashes, another order of hashed collections, another compiler at work. */
    @Test
    void anotherJavaMachineRunsTheSameRun() throws Exception {
        Process other = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:+UnlockExperimentalVMOptions",
                        "-XX:hashCode=1",
                        "-XX:+UseSerialGC",
                        "-cp",
                        ClassPaths.of(Hashes.class, ClusterSimulation.class),
                        Hashes.class.getName())
                .redirectErrorStream(true)
                .start();
        String printed = new String(other.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, other.waitFor(), printed);
        assertEquals(String.join(" ", hashes()), printed);
    }
}
