package com.kvstore.sim;

/** Runs one seed of one protocol. Thread-safe: runs share nothing. */
public interface Simulation {
    /**
     * @return what the run was like
     * @throws SimulationFailure if anything demanded does not hold
     */
    RunReport run(long seed, Overrides overrides, Trace trace);

    /** What {@code seed} is with these overrides: where a search for something smaller begins. */
    ClusterOptions options(long seed, Overrides overrides);
}
