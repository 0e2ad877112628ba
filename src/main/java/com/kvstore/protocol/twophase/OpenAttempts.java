package com.kvstore.protocol.twophase;

import com.kvstore.common.Version;
import com.kvstore.protocol.twophase.Attempt.Fate;
import com.kvstore.protocol.twophase.Attempt.Stand;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/** The attempts that somebody may still hold prepared, in the order of their versions; settled ones leave from the front. */
final class OpenAttempts {
    private final Deque<Attempt> open = new ArrayDeque<>();

    void add(Attempt attempt) {
        open.add(attempt);
    }

    /** As they are now: what is done with them may add others. */
    List<Attempt> all() {
        return List.copyOf(open);
    }

    /** Whether {@code version} is an attempt that {@code member} is not done with. */
    boolean isOpenAt(Version version, int member) {
        for (Attempt attempt : open) {
            if (attempt.version.equals(version)) {
                return isOpenAt(attempt, member);
            }
        }
        return false;
    }

    /** Whether an attempt that is not decided waits for {@code member}. */
    boolean anyWaitsFor(int member) {
        for (Attempt attempt : open) {
            if (attempt.fate != Fate.COMMITTED && isOpenAt(attempt, member)) {
                return true;
            }
        }
        return false;
    }

    /**
     * Everything below this version is settled everywhere.
     *
     * @param next below no version that will ever be given
     */
    Version settledBelow(Version next) {
        while (!open.isEmpty() && open.peek().fate != Fate.OPEN && open.peek().allSettled()) {
            open.poll();
        }
        Attempt oldest = open.peek();
        return oldest == null ? next : oldest.version;
    }

    /** Whether every attempt of an epoch before {@code epoch} is applied, or will never be, at {@code member}. */
    boolean settledBefore(int member, long epoch) {
        for (Attempt attempt : open) {
            if (attempt.version.epoch() >= epoch) {
                return true;
            }
            if (isOpenAt(attempt, member)) {
                return false;
            }
        }
        return true;
    }

    private static boolean isOpenAt(Attempt attempt, int member) {
        int index = attempt.indexOf(member);
        return index >= 0 && attempt.stand(index) != Stand.SETTLED;
    }
}
