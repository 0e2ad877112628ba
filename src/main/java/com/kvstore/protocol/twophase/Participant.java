package com.kvstore.protocol.twophase;

import com.kvstore.common.Bytes;
import com.kvstore.common.Condition;
import com.kvstore.common.ErrorCode;
import com.kvstore.common.Expiry;
import com.kvstore.common.Result;
import com.kvstore.common.Version;
import com.kvstore.protocol.membership.MembershipMessage.InDoubt;
import com.kvstore.protocol.membership.PreparedWrite;
import com.kvstore.protocol.membership.View;
import com.kvstore.protocol.parts.RecordTable;
import com.kvstore.protocol.parts.StoredRecord;
import com.kvstore.protocol.twophase.TwoPhaseMessage.Batch;
import com.kvstore.protocol.twophase.TwoPhaseMessage.BatchReply;
import com.kvstore.protocol.twophase.TwoPhaseMessage.Expired;
import com.kvstore.protocol.twophase.TwoPhaseMessage.Prepare;
import com.kvstore.protocol.twophase.TwoPhaseMessage.Read;
import com.kvstore.protocol.twophase.TwoPhaseMessage.ReadAnswer;
import com.kvstore.protocol.twophase.TwoPhaseMessage.Refusal;
import com.kvstore.protocol.twophase.TwoPhaseMessage.Scan;
import com.kvstore.protocol.twophase.TwoPhaseMessage.ScanReply;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The slave's side of two-phase commit: votes, holds what it has promised, applies or drops it when told.
 *
 * <p>A yes vote is a promise: the writes stay prepared, and their keys locked, until the coordinator, or a later one, says
 * what became of them. A repeated message is answered as the first time.
 *
 * <p>Outcomes are kept until the coordinator says that they are settled everywhere, for one that recovers will ask. What is
 * promised and what became of it is written to a {@link TransactionLog}; it is the caller's to let no answer leave before
 * that is durable.
 *
 * <p>Threading: one machine's.
 *
 * <p>Invariants: a key is locked exactly while a transaction that writes it is prepared; no transaction is both prepared
 * and in an outcome list.
 */
public final class Participant {
    /** Tombstones dropped in one turn at most. */
    private static final int TOMBSTONES_A_TURN = 1_000;
    /** A part of an answer ends when its values come to so much. */
    private static final int PART_BYTES = 1 << 20;
    /** What follows in the batch's reads is left for another batch. */
    static final int ANSWER_BYTES = 32 << 20;

    private static final ReadAnswer ABSENT = new ReadAnswer(null, Expiry.NO_DEADLINE, Version.ZERO);

    private record Tombstone(Bytes key, Version version) {}

    private final RecordTable table;
    private final TransactionLog log;
    private final TreeMap<Version, Prepare> prepared = new TreeMap<>();
    private final Map<Bytes, Version> locks = new HashMap<>();
    private final Outcomes committed = new Outcomes();
    private final Outcomes aborted = new Outcomes();
    private final ArrayDeque<Tombstone> tombstones = new ArrayDeque<>();
    private final ExpirySweep expiry;
    private Version newestSeen = Version.ZERO;

    /** Why nothing more can be prepared; null: it can. */
    private @Nullable Refusal trouble;

    /** Keeps everything in memory. */
    public Participant(RecordTable table) {
        this(table, TransactionLog.NONE, 0);
    }

    /**
     * Begins where an earlier life ended.
     *
     * @param startEpoch the first epoch of the coordinator that was obeyed last; 0 if there was none
     */
    public Participant(RecordTable table, TransactionLog log, long startEpoch) {
        this.table = table;
        this.log = log;
        this.expiry = new ExpirySweep(table);
        committed.freeze(startEpoch);
        aborted.freeze(startEpoch);
        for (Version transaction : log.committedBefore()) {
            committed.add(transaction);
            newestSeen = transaction.isNewerThan(newestSeen) ? transaction : newestSeen;
        }
        for (Prepare prepare : log.preparedBefore()) {
            hold(prepare);
            newestSeen = prepare.transaction().isNewerThan(newestSeen) ? prepare.transaction() : newestSeen;
        }
    }

    private void hold(Prepare prepare) {
        prepared.put(prepare.transaction(), prepare);
        for (PreparedWrite write : prepare.writes()) {
            locks.put(write.key(), prepare.transaction());
        }
    }

    /** Whether it holds anything prepared. */
    public boolean isIdle() {
        return prepared.isEmpty();
    }

    /** Another store's data take the place of these: nothing prepared, and no outcome, says anything any more. */
    public void clear() {
        List.copyOf(prepared.keySet()).forEach(this::drop);
        committed.list().forEach(log::settled);
        committed.clear();
        aborted.clear();
        tombstones.clear();
    }

