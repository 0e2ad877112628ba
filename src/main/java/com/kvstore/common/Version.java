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

    /**
     * @param text as {@link #toString} writes it
     * @throws IllegalArgumentException if it is not
     */
    public static Version parse(String text) {
        int dot = text.indexOf('.');
        try {
            long epoch = Long.parseLong(text.substring(0, Math.max(dot, 0)));
            long counter = Long.parseLong(text.substring(dot + 1));
            if (epoch >= 0 && counter >= 0) {
                return new Version(epoch, counter);
            }
        } catch (NumberFormatException notNumbers) {
            throw new IllegalArgumentException(notAVersion(text), notNumbers);
        }
        throw new IllegalArgumentException(notAVersion(text));
    }

    private static String notAVersion(String text) {
        return "a version is EPOCH.COUNTER, like 12.7, not '" + text + "'";
    }

    @Override
    public String toString() {
        return epoch + "." + counter;
    }
}
