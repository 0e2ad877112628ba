package com.kvstore.protocol.primarybackup;

import com.kvstore.protocol.kernel.Persistent;
import com.kvstore.protocol.parts.Formation;

/** What a peer of a primary-backup group keeps on disk beside its records and what it remembers of clients. */
public sealed interface StoredState extends Persistent {

    /**
     * All but the log's entries.
     *
     * @param place which log it is, and what was promised
     * @param progress how far it is decided and applied
     */
    record Summary(Formation.Saved formation, Place place, Progress progress) implements StoredState {}

    /** As in {@code Replica}: what no message may leave before that relies on it. */
    record Place(long view, long normalView, long baseView, long startOp) {}

    /**
     * @param applied everything up to this entry, and nothing behind it, is in the records, unless they are being replaced
     * @param first the first entry that is kept
     * @param clockMs the latest time of day that a primary has told
     * @param floor as in {@code AppliedRequests}
     */
    record Progress(long commit, long applied, long first, long clockMs, long floor) {}

    /** Entry {@code op} of the log. */
    record Entry(long op, LogEntry entry) implements StoredState {}
}
