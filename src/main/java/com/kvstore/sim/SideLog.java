package com.kvstore.sim;

import com.kvstore.common.Bytes;
import com.kvstore.common.Command;
import com.kvstore.common.ErrorCode;
import com.kvstore.common.Result;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What clients did with keys of one kind that a register is no model of (counters, claims, values that expire), or with all
 * keys at once, and the judgement of it.
 *
 * <p>Judged only where nothing may be lost: after a loss that was called one, anything may be gone.
 *
 * <p>Threading: belongs to one simulation.
 */
abstract class SideLog {
    /** A command on its way. */
    abstract static class Entry implements ClientLog.Entry {
        final long startNs;
        /** As long as there is no answer that settles it, the end of time. */
        long endNs = Long.MAX_VALUE;

        Entry(long startNs) {
            this.startNs = startNs;
        }

        @Override
        public final boolean conclude(long nowNs, Result result, boolean inDoubt) {
            if (!(result instanceof Result.Failure failure)) {
                endNs = nowNs;
                done(result);
                return true;
            }
            ErrorCode code = failure.code();
            if (code == ErrorCode.NOT_FOUND || code == ErrorCode.CONFLICT) {
                endNs = nowNs;
                refused(code, inDoubt);
                return true;
            }
            if (code == ErrorCode.LOST && !inDoubt) {
                refused(code, false);
            }
            return code == ErrorCode.LOST;
        }

        @Override
        public final void giveUp(long nowNs, boolean inDoubt) {
            if (!inDoubt) {
                refused(ErrorCode.UNAVAILABLE, false);
            }
        }

        abstract void done(Result result);

        /** @param inDoubt an earlier attempt may have taken effect all the same */
        abstract void refused(ErrorCode code, boolean inDoubt);

        final boolean endedBefore(Entry other) {
            return endNs < other.startNs;
        }

        final String when() {
            return "from " + startNs / 1e6 + " to " + (endNs == Long.MAX_VALUE ? "…" : "" + endNs / 1e6) + " ms";
        }
    }

    /** A read of one key, or of several that hold the same. */
    static final class Read extends Entry {
        /** Absent, if it is settled. */
        @Nullable Bytes value;

        boolean settled;
        long deadlineMs;

        Read(long startNs) {
            super(startNs);
        }

        @Override
        void done(Result result) {
            settled = true;
            if (result instanceof Result.Value found) {
                value = found.value();
                deadlineMs = found.deadlineMs();
            }
        }

        @Override
        void refused(ErrorCode code, boolean inDoubt) {
            settled = code == ErrorCode.NOT_FOUND;
        }
    }

    private final List<String> violations = new ArrayList<>();

    final void violated(String what) {
        violations.add(what);
    }

    /** Null if the command is not this log's. */
    abstract ClientLog.@Nullable Entry begin(String who, long nowNs, Command command);

    /** Finds what cannot be. */
    abstract void judge();

    /** What is wrong; empty if nothing is. */
    final List<String> violations() {
        judge();
        return violations;
    }
}
