package com.kvstore.protocol.twophase;

import com.kvstore.common.Result;
import com.kvstore.common.Write;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A list of writes that clients wait for: all of them or none. It may take several {@link Attempt}s, each under a version
 * of its own, when the membership changes on the way.
 */
final class Transaction {
    final List<Write> writes;
    final int[] positions;
    /** More than one after a merge. */
    List<Waiter> waiters = new ArrayList<>(1);
    /** Locks still to be got before it may start. */
    int locksMissing;
    /** The present attempt last; all before it are aborted. */
    final List<Attempt> attempts = new ArrayList<>(1);
    /** "Not applied", in words; said once nobody who counts can hold an attempt prepared. */
    @Nullable Result owed;

    Transaction(List<Write> writes, int[] positions) {
        this.writes = writes;
        this.positions = positions;
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
        return writes.size() == 1 && writes.get(0).condition() == Write.Condition.NONE;
    }
}
