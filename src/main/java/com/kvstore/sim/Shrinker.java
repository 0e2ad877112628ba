package com.kvstore.sim;

import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Looks for a smaller run that fails in the same way: fewer kinds of faults, operations, clients, slaves and keys.
 *
 * <p>A run that is made smaller goes another way, so that the one fault may no longer meet the one write: each smaller size
 * is tried with a number of seeds, the first of them the one that failed (delta debugging, Zeller and Hildebrandt:
 * Simplifying and isolating failure-inducing input, 2002, with a random part).
 *
 * <p>Deterministic: one failure is shrunk to one result. Threading: one thread's.
 */
final class Shrinker {
    private static final int FIRST_OPERATIONS = 256;
    /** One alone never has two copies of a key, which is a failure of another kind. */
    private static final int LEAST_SLAVES = 2;

    private static final int SEEDS_A_SIZE = 12;

    /** A run that fails. */
    record Failing(long seed, Overrides overrides, String kind, String message) {
        /** What replays it. */
        String command(String protocol) {
            String chosen = protocol.equals(SimMain.DEFAULT_PROTOCOL) ? "" : " --protocol " + protocol;
            return "./run-sim.sh" + chosen + " --seed " + seed + overrides.toArguments() + " --trace";
        }
    }

    private final Simulation simulation;
    private int runsLeft;

    /** @param maxRuns when to be content with what there is */
    Shrinker(Simulation simulation, int maxRuns) {
        this.simulation = simulation;
        this.runsLeft = maxRuns;
    }

    /** The smallest run that was found; {@code first} itself if that is none. */
    Failing shrink(Failing first) {
        Failing best = first;
        boolean smaller = true;
        while (smaller && runsLeft > 0) {
            smaller = false;
            for (Overrides candidate : candidates(best)) {
                Failing found = search(best, candidate);
                if (found != null) {
                    best = found;
                    smaller = true;
                    break;
                }
            }
        }
        return best;
    }

    /** Smaller ones, the much smaller first. */
    private List<Overrides> candidates(Failing failing) {
        Overrides now = failing.overrides;
        ClusterOptions options = simulation.options(failing.seed, now);
        List<Overrides> candidates = new ArrayList<>();
        SortedSet<Fault> faults = new TreeSet<>(options.roughness().faults().keySet());
        addFewerFaults(now, faults, candidates);
        int operations = options.load().operations();
        if (operations == 0) {
            candidates.add(now.withOperations(FIRST_OPERATIONS));
        }
        for (int fewer : smaller(options.slaves(), LEAST_SLAVES)) {
            candidates.add(now.withSlaves(fewer));
        }
        for (int fewer : smaller(options.load().clients(), 1)) {
            candidates.add(now.withClients(fewer));
        }
        for (int fewer : smaller(options.load().hotKeys(), 1)) {
            candidates.add(now.withKeys(fewer));
        }
        // Last: a short run has little left in which anything else could be tried.
        for (int fewer : smaller(operations, 1)) {
            candidates.add(now.withOperations(fewer));
        }
        return candidates;
    }

    private static void addFewerFaults(Overrides now, SortedSet<Fault> faults, List<Overrides> candidates) {
        List<Fault> list = new ArrayList<>(faults);
        if (list.size() > 3) {
            int half = list.size() / 2;
            candidates.add(now.withOnly(new TreeSet<>(list.subList(0, half))));
            candidates.add(now.withOnly(new TreeSet<>(list.subList(half, list.size()))));
        }
        for (Fault fault : list) {
            SortedSet<Fault> fewer = new TreeSet<>(faults);
            fewer.remove(fault);
            candidates.add(now.withOnly(fewer));
        }
    }

    /** Half, and one less; none below {@code least}. */
    private static int[] smaller(int n, int least) {
        if (n <= least) {
            return new int[0];
        }
        int half = Math.max(least, n / 2);
        return half == n - 1 ? new int[] {half} : new int[] {half, n - 1};
    }

    private @Nullable Failing search(Failing failing, Overrides candidate) {
        for (int i = 0; i < SEEDS_A_SIZE && runsLeft > 0; i++) {
            runsLeft--;
            long seed = failing.seed + i;
            try {
                simulation.run(seed, candidate, Trace.silent());
            } catch (RuntimeException | AssertionError e) {
                if (SimulationFailure.kindOf(e).equals(failing.kind)) {
                    return new Failing(seed, candidate, failing.kind, String.valueOf(e.getMessage()));
                }
            }
        }
        return null;
    }
}
