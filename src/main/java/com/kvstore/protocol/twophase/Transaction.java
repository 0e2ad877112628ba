package com.kvstore.protocol.twophase;

import com.kvstore.common.Bytes;
import com.kvstore.common.Computation;
import com.kvstore.common.Result;
import com.kvstore.common.Write;
import com.kvstore.protocol.membership.View;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A list of writes that clients wait for: all of them or none. It may take several {@link Attempt}s, each under a version
 * of its own, when the membership changes on the way.
 *
 * <p>One with a {@link Computation} first reads its keys, and only then knows its writes. Several that concern one and the
 * same key may be made one: each is shown what the one before has left.
 */
final class Transaction {
    /** All keys it locks, if these are not just those it writes. */
    private final @Nullable List<Bytes> keys;

    /** Empty: its writes are known from the start. */
    final List<Computation> computations = new ArrayList<>(1);
    /** What the computations answer, in their order; empty as long as they have not run. */
    private List<Object> answers = List.of();

    List<Write> writes;
    int[] positions;
    /** More than one after a merge. */
    List<Waiter> waiters = new ArrayList<>(1);
    /** Locks still to be got before it may start. */
    int locksMissing;
    /** The present attempt last; all before it are aborted. */
    final List<Attempt> attempts = new ArrayList<>(1);
    /** Its conditions were seen to hold; its keys are locked, so they still do. */
    boolean verified;
    /** "Not applied", in words; said once nobody who counts can hold an attempt prepared. */
    @Nullable Result owed;

    Transaction(List<Write> writes, View view) {
        this.keys = null;
        this.writes = writes;
        this.positions = positionsOf(writes, view);
    }

    Transaction(List<Bytes> keys, Computation computation) {
        this.keys = keys;
        this.computations.add(computation);
        this.writes = List.of();
        this.positions = new int[0];
    }

    private static int[] positionsOf(List<Write> writes, View view) {
        int[] positions = new int[writes.size()];
        for (int i = 0; i < positions.length; i++) {
            positions[i] = view.positionOf(writes.get(i).key());
        }
        return positions;
    }

    /** How many keys it locks. */
    int keyCount() {
        return keys == null ? writes.size() : keys.size();
    }

    /** @param i 0 to {@link #keyCount} - 1 */
    Bytes key(int i) {
        return keys == null ? writes.get(i).key() : keys.get(i);
    }

    /** Whether it must read its keys before it knows what to write. */
    boolean mustCompute() {
        return !computations.isEmpty() && answers.isEmpty();
    }

    /** Of one that computes: all it locks. */
    List<Bytes> keys() {
        if (keys == null) {
            throw new IllegalStateException("a transaction without a computation reads nothing");
        }
        return keys;
    }

    /** The computations have run. */
    void computed(List<Object> theirAnswers, List<Write> itsWrites, View view) {
        answers = theirAnswers;
        writes = itsWrites;
        positions = positionsOf(writes, view);
    }

    /** What the waiter in place {@code i} is answered when {@code outcome} is what became of the transaction. */
    Result answerTo(int i, Result outcome) {
        return outcome instanceof Result.Ack ack && !answers.isEmpty()
                ? new Result.Computed(answers.get(i), ack)
                : outcome;
    }

    /** Whether it computes with one key only. */
    boolean computesOneKey() {
        return keys != null && keys.size() == 1 && computations.size() == waiters.size();
    }

    /** Takes on another that computes with the same one key, behind its own. */
    void append(Transaction follower) {
        computations.addAll(follower.computations);
        waiters.addAll(follower.waiters);
    }

    boolean allAttemptsSettled() {
        for (Attempt attempt : attempts) {
            if (!attempt.allSettled()) {
                return false;
            }
        }
        return true;
    }

    /** A single write without a condition: any other such write to its key may take its place. */
    boolean isPlain() {
        return keys == null && writes.size() == 1 && writes.get(0).condition().isNone();
    }
}