    /**
     * Refuses whatever is to be prepared from now on.
     *
     * @param message for people, after "Not applied: "
     */
    public void refusePrepares(ErrorCode code, String message) {
        trouble = new Refusal(Version.ZERO, code, "Not applied: " + message);
    }

    /** Takes prepares again. */
    public void acceptPrepares() {
        trouble = null;
    }

    /**
     * Takes the yes votes of a batch back, whose answer has not left.
     *
     * @param refused what the answer refuses already
     * @param message for people
     * @return what it refuses now, in the order of the prepares
     */
    public List<Refusal> takeBack(Batch batch, List<Refusal> refused, String message) {
        List<Refusal> all = new ArrayList<>();
        int next = 0;
        for (Prepare prepare : batch.prepares()) {
            Version transaction = prepare.transaction();
            if (next < refused.size() && refused.get(next).transaction().equals(transaction)) {
                all.add(refused.get(next++));
            } else if (prepared.containsKey(transaction)) {
                drop(transaction);
                aborted.add(transaction);
                // It may be on the disk all the same.
                all.add(new Refusal(transaction, ErrorCode.OUTCOME_UNKNOWN, message));
            }
        }
        return all;
    }

    private void drop(Version transaction) {
        release(transaction);
        log.aborted(transaction);
    }

    /** What it holds prepared, without the values. */
    public List<InDoubt> inDoubt() {
        List<InDoubt> list = new ArrayList<>();
        for (Prepare prepare : prepared.values()) {
            List<PreparedWrite> keys = new ArrayList<>();
            for (PreparedWrite write : prepare.writes()) {
                keys.add(new PreparedWrite(write.table(), write.position(), write.key(), null, write.condition()));
            }
            list.add(new InDoubt(prepare.transaction(), prepare.participants(), keys, prepare.elsewhere()));
        }
        return list;
    }

    public List<Version> committed() {
        return committed.list();
    }

    /** The copy was filled from another, which knew these to be committed: what they wrote came with it. */
    public void learn(List<Version> transactions) {
        for (Version transaction : transactions) {
            if (!prepared.containsKey(transaction) && !committed.contains(transaction)) {
                committed.add(transaction);
                log.committed(transaction);
            }
        }
    }

    public List<Version> aborted() {
        return aborted.list();
    }

    /** Another coordinator begins: what is of earlier epochs than {@code startEpoch} is from before its life. */
    public void newCoordinator(long startEpoch) {
        committed.freeze(startEpoch);
        aborted.freeze(startEpoch);
    }

    /**
     * Carries a batch out.
     *
     * @param self this slave's member id in {@code view}
     * @return the answer, in parts of bounded size
     */
    public List<BatchReply> on(Batch batch, View view, int self) {
        for (Version transaction : batch.commits()) {
            commit(transaction, view, self);
        }
        for (Version transaction : batch.aborts()) {
            abort(transaction);
        }
        List<Refusal> refusals = List.of();
        for (Prepare prepare : batch.prepares()) {
            Refusal refusal = prepare(prepare, batch.nowMs());
            if (refusal != null) {
                refusals = refusals.isEmpty() ? new ArrayList<>() : refusals;
                refusals.add(refusal);
            }
        }
        committed.settled(batch.settled(), batch.priorSettled(), log::settled);
        aborted.settled(batch.settled(), batch.priorSettled(), transaction -> {});
        dropTombstones(batch, view);
        return answer(batch, refusals, expiry.step(view, self, batch.nowMs()));
    }

    /** One step of a scan; {@code view} is the one it was asked under. */
    public ScanReply on(Scan scan, View view, int self) {
        return KeyScan.run(scan, table, view, self);
    }

    private List<BatchReply> answer(Batch batch, List<Refusal> refusals, List<Expired> expired) {
        List<BatchReply> parts = new ArrayList<>(1);
        List<Refusal> unsent = refusals;
        List<ReadAnswer> answers = batch.reads().isEmpty() ? List.of() : new ArrayList<>();
        int bytes = 0;
        int allBytes = 0;
        for (Read read : batch.reads()) {
            if (allBytes >= ANSWER_BYTES) {
                break;
            }
            if (bytes >= PART_BYTES) {
                parts.add(new BatchReply(batch.sequence(), false, true, table.keys(), unsent, answers, List.of()));
                unsent = List.of();
                answers = new ArrayList<>();
                bytes = 0;
            }
            StoredRecord found = table.get(read.key());
            Bytes value = found == null ? null : found.value();
            answers.add(found == null ? ABSENT : new ReadAnswer(value, found.deadlineMs(), found.version()));
            int more = value == null ? 0 : value.length();
            bytes += more;
            allBytes += more;
        }
        parts.add(new BatchReply(batch.sequence(), true, true, table.keys(), unsent, answers, expired));
        return parts;
    }

