package com.kvstore.protocol.eventual;

import com.kvstore.common.Version;

/**
 * Names of streams. A stream is everything that one process takes on from clients, in order: a peer's index in the group
 * (above) and the random incarnation of its process (48 bits). A version is (hybrid clock, stream): total, and never used
 * twice, because a process's clock only rises and two processes of one peer have different incarnations, but for one
 * chance in 2^48 that also needs the same clock reading.
 */
final class Streams {
    private static final int INCARNATION_BITS = 48;
    private static final long INCARNATION_MASK = (1L << INCARNATION_BITS) - 1;

    private Streams() {}

    static long of(int index, long incarnation) {
        return (long) index << INCARNATION_BITS | (incarnation & INCARNATION_MASK);
    }

    static int indexOf(long stream) {
        return (int) (stream >>> INCARNATION_BITS);
    }

    static long clockOf(Version version) {
        return version.epoch();
    }

    static long streamOf(Version version) {
        return version.counter();
    }
}
