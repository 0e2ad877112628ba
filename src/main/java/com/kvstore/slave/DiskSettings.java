package com.kvstore.slave;

import java.nio.file.Path;

/**
 * Where and how a slave keeps its data. Immutable.
 *
 * @param syncs whether an answer waits until what it says is on the disk; else the disk follows within 100 ms
 * @param repair whether data that are there are set aside, to begin empty and be filled from the other copies
 */
public record DiskSettings(Path directory, boolean syncs, boolean repair) {}
