package com.kvstore.protocol.primarybackup;

/**
 * How a peer behaves.
 *
 * @param bootstrap whether a majority of empty peers may found the group, without the others
 * @param keptLogBytes how much of what is decided stays in memory for peers that fell behind; who needs more is sent the
 *     table
 * @param partBytes of entries or records in one message; one of them at least goes into each
 * @param windowBytes how far a backup that does not answer is sent ahead
 */
public record PrimaryBackupConfig(boolean bootstrap, long keptLogBytes, long partBytes, long windowBytes) {
    /** With sizes for real machines. */
    public static PrimaryBackupConfig of(boolean bootstrap) {
        return new PrimaryBackupConfig(bootstrap, 64L << 20, 1L << 20, 32L << 20);
    }
}