    private @Nullable Refusal prepare(Prepare prepare, long nowMs) {
        Version transaction = prepare.transaction();
        if (!transaction.isNewerThan(newestSeen)) {
            if (prepared.containsKey(transaction) || committed.contains(transaction)) {
                return null;
            }
            if (aborted.contains(transaction)) {
                return new Refusal(transaction, ErrorCode.UNAVAILABLE, "Not applied: the transaction was aborted");
            }
        } else {
            newestSeen = transaction;
        }
        if (trouble != null) {
            return new Refusal(transaction, trouble.code(), trouble.message());
        }
        for (PreparedWrite write : prepare.writes()) {
            if (locks.containsKey(write.key())) {
                return new Refusal(
                        transaction,
                        ErrorCode.UNAVAILABLE,
                        "Not applied: an earlier write to '" + write.key() + "' is still in doubt. Try again");
            }
            if (!holds(write.condition(), write.key(), nowMs)) {
                return refusal(transaction, write);
            }
        }
        hold(prepare);
        log.prepared(prepare);
        return null;
    }

    private boolean holds(Condition condition, Bytes key, long nowMs) {
        if (condition.isNone()) {
            return true;
        }
        if (condition.kind() == Condition.Kind.EXISTS && table.expiring() == 0) {
            return table.holds(key);
        }
        StoredRecord record = table.get(key);
        Bytes value = record == null ? null : record.value();
        Result.Value present =
                record == null || value == null ? null : new Result.Value(value, record.version(), record.deadlineMs());
        return condition.holdsFor(present, nowMs);
    }

    private static Refusal refusal(Version transaction, PreparedWrite write) {
        Result.Failure refused = refused(write.key(), write.condition());
        return new Refusal(transaction, refused.code(), refused.message());
    }

    /** What a client hears when a condition does not hold. */
    static Result.Failure refused(Bytes key, Condition condition) {
        return switch (condition.kind()) {
            case ABSENT -> Result.Failure.of(ErrorCode.CONFLICT, "Not applied: '" + key + "' is there already");
            case VERSION, EXPIRED ->
                Result.Failure.of(
                        ErrorCode.CONFLICT,
                        "Not applied: '" + key + "' has changed since version " + condition.version() + ", or is gone");
            case VALUE ->
                Result.Failure.of(ErrorCode.CONFLICT, "Not applied: '" + key + "' does not have the expected value");
            case EXISTS, NONE -> Result.Failure.of(ErrorCode.NOT_FOUND, "Key not found: " + key);
        };
    }

    private void commit(Version transaction, View view, int self) {
        Prepare prepare = release(transaction);
        if (prepare == null) {
            return;
        }
        committed.add(transaction);
        // Prepared in an older view, a key may have gone elsewhere since: applying it would leave an orphan.
        boolean viewIsNewer = transaction.epoch() < view.epoch();
        for (PreparedWrite write : prepare.writes()) {
            if (viewIsNewer && view.arcAt(write.position()).copyOf(self) == null) {
                continue;
            }
            table.apply(write.position(), write.key(), write.value(), write.deadlineMs(), transaction);
            if (write.value() == null) {
                tombstones.add(new Tombstone(write.key(), transaction));
            }
        }
        // Last: stopped in between, it is still prepared, and applying it again changes nothing.
        log.committed(transaction);
    }

    private void abort(Version transaction) {
        if (committed.contains(transaction)) {
            throw new IllegalStateException("told to abort " + transaction + ", which is committed");
        }
        if (release(transaction) != null) {
            log.aborted(transaction);
            aborted.add(transaction);
        } else if (!aborted.contains(transaction)) {
            aborted.add(transaction);
        }
    }

    private @Nullable Prepare release(Version transaction) {
        Prepare prepare = prepared.remove(transaction);
        if (prepare != null) {
            for (PreparedWrite write : prepare.writes()) {
                locks.remove(write.key());
            }
        }
        return prepare;
    }

    /**
     * A tombstone has done its work once every copy has passed it: no copy is being filled from an older scan, and the
     * delete is applied everywhere.
     */
    private void dropTombstones(Batch batch, View view) {
        if (tombstones.isEmpty() || !batch.priorSettled() || !view.whole()) {
            return;
        }
        for (int i = 0; i < TOMBSTONES_A_TURN; i++) {
            Tombstone oldest = tombstones.peek();
            if (oldest == null || oldest.version().compareTo(batch.settled()) >= 0) {
                return;
            }
            tombstones.poll();
            StoredRecord record = table.get(oldest.key());
            if (record != null && record.isTombstone() && record.version().equals(oldest.version())) {
                table.remove(oldest.key());
            }
        }
    }
}
