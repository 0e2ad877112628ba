package com.kvstore.sim;

import org.jspecify.annotations.Nullable;

/** One seed of a protocol, for callers in another class loader: nothing but a name and a number goes in, nothing but a text comes out. */
public final class SeedRun {
    /** Behind a protocol's name: its peers have disks in every seed, not in every second one alone. */
    public static final String ON_DISKS = " on disks";

    private SeedRun() {}

    /** Runs one seed. @return what was noticed; null if nothing was */
    public static @Nullable String failureOf(String protocol, long seed) {
        try {
            boolean disks = protocol.endsWith(ON_DISKS);
            String name = disks ? protocol.substring(0, protocol.length() - ON_DISKS.length()) : protocol;
            Overrides overrides = disks ? Overrides.NONE.withDisks(true) : Overrides.NONE;
            SimMain.simulationOf(name).run(seed, overrides, Trace.silent());
            return null;
        } catch (RuntimeException | AssertionError e) {
            return SimulationFailure.kindOf(e) + " (" + e.getMessage() + ")";
        }
    }
}
