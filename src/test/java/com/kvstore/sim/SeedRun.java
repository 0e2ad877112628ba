package com.kvstore.sim;

import org.jspecify.annotations.Nullable;

/** One seed of a protocol, for callers in another class loader: nothing but a name and a number goes in, nothing but a text comes out. */
public final class SeedRun {
    private SeedRun() {}

    /** Runs one seed. @return what was noticed; null if nothing was */
    public static @Nullable String failureOf(String protocol, long seed) {
        try {
            SimMain.simulationOf(protocol).run(seed, Overrides.NONE, Trace.silent());
            return null;
        } catch (RuntimeException | AssertionError e) {
            return SimulationFailure.kindOf(e) + " (" + e.getMessage() + ")";
        }
    }
}
