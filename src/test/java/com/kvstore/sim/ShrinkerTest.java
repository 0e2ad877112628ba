package com.kvstore.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.kvstore.common.Bytes;
import com.kvstore.common.Version;
import com.kvstore.protocol.parts.ForwardingTable;
import com.kvstore.sim.Shrinker.Failing;
import com.kvstore.storage.MemoryTable;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ShrinkerTest {
    /** A table that drops one write in so many. */
    private static final class ForgetfulTable extends ForwardingTable {
        private int writes;

        ForgetfulTable() {
            super(new MemoryTable());
        }

        @Override
        public boolean apply(int position, Bytes key, @Nullable Bytes value, long deadlineMs, Version version) {
            return ++writes % 20 == 0 || table.apply(position, key, value, deadlineMs, version);
        }
    }

    private static final Simulation BROKEN = ClusterSimulation.over(ForgetfulTable::new);

    private static Failing failing(Simulation simulation, long seed) {
        Throwable failure =
                assertThrows(SimulationFailure.class, () -> simulation.run(seed, Overrides.NONE, Trace.silent()));
        return new Failing(seed, Overrides.NONE, SimulationFailure.kindOf(failure), failure.getMessage());
    }

    @Test
    void aBrokenTableIsShownByOneClientWithFewOperationsAndNoFaults() {
        Failing first = failing(BROKEN, 5);
        Failing small = new Shrinker(BROKEN, 300).shrink(first);
        assertEquals(first.kind(), small.kind());
        ClusterOptions left = BROKEN.options(small.seed(), small.overrides());
        assertTrue(left.roughness().faults().isEmpty(), "" + left);
        assertEquals(1, left.load().clients());
        assertTrue(left.load().operations() <= 64, "" + left);
        assertEquals(2, left.slaves());
    }

    @Test
    void whatIsLeftFailsAgainWhenItsCommandIsTyped() throws Exception {
        Failing small = new Shrinker(BROKEN, 300).shrink(failing(BROKEN, 5));
        String[] words = small.command("ring").split(" ", -1);
        String[] arguments = Arrays.copyOfRange(words, 1, words.length);
        SimRequest request = SimRequest.parse(arguments, new Random(1));
        assertNotNull(request);
        assertEquals(small.overrides(), request.overrides());
        assertTrue(request.trace());
        SimulationFailure again = assertThrows(
                SimulationFailure.class, () -> BROKEN.run(request.from(), request.overrides(), Trace.silent()));
        assertEquals(small.message(), again.getMessage());
    }

    @Test
    void aFailureOfAnotherKindIsNotTakenForTheSame() {
        Simulation simulation = new Simulation() {
            @Override
            public RunReport run(long seed, Overrides overrides, Trace trace) {
                throw new SimulationFailure(overrides.equals(Overrides.NONE) ? "large: it fails" : "small: so it does");
            }

            @Override
            public ClusterOptions options(long seed, Overrides overrides) {
                return BROKEN.options(seed, overrides);
            }
        };
        Failing first = failing(simulation, 1);
        assertEquals(first, new Shrinker(simulation, 1_000).shrink(first));
    }

    @Test
    void onlyTheFaultThatMattersIsLeft() {
        Simulation simulation = new Simulation() {
            @Override
            public RunReport run(long seed, Overrides overrides, Trace trace) {
                if (options(seed, overrides).roughness().faults().containsKey(Fault.BRIDGE)) {
                    throw new SimulationFailure("a bridge: it fails");
                }
                return new RunReport(0, 0, 0, 0, Map.of(), Map.of(), Map.of());
            }

            @Override
            public ClusterOptions options(long seed, Overrides overrides) {
                Overrides all = overrides.only() == null
                        ? overrides.withOnly(new TreeSet<>(List.of(Fault.values())))
                        : overrides;
                return BROKEN.options(seed, all);
            }
        };
        Failing small = new Shrinker(simulation, 1_000).shrink(failing(simulation, 1));
        assertEquals(new TreeSet<>(List.of(Fault.BRIDGE)), small.overrides().only());
        assertEquals(1, small.overrides().operations());
    }

    @Test
    void aFailingSeedPrintsItsReplayCommandAndWhatIsLeft() throws Exception {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        SimRequest request =
                SimRequest.parse(new String[] {"--from", "3", "--seeds", "4", "--jobs", "1"}, new Random(1));
        assertNotNull(request);
        boolean passed = new SeedRunner(request, BROKEN, new PrintStream(bytes, true, StandardCharsets.UTF_8)).run();
        String text = bytes.toString(StandardCharsets.UTF_8);
        assertEquals(false, passed);
        assertTrue(text.contains("✗ seed 3: "), text);
        assertTrue(text.contains("replay it with: ./run-sim.sh --seed 3 --trace"), text);
        assertTrue(text.contains("what is left: 2 slaves, 1 clients"), text);
        assertTrue(text.contains("seeds/s"), text);
        assertTrue(text.contains("simulated hours"), text);
    }

    @Test
    void theProductPassesTheSeedAtWhichTheBrokenTableIsNoticed() {
        assertNull(SeedRun.failureOf("ring", 5));
    }
}
