package com.kvstore.sim;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.LongUnaryOperator;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/** What every protocol's test of its first seeds does with them. */
final class FixedSeeds {
    /** What must have happened somewhere in the seeds of any group of peers, or they prove little. */
    private static final List<String> MARKS_OF_GROUPS = List.of(
            "Ack",
            "Value",
            "NOT_FOUND",
            "KILL_SLAVE",
            "KILL_ALL",
            "PAUSE_SLAVE",
            "STOP_SLAVE",
            "CUT",
            "ONE_WAY_CUT",
            "ISOLATE",
            "BRIDGE",
            "RESET",
            "SLOW_NETWORK",
            "FULL_SLAVE_DISK",
            "FAILED_SLAVE_SYNC",
            "SLOW_SLAVE_DISK",
            "WIPE_SLAVE",
            "NO_SPACE");

    private FixedSeeds() {}

    /** The first so many seeds of a group's protocol pass, and what makes them worth running happened. */
    static void pass(Simulation group, long seeds, String... ownMarks) {
        pass(
                group,
                seeds,
                Stream.concat(MARKS_OF_GROUPS.stream(), Stream.of(ownMarks)).toList());
    }

    /** @param marks answers, faults, and tags of notes in brackets, each of which must have come up in some seed */
    static void pass(Simulation simulation, long seeds, Collection<String> marks) {
        Map<String, Integer> seen = new TreeMap<>();
        for (long seed = 1; seed <= seeds; seed++) {
            RunReport report = simulation.run(seed, Overrides.NONE, Trace.silent());
            report.answers().forEach((answer, count) -> seen.merge(answer, count, Integer::sum));
            report.faults().forEach((fault, count) -> seen.merge(fault, count, Integer::sum));
            report.notes().forEach((tag, count) -> seen.merge("[" + tag + "]", count, Integer::sum));
        }
        for (String mark : marks) {
            assertTrue(seen.containsKey(mark), mark + " never happened: " + seen);
        }
    }

    /** Whatever seed it is, it is always the same run, also beside another one: the seeds of a long run share the cores. */
    static void areOneRunEach(Simulation simulation) {
        Overrides options = Overrides.NONE.withDisks(true);
        LongUnaryOperator hash =
                seed -> simulation.run(seed, options, Trace.silent()).traceHash();
        long[] alone = LongStream.of(3, 4, 5, 6).map(hash).toArray();

        long[] together = LongStream.of(3, 4, 5, 6).parallel().map(hash).toArray();

        assertArrayEquals(alone, together);
    }
}
