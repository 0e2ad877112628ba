package com.kvstore.common;

import org.jspecify.annotations.Nullable;

/**
 * What must hold of a key's committed state for a transaction to be applied; every participant checks it before it votes
 * yes. A value whose deadline has passed counts as absent. Immutable.
 *
 * @param version with {@link Kind#VERSION} and {@link Kind#EXPIRED}, the one the value must have; else {@link Version#ZERO}
 * @param value with {@link Kind#VALUE}, what the value must be; else null
 */
public record Condition(
        Kind kind, Version version, @Nullable Bytes value) {

    public enum Kind {
        /** Anything. */
        NONE,
        /** The key is there: UPDATE and DELETE. */
        EXISTS,
        /** The key is not there. */
        ABSENT,
        /** The key is there, as a given transaction wrote it. */
        VERSION,
        /** The key is there and has a given value. */
        VALUE,
        /** The key holds what a given transaction wrote, and the deadline of that has passed: it may be deleted. */
        EXPIRED
    }

    public static final Condition NONE = new Condition(Kind.NONE, Version.ZERO, null);
    public static final Condition EXISTS = new Condition(Kind.EXISTS, Version.ZERO, null);
    public static final Condition ABSENT = new Condition(Kind.ABSENT, Version.ZERO, null);

    public Condition {
        if ((kind == Kind.VALUE) != (value != null) || (!namesVersion(kind) && !version.equals(Version.ZERO))) {
            throw new IllegalArgumentException("a condition of kind " + kind + " with what belongs to another");
        }
    }

    public static Condition versionIs(Version version) {
        return new Condition(Kind.VERSION, version, null);
    }

    public static Condition valueIs(Bytes value) {
        return new Condition(Kind.VALUE, Version.ZERO, value);
    }

    /** For the coordinator's own deletes. */
    public static Condition expired(Version version) {
        return new Condition(Kind.EXPIRED, version, null);
    }

    /** Whether conditions of this kind have a version. */
    public static boolean namesVersion(Kind kind) {
        return kind == Kind.VERSION || kind == Kind.EXPIRED;
    }

    public boolean isNone() {
        return kind == Kind.NONE;
    }

    /**
     * @param present what is stored of the key, null if nothing is
     * @param nowMs by which deadlines are judged, milliseconds since 1970
     */
    public boolean holdsFor(Result.@Nullable Value present, long nowMs) {
        if (present == null) {
            return kind == Kind.NONE || kind == Kind.ABSENT;
        }
        boolean expired = Expiry.isPast(present.deadlineMs(), nowMs);
        return switch (kind) {
            case NONE -> true;
            case EXISTS -> !expired;
            case ABSENT -> expired;
            case VERSION -> !expired && present.version().equals(version);
            case VALUE -> !expired && present.value().equals(value);
            case EXPIRED -> expired && present.version().equals(version);
        };
    }
}
