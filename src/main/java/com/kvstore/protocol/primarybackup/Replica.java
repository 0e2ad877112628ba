package com.kvstore.protocol.primarybackup;

import com.kvstore.common.Group;
import com.kvstore.common.Version;
import com.kvstore.protocol.parts.AppliedRequests;
import com.kvstore.protocol.parts.RecordTable;
import com.kvstore.protocol.parts.StoredRecord;
import com.kvstore.protocol.primarybackup.LogEntry.KeyWrite;
import org.jspecify.annotations.Nullable;

/**
 * What one peer holds and has promised; the parts of the machine share it.
 *
 * <p>Invariants: {@code applied <= commit <= log.last()}, once the log is whole. Entries are applied in their order, each
 * with its number as the version of what it writes, so that applying one again, or over a table that is ahead, changes
 * nothing. {@code normalView <= view}; {@code view} never goes down while the peer belongs to one formation.
 *
 * <p>Threading: one machine's.
 */
final class Replica {
    /** What a peer is at the moment (4, figure 2). */
    enum Status {
        /** Holds nothing and belongs to no group; may be waiting for one to form, or for a recovery. */
        EMPTY,
        /** Takes part in its view: its log holds all that the view began with. */
        NORMAL,
        /** Knows its view's primary, and fetches what the view began with. */
        JOINING,
        /** Has promised to go to its view and waits for it to begin. */
        VIEW_CHANGE
    }

    /** All versions are (this, number in the log). */
    private static final long EPOCH = 1;

    final PrimaryBackupConfig config;
    final Group group;
    final int self;
    final RecordTable table;
    final AppliedRequests requests = new AppliedRequests();

    Status status = Status.EMPTY;
    /** The highest view promised or joined. */
    long view;
    /** The view that {@link #log} is of; -1: of none, it never was whole. */
    long normalView = -1;

    OpLog log = new OpLog(1);
    /** What the view began with and is being fetched, in place of {@link #log} once it reaches {@link #startOp}. */
    @Nullable OpLog stage;
    /** What the view began with: the log of {@code baseView} up to {@code startOp}. */
    long baseView;

    long startOp;
    long commit;
    long applied;
    /** The latest time of day that a primary has told. */
    long clockMs;

    /** Whether the disk takes nothing at the moment. */
    boolean diskFails;

    /** Up to where {@link #log} is on the disk; negative: nothing is kept there, and what is in memory counts. */
    private long durableOp = -1;

    Replica(Group group, int self, RecordTable table, PrimaryBackupConfig config) {
        this.config = config;
        this.group = group;
        this.self = self;
        this.table = table;
    }

    /** The last entry of the log that this peer can vouch for: it is on the disk, if there is one. */
    long durableOp() {
        return durableOp < 0 ? log.last() : Math.min(durableOp, log.last());
    }

    /** The log is on the disk up to here. */
    void storesItsLog(long op) {
        durableOp = op;
    }

    /** Of what entry {@code op} writes. */
    static Version version(long op) {
        return new Version(EPOCH, op);
    }

    int primaryOf(long view) {
        return group.members().get((int) (view % group.size())).id();
    }

    boolean isPrimary() {
        return status == Status.NORMAL && primaryOf(view) == self;
    }

    /** Whether the others count on what this peer holds. */
    boolean holdsItsPart() {
        return normalView >= 0 && status != Status.EMPTY;
    }

    /** Whether nothing would be lost with this peer. */
    boolean isUntouched() {
        return normalView < 0 || log.last() == 0;
    }

    /** The very first state of a formation. */
    void begin() {
        reset();
        normalView = 0;
        status = Status.NORMAL;
    }

    /** Holds nothing. */
    void reset() {
        table.clear();
        requests.clear();
        log = new OpLog(1);
        stage = null;
        status = Status.EMPTY;
        view = 0;
        normalView = -1;
        baseView = 0;
        startOp = 0;
        commit = 0;
        applied = 0;
        clockMs = 0;
    }

    /** Where what the view began with, and all that follows, is collected. */
    OpLog target() {
        return stage != null ? stage : log;
    }

    /** Begins to collect the log that {@code view} began with: that of {@code base} up to {@code op}. */
    void collect(long base, long op) {
        baseView = base;
        startOp = op;
        if (normalView >= 0 && normalView == base) {
            // The same log, of which this peer holds more or less.
            log.truncateAfter(op);
            stage = null;
        } else {
            stage = new OpLog(applied + 1);
        }
    }

    /** Whether the log is now all that the view began with; then this peer takes part in it. */
    boolean completeIfCollected() {
        if (target().last() < startOp) {
            return false;
        }
        log = target();
        stage = null;
        normalView = view;
        status = Status.NORMAL;
        return true;
    }

    /** Everything up to {@code op} is decided: carries it out so far as it is here. */
    void commitTo(long op) {
        commit = Math.max(commit, Math.min(op, log.last()));
        while (applied < commit) {
            applied++;
            apply(applied, log.get(applied));
        }
    }

    private void apply(long op, LogEntry entry) {
        for (KeyWrite write : entry.writes()) {
            if (write.value() != null) {
                table.apply(0, write.key(), write.value(), write.deadlineMs(), version(op));
            } else {
                StoredRecord present = table.get(write.key());
                if (present != null && present.version().counter() < op) {
                    table.remove(write.key());
                }
            }
        }
        requests.apply(entry.id(), op);
    }

    /** A table of someone else's has been taken over; everything up to {@code op} is in it. */
    void restored(long op) {
        stage = new OpLog(op + 1);
        applied = Math.max(applied, op);
        commit = Math.max(commit, op);
        log.trimTo(Math.min(applied, log.last()));
    }

    /** Forgets entries that nobody will ask for, or that a snapshot can stand for. */
    void trim(long everywhere) {
        log.trimTo(Math.min(everywhere, applied));
        while (log.bytes() > config.keptLogBytes() && log.first() <= applied) {
            log.trimTo(log.first());
        }
    }
}
