package com.kvstore.protocol.primarybackup;

import com.kvstore.protocol.kernel.Effects;

/**
 * A primary whose disk takes nothing for {@link Times#DISK_PATIENCE} gives way, if it hears so many backups whose disks take
 * writes that they are a majority without it: it falls silent, and they elect one of themselves as after a crash. If nobody
 * has taken over after {@link Times#SILENCE}, it goes on, and answers reads again.
 *
 * <p>Silence is always safe: a primary that says nothing is one whose messages are slow.
 *
 * <p>Threading: one machine's.
 */
final class StandDown {
    private final Replica replica;
    private final Shipper shipper;
    /** When the waiting for the disk began, while it fails. */
    private long failsSinceNs;

    private boolean silent;
    private long silentUntilNs;

    StandDown(Replica replica, Shipper shipper) {
        this.replica = replica;
        this.shipper = shipper;
    }

    /** This peer has become the primary. */
    void begin(long nowNs) {
        failsSinceNs = nowNs;
        silent = false;
    }

    void diskFails(boolean fails, long nowNs) {
        replica.diskFails = fails;
        failsSinceNs = nowNs;
        silent &= fails;
    }

    void tick(long nowNs, Effects effects) {
        if (silent && nowNs >= silentUntilNs) {
            silent = false;
            failsSinceNs = nowNs;
        }
        if (!silent
                && replica.diskFails
                && nowNs - failsSinceNs >= Times.DISK_PATIENCE
                && shipper.writable(nowNs) >= replica.group.majority()) {
            silent = true;
            silentUntilNs = nowNs + Times.SILENCE;
            effects.note(
                    "HANDOVER",
                    "The disk of this peer cannot be written, and those of a majority can: another peer is to be the primary");
        }
    }

    boolean isSilent() {
        return silent;
    }
}
