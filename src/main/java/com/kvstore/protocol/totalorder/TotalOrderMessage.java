package com.kvstore.protocol.totalorder;

import com.kvstore.common.Bytes;
import com.kvstore.common.Condition;
import com.kvstore.common.Message;
import com.kvstore.common.RequestId;
import com.kvstore.common.Result;
import com.kvstore.common.Write;
import com.kvstore.protocol.parts.StoredRecord;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What peers of a total-order group say to each other. Who speaks is known from the link's greeting. A <b>lane</b> is a
 * sequence of entries that one process multicasts, numbered from 1, with rising Lamport timestamps. <b>Lives</b> (a crash
 * vector) are, for each peer in the order of the group, the number of its latest life that the sender knows of.
 */
public sealed interface TotalOrderMessage extends Message {

    /** The formation of the group that the sender belongs to: a message of another is not for this group. */
    long formation();

    /** What an entry carries. */
    sealed interface Op {}

    /**
     * A client's transaction.
     *
     * @param id null: a retry would be another one
     * @param guards what must hold of keys that it does not write
     */
    record Transaction(@Nullable RequestId id, List<Guard> guards, List<Write> writes) implements Op {
        public Transaction {
            guards = List.copyOf(guards);
            writes = List.copyOf(writes);
        }
    }

    record Guard(Bytes key, Condition condition) {}

    /**
     * From here on, this peer multicasts again: all wait for its clock.
     *
     * @param owner index in the group
     * @param after the peer's newest lane so far; the operation has no effect if there is a newer one
     */
    record Open(int owner, int life, long after) implements Op {}

    /**
     * @param counter the Lamport timestamp; two entries of one counter are ordered by their lanes
     * @param wallMs the sender's time of day, by which deadlines are judged
     */
    record Entry(long counter, long wallMs, List<Op> ops) {
        public Entry {
            ops = List.copyOf(ops);
        }
    }

    /**
     * The sender's vote on a lane: it holds all entries up to {@code voted} and will never be without them.
     *
     * @param echo of the lane's last cast that was heard; -1: the sender has promised a ballot and takes no more entries
     */
    record LaneVote(long lane, long voted, long echo) {}

    /**
     * The multicast: new entries of the sender, and all its votes.
     *
     * @param lane the sender's own; -1: it has none now
     * @param clock entries of this lane that are not among these and those before will have larger counters
     * @param echo come back with this number, once you have seen this; 0: no need
     * @param first the number of the first entry, or of the next one to come
     * @param delivered how many operations the sender has delivered
     */
    record Cast(
            long formation,
            List<Integer> lives,
            long lane,
            long clock,
            long echo,
            long first,
            List<Entry> entries,
            List<LaneVote> votes,
            long delivered)
            implements TotalOrderMessage {
        public Cast {
            lives = List.copyOf(lives);
            entries = List.copyOf(entries);
            votes = List.copyOf(votes);
        }
    }

    /** What do you have of this lane, from here on? */
    record Fetch(long formation, long lane, long from) implements TotalOrderMessage {}

    /**
     * @param known how many entries the sender has of the lane in all
     * @param clock entries behind those have larger counters
     * @param sealed where the lane ends for good; -1: not known
     */
    record Fetched(long formation, long lane, long first, List<Entry> entries, long known, long clock, long sealed)
            implements TotalOrderMessage {
        public Fetched {
            entries = List.copyOf(entries);
        }
    }

    /** What you ask for is forgotten here, because it was delivered: take a snapshot. */
    record Behind(long formation, long delivered) implements TotalOrderMessage {}

    /** Ballot, phase 1: take no more entries of this lane. */
    record Prepare(long formation, long lane, long ballot) implements TotalOrderMessage {}

    /**
     * @param voted the sender's vote on the lane, which does not change any more
     * @param sealBallot the highest ballot whose end the sender has accepted; 0: none
     * @param sealLength that end
     */
    record Promise(
            long formation, List<Integer> lives, long lane, long ballot, long voted, long sealBallot, long sealLength)
            implements TotalOrderMessage {
        public Promise {
            lives = List.copyOf(lives);
        }
    }

    /** The sender has promised a higher ballot. */
    record Refuse(long formation, long lane, long ballot) implements TotalOrderMessage {}

    /** Ballot, phase 2: the lane ends behind this entry. */
    record Accept(long formation, long lane, long ballot, long length) implements TotalOrderMessage {}

    record Accepted(long formation, List<Integer> lives, long lane, long ballot) implements TotalOrderMessage {
        public Accepted {
            lives = List.copyOf(lives);
        }
    }

    /** It is decided: the lane has so many entries, for ever. */
    record Sealed(long formation, long lane, long length) implements TotalOrderMessage {}

    /** Have a lane opened for me; see {@link Open}. */
    record Join(long formation, int life, long after) implements TotalOrderMessage {}

    /**
     * The sender has lost what it held and begins this life.
     *
     * @param nonce random, drawn when the process started
     */
    record Recover(long nonce, int life) implements TotalOrderMessage {
        @Override
        public long formation() {
            return 0;
        }
    }

    /** That life is too low: this one is known already. */
    record RecoverRefused(long nonce, int life) implements TotalOrderMessage {
        @Override
        public long formation() {
            return 0;
        }
    }

    /** What the sender has voted, on every lane it knows. */
    record RecoverState(
            long formation,
            List<Long> founders,
            long nonce,
            int life,
            List<Integer> lives,
            List<LaneState> lanes,
            long clock,
            long delivered)
            implements TotalOrderMessage {
        public RecoverState {
            founders = List.copyOf(founders);
            lives = List.copyOf(lives);
            lanes = List.copyOf(lanes);
        }
    }

    /** @param known entries held; the rest as in {@link Promise}; {@code promised} 0: none */
    record LaneState(long lane, long known, long promised, long sealBallot, long sealLength, long sealed) {}

    /** @param chunk 0 begins a new one */
    record SnapshotAsk(long formation, long snapshot, int chunk) implements TotalOrderMessage {}

    /**
     * @param removed keys that are gone since an earlier chunk had them
     * @param end with the last chunk: what the records are a snapshot of
     */
    record SnapshotChunk(
            long formation,
            long snapshot,
            int chunk,
            List<StoredRecord> records,
            List<Bytes> removed,
            @Nullable OrderState end)
            implements TotalOrderMessage {
        public SnapshotChunk {
            records = List.copyOf(records);
            removed = List.copyOf(removed);
        }
    }

    /**
     * The state at one place of the order, without the records: the same on every peer that is there.
     *
     * @param delivered how many operations
     * @param counter the largest timestamp so far
     * @param wallMs the order's time of day
     * @param epoch rises whenever clients are forgotten
     * @param lanes that are not known to be at their end
     * @param newest each peer's newest lane, in the order of the group
     */
    record OrderState(
            long delivered,
            long counter,
            long wallMs,
            long epoch,
            List<OrderLane> lanes,
            List<NewestLane> newest,
            List<ClientState> clients) {
        public OrderState {
            lanes = List.copyOf(lanes);
            newest = List.copyOf(newest);
            clients = List.copyOf(clients);
        }
    }

    /** @param delivered how many of its entries */
    record OrderLane(long lane, int life, long delivered) {}

    record NewestLane(long lane, int life) {}

    /** What the order remembers of a client, the longest silent first. */
    record ClientState(String client, long forgotten, long lastEpoch, List<Answer> answers) {
        public ClientState {
            answers = List.copyOf(answers);
        }
    }

    record Answer(long number, Result result) {}
}
