package com.kvstore.common;

/**
 * When a record was written: the epoch of the view it was prepared in, and the transaction's number within that
 * coordinator's life. A transaction is named by the version it writes.
 *
 * <p>Invariant: newer wins, everywhere, always. Two different transactions never share a version: an epoch is made
 * durable before it is used and belongs to one coordinator, which counts upwards.
 *
 * @param epoch at least 0
 * @param counter at least 0
 */
public record Version(long epoch, long counter) implements Comparable<Version> {
    /** Older than every version that was ever written. */
    public static final Version ZERO = new Version(0, 0);

    @Override
    public int compareTo(Version other) {
        int byEpoch = Long.compare(epoch, other.epoch);
        return byEpoch != 0 ? byEpoch : Long.compare(counter, other.counter);
    }

    public boolean isNewerThan(Version other) {
        return compareTo(other) > 0;
    }

    @Override
    public String toString() {
        return epoch + "." + counter;
    }
}
