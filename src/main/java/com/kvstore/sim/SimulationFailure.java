package com.kvstore.sim;

import org.jspecify.annotations.Nullable;

/**
 * A run has shown a fault of the simulated program: the message says what was violated. Up to its first colon it names the
 * kind of violation, the same words whenever that is violated.
 */
public final class SimulationFailure extends RuntimeException {
    private static final long serialVersionUID = 1;

    public SimulationFailure(String violation) {
        super(violation);
    }

    public SimulationFailure(String violation, @Nullable Throwable cause) {
        super(violation, cause);
    }

    /** What kind of violation {@code failure} is: two runs that fail for one reason have the same. */
    static String kindOf(Throwable failure) {
        Throwable cause = failure.getCause();
        if (failure instanceof SimulationFailure && cause == null) {
            String text = String.valueOf(failure.getMessage());
            int colon = text.indexOf(':');
            return colon < 0 ? text : text.substring(0, colon);
        }
        Throwable thrown = cause == null ? failure : cause;
        StackTraceElement[] stack = thrown.getStackTrace();
        return thrown.getClass().getSimpleName() + (stack.length == 0 ? "" : " in " + stack[0].getMethodName());
    }
}
