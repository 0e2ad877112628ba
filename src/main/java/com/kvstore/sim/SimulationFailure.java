package com.kvstore.sim;

import org.jspecify.annotations.Nullable;

/** A run has shown a fault of the simulated program: the message says what was violated. */
public final class SimulationFailure extends RuntimeException {
    private static final long serialVersionUID = 1;

    public SimulationFailure(String violation) {
        super(violation);
    }

    public SimulationFailure(String violation, @Nullable Throwable cause) {
        super(violation, cause);
    }
}
