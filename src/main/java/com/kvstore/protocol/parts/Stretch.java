package com.kvstore.protocol.parts;

import java.util.List;

/**
 * All records of one node in a stretch of the scan order.
 *
 * @param first and {@code last}: scan hashes (unsigned), included
 */
public record Stretch(long first, long last, List<StoredRecord> records) {}
