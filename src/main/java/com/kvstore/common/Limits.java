package com.kvstore.common;

/** Limits that every face and every node keeps. Sizes in bytes. */
public final class Limits {
    public static final int MAX_KEY_BYTES = 64 * 1024;
    public static final int DEFAULT_MAX_VALUE_BYTES = 16 * 1024 * 1024;
    /** A frame holds one value of the largest size and room for everything around it. */
    public static final int FRAME_OVERHEAD_BYTES = 1024 * 1024;
    /** Writes in one transaction. */
    public static final int MAX_WRITES = 100_000;

    /** Keys that one page of a scan looks at. */
    public static final int MAX_SCAN = 10_000;

    /** One part of a backup that is pushed; any node's frames have room for it, whatever its largest value. */
    public static final int MAX_BACKUP_PART_BYTES = 512 * 1024;

    private Limits() {}
}
