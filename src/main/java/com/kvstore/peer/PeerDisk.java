package com.kvstore.peer;

import java.nio.file.Path;

/**
 * Where and how a peer keeps its data. Immutable.
 *
 * @param syncs whether nothing is said before it is on the disk; else the disk follows within 100 ms
 * @param repair whether data that are there are set aside, to begin empty and be filled from the other peers
 */
public record PeerDisk(Path directory, boolean syncs, boolean repair) {}
