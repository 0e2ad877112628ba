package com.kvstore.protocol.twophase;

import com.kvstore.common.Bytes;
import com.kvstore.common.ErrorCode;
import com.kvstore.common.Message;
import com.kvstore.common.Table;
import com.kvstore.common.Version;
import com.kvstore.protocol.membership.PreparedWrite;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The transactions and reads of one turn of the coordinator's loop, in one frame each way. */
public sealed interface TwoPhaseMessage extends Message {

    /**
     * Coordinator to slave. Carried out in the order of its parts: commits, aborts, prepares, reads. An empty one asks
     * only for a sign of life.
     *
     * @param sequence counts the batches of one link, from 1
     * @param epoch the sender's; a slave that has accepted a higher one answers {@code Fenced}
     * @param settled every transaction below this is applied or aborted wherever it was prepared: forget its outcome
     * @param nowMs the coordinator's clock, by which deadlines are judged
     * @param priorSettled whether that also holds for transactions from before the coordinator's start epoch
     */
    record Batch(
            long sequence,
            long epoch,
            Version settled,
            boolean priorSettled,
            long nowMs,
            List<Version> commits,
            List<Version> aborts,
            List<Prepare> prepares,
            List<Read> reads)
            implements TwoPhaseMessage {}

    /**
     * @param participants member ids of all that take part, the receiver among them; ascending
     * @param elsewhere positions of the transaction's keys that the receiver has no copy of: who recovers it must know them
     */
    record Prepare(
            Version transaction, List<Integer> participants, List<PreparedWrite> writes, List<Integer> elsewhere) {}

    record Read(Table table, Bytes key) {}

    /**
     * Slave to coordinator: batch {@code sequence}, all but these. Every prepare that is not refused is a yes vote, every
     * commit and abort is carried out. It also grants the epoch for another second.
     *
     * <p>Large values make the answer come in parts, so that no frame grows beyond bounds: the first carries the refusals,
     * the reads' answers are spread over all. Past so many bytes of values the last reads stay unanswered, so that no number
     * of reads makes a slave hold more than it can send: they are to be asked again.
     *
     * @param last whether this is the only part, or the last one
     * @param stored whether the batch's commits and aborts are kept as the slave's durability demands; false: its disk
     *     fails for now, and they must be told again, or they would be unknown to it after a restart
     * @param keys how many keys with a value the slave holds now
     * @param answers one for each read, in their order; all parts together at least one if there are reads
     * @param expired some of the keys whose deadline has passed, of those this slave owns
     */
    record BatchReply(
            long sequence,
            boolean last,
            boolean stored,
            long keys,
            List<Refusal> refusals,
            List<ReadAnswer> answers,
            List<Expired> expired)
            implements TwoPhaseMessage {}

    /** A no vote. */
    record Refusal(Version transaction, ErrorCode code, String message) {}

    /**
     * @param value null: the key is not there; then {@code version} is {@link Version#ZERO} or the tombstone's
     * @param deadlineMs as in {@code StoredRecord}
     */
    record ReadAnswer(@Nullable Bytes value, long deadlineMs, Version version) {}

    /** A value that may be deleted, if it is still the one that {@code version} wrote. */
    record Expired(Bytes key, Version version) {}

    /**
     * Coordinator to slave: the next keys for which yours is the copy that is read.
     *
     * @param id comes back in the answer; rises
     * @param epoch of the view that says whose copy is read
     * @param down members to be left out: their keys are read from the other copy
     * @param from scan hash (unsigned) to begin at, included
     * @param limit how many keys to look at, roughly
     * @param nowMs the coordinator's clock; what has expired by then is not there
     * @param countOnly leaves the keys themselves out of the answer
     */
    record Scan(
            long id, long epoch, List<Integer> down, long from, int limit, Bytes prefix, long nowMs, boolean countOnly)
            implements TwoPhaseMessage {}

    /**
     * Slave to coordinator.
     *
     * @param upTo scan hash (unsigned) up to which, included, this is complete; -1 (the largest) at the end
     * @param count keys found
     */
    record ScanReply(long id, long upTo, long count, List<Bytes> keys) implements TwoPhaseMessage {}
}
