package com.kvstore.common;

/**
 * When a value begins to count as absent. Immutable.
 *
 * @param ms with {@link Kind#AT}, milliseconds since 1970; with {@link Kind#AFTER}, milliseconds from when the coordinator
 *     takes the request on; at least 1. Else 0
 */
public record Expiry(Kind kind, long ms) {

    public enum Kind {
        NEVER,
        AT,
        AFTER
    }

    /** The deadline of a stored value that does not expire. */
    public static final long NO_DEADLINE = 0;

    public static final Expiry NEVER = new Expiry(Kind.NEVER, 0);

    public Expiry {
        if (kind == Kind.NEVER ? ms != 0 : ms < 1) {
            throw new IllegalArgumentException("a time to live must be at least 1 ms, not " + ms);
        }
    }

    public static Expiry at(long ms) {
        return new Expiry(Kind.AT, ms);
    }

    public static Expiry after(long ms) {
        return new Expiry(Kind.AFTER, ms);
    }

    /** @param deadlineMs {@link #NO_DEADLINE} or milliseconds since 1970 */
    public static Expiry ofDeadline(long deadlineMs) {
        return deadlineMs == NO_DEADLINE ? NEVER : at(deadlineMs);
    }

    /** @return milliseconds since 1970, or {@link #NO_DEADLINE} */
    public long deadlineMs(long nowMs) {
        return switch (kind) {
            case NEVER -> NO_DEADLINE;
            case AT -> ms;
            case AFTER -> ms > Long.MAX_VALUE - nowMs ? Long.MAX_VALUE : nowMs + ms;
        };
    }

    /** Whether a value with this deadline counts as absent at {@code nowMs}. */
    public static boolean isPast(long deadlineMs, long nowMs) {
        return deadlineMs != NO_DEADLINE && deadlineMs <= nowMs;
    }
}
