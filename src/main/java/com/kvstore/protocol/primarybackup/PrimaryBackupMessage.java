package com.kvstore.protocol.primarybackup;

import com.kvstore.common.Message;
import com.kvstore.protocol.parts.AppliedRequests;
import com.kvstore.protocol.parts.StoredRecord;
import java.util.List;

/** What the peers of a primary-backup group say to each other. Section numbers are those of the paper. */
public sealed interface PrimaryBackupMessage extends Message {

    /**
     * Primary to backups: the entries of one turn (4.1), and what a backup must know of the view, so that any of them lets
     * it join (4.2, STARTVIEW). Without entries it is a sign of life.
     *
     * @param baseView the view whose log this view began with
     * @param startOp the last entry of that log: who does not hold it yet does not count
     * @param first the number of the first entry; without entries, of the next one there will be
     * @param commit everything up to this is decided
     * @param everywhere every peer holds everything up to this: it may be forgotten
     * @param sentNs the primary's own clock, for the lease; comes back in the answer
     * @param clockMs the primary's time of day, by which deadlines are judged
     */
    record Prepare(
            long view,
            long baseView,
            long startOp,
            long first,
            long commit,
            long everywhere,
            long sentNs,
            long clockMs,
            List<LogEntry> entries)
            implements PrimaryBackupMessage {}

    /**
     * Backup to primary: holds every entry up to {@code op} (4.1), and will take part in no other view for a while.
     *
     * @param echoNs the newest {@code sentNs} it has seen
     * @param diskFails whether its disk takes nothing at the moment
     */
    record PrepareOk(long view, long op, long echoNs, boolean diskFails) implements PrimaryBackupMessage {}

    /**
     * To the primary, or the peer with the best log: send me entries from {@code from} on (5.2, GETSTATE). The answer is a
     * {@link LogPart}, or a {@link SnapshotPart} if they are no longer in the log.
     */
    record Fetch(long view, long from) implements PrimaryBackupMessage {}

    /**
     * @param first the first entry's number
     * @param last the last one that the sender holds: whether there is more to fetch
     */
    record LogPart(long view, long first, long last, List<LogEntry> entries) implements PrimaryBackupMessage {}

    /** Send me the records whose scan hash is {@code from} (unsigned) or more. */
    record FetchSnapshot(long view, long from) implements PrimaryBackupMessage {}

    /**
     * A stretch of the table.
     *
     * @param applied everything up to this entry is in it, and perhaps more
     * @param from the first scan hash (unsigned) of the stretch
     * @param upTo the last; -1 (the largest) with the last stretch
     * @param records all there are in the stretch
     * @param requests with the last stretch, what is remembered of clients; else empty
     */
    record SnapshotPart(
            long view, long applied, long from, long upTo, List<StoredRecord> records, AppliedRequests.Image requests)
            implements PrimaryBackupMessage {}

    /**
     * To all: I have not heard the primary for too long and would go to this view (4.2). No promise yet.
     *
     * @param promised the highest view that the sender has promised to go to, or is in
     */
    record StartViewChange(long view, long promised) implements PrimaryBackupMessage {}

    /**
     * To the primary of {@code view}: I promise to take part in no lower view; this is what I hold (4.2).
     *
     * @param normalView the last view that the sender's log was whole in
     * @param op the last entry of that log
     * @param clockMs the latest time of day any primary has told
     * @param nonces whom the sender takes the peers to be, in the order of the group: names the life that a promise of
     *     theirs is from; 0: never heard
     */
    record DoViewChange(long view, long normalView, long op, long commit, long clockMs, List<Long> nonces)
            implements PrimaryBackupMessage {
        public DoViewChange {
            nonces = List.copyOf(nonces);
        }
    }

    /**
     * To a peer that has lost everything (4.3).
     *
     * @param nonce the asker's, from its {@code Presence}
     * @param formed the formation it will belong to again
     * @param founders as in {@code Presence}
     * @param primary whether the sender is the primary of {@code view}
     * @param op the sender's last entry
     */
    record RecoveryAnswer(long nonce, long view, long formed, List<Long> founders, boolean primary, long op)
            implements PrimaryBackupMessage {
        public RecoveryAnswer {
            founders = List.copyOf(founders);
        }
    }
}
