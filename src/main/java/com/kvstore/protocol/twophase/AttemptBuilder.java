package com.kvstore.protocol.twophase;

import com.kvstore.common.Condition;
import com.kvstore.common.ErrorCode;
import com.kvstore.common.Result;
import com.kvstore.common.ServerNode;
import com.kvstore.common.Version;
import com.kvstore.common.Write;
import com.kvstore.protocol.membership.Arc;
import com.kvstore.protocol.membership.Copy;
import com.kvstore.protocol.membership.Liveness;
import com.kvstore.protocol.membership.Member;
import com.kvstore.protocol.membership.PreparedWrite;
import com.kvstore.protocol.membership.View;
import com.kvstore.protocol.twophase.TwoPhaseMessage.Prepare;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Turns a transaction into an attempt under the view in force, or says why that cannot be, and words the answers. */
final class AttemptBuilder {
    /**
     * Exactly one of: an attempt; a failure; neither, then the transaction waits for the membership.
     *
     * @param staleWanted it waits for members that are down to lose sync
     */
    record Outcome(@Nullable Attempt attempt, Result.@Nullable Failure failure, boolean staleWanted) {
        static Outcome failed(ErrorCode code, String message) {
            return new Outcome(null, Result.Failure.of(code, message), false);
        }
    }

    private static final Outcome WAIT = new Outcome(null, null, false);
    private static final Outcome WAIT_FOR_STALE = new Outcome(null, null, true);

    private final Cluster cluster;
    private final int minCopies;
    private long counter;

    AttemptBuilder(Cluster cluster, int minCopies) {
        this.cluster = cluster;
        this.minCopies = minCopies;
    }

    /** Below no version that will ever be given. */
    Version nextVersion() {
        return new Version(cluster.view().epoch(), counter + 1);
    }

    /**
     * Whether conditions must be looked at before anything is prepared. A copy that is being filled cannot check them, and
     * when its move ends it counts like any other, with what it has prepared: that must be right by then, whatever becomes
     * of the copy that could have refused.
     */
    boolean mustVerify(Transaction transaction) {
        if (transaction.verified) {
            return false;
        }
        for (int i = 0; i < transaction.positions.length; i++) {
            if (!transaction.writes.get(i).condition().isNone()) {
                for (Copy copy : cluster.view().arcAt(transaction.positions[i]).copies()) {
                    if (copy.takesWrites() && !copy.inSync()) {
                        return true;
                    }
                }
            }
        }
        return false;
    }

    Outcome build(Transaction transaction) {
        View view = cluster.view();
        if (view.members().isEmpty()) {
            return Outcome.failed(ErrorCode.NO_NODES, "No data node has registered yet. Start one with ./run-slave.sh");
        }
        int copies = Integer.MAX_VALUE;
        Outcome wait = null;
        for (int i = 0; i < transaction.positions.length; i++) {
            Arc arc = view.arcAt(transaction.positions[i]);
            Write write = transaction.writes.get(i);
            if (arc.lost() && write.condition().kind() == Condition.Kind.ABSENT) {
                // Whether the key was there is just what is lost.
                return new Outcome(null, lost(write.key().text()), false);
            }
            Outcome obstacle = obstacle(arc);
            if (obstacle != null && obstacle.failure() != null) {
                return obstacle;
            }
            if (obstacle != null && (wait == null || obstacle.staleWanted())) {
                wait = obstacle;
            }
            copies = Math.min(copies, arc.inSyncCopies());
        }
        if (wait != null) {
            return wait;
        }
        if (copies < minCopies) {
            return Outcome.failed(
                    ErrorCode.UNAVAILABLE,
                    "Not applied: only " + copies + " in-sync copy can be written, and --min-copies is " + minCopies);
        }
        Attempt attempt = assemble(transaction, view);
        attempt.copies = copies;
        return new Outcome(attempt, null, false);
    }

    /** What stands in the way of a write to the arc; null if nothing does. */
    private @Nullable Outcome obstacle(Arc arc) {
        boolean anyInSyncReachable = false;
        boolean anyInSync = false;
        boolean connecting = false;
        boolean down = false;
        int downMember = 0;
        for (Copy copy : arc.copies()) {
            if (!copy.takesWrites()) {
                continue;
            }
            Liveness liveness = cluster.liveness(copy.member());
            anyInSync |= copy.inSync();
            anyInSyncReachable |= copy.inSync() && liveness != Liveness.DOWN;
            connecting |= liveness == Liveness.CONNECTING;
            if (liveness == Liveness.DOWN) {
                down = true;
                downMember = copy.member();
            }
        }
        if (!anyInSync) {
            return Outcome.failed(
                    ErrorCode.UNAVAILABLE,
                    "Not applied: this part of the ring has no copy at the moment. Try again when a data node is up");
        }
        if (!anyInSyncReachable) {
            return Outcome.failed(
                    ErrorCode.UNAVAILABLE,
                    "Not applied: " + cluster.name(downMember)
                            + " is down and holds the only up-to-date copy. Start it again, or type: forget "
                            + cluster.name(downMember));
        }
        if (connecting) {
            return WAIT;
        }
        return down ? WAIT_FOR_STALE : null;
    }

    /** One write, as most transactions have: its copies are in the order of their members already. */
    private Attempt assembleOne(Transaction transaction, View view) {
        Write write = transaction.writes.get(0);
        int position = transaction.positions[0];
        List<Copy> copies = view.arcAt(position).copies();
        Integer[] members = new Integer[copies.size()];
        Copy[] taking = new Copy[copies.size()];
        int n = 0;
        for (int i = 0; i < taking.length; i++) {
            Copy copy = copies.get(i);
            if (takesPart(copy)) {
                members[n] = copy.member();
                taking[n++] = copy;
            }
        }
        Version version = new Version(view.epoch(), ++counter);
        List<Integer> participants = List.of(n == members.length ? members : Arrays.copyOf(members, n));
        int[] ids = new int[n];
        Prepare[] prepares = new Prepare[n];
        for (int i = 0; i < n; i++) {
            ids[i] = taking[i].member();
            prepares[i] = new Prepare(version, participants, List.of(prepared(write, position, taking[i])), List.of());
        }
        return new Attempt(transaction, version, ids, prepares);
    }

    /** Copies in sync and those that are being filled. */
    private static boolean takesPart(Copy copy) {
        return copy.takesWrites();
    }

    private static PreparedWrite prepared(Write write, int position, Copy copy) {
        // A copy that is still being filled cannot know whether the key is there.
        Condition condition = copy.inSync() ? write.condition() : Condition.NONE;
        return new PreparedWrite(
                copy.table(),
                position,
                write.key(),
                write.value(),
                write.expiry().ms(),
                condition);
    }

    private Attempt assemble(Transaction transaction, View view) {
        if (transaction.positions.length == 1) {
            return assembleOne(transaction, view);
        }
        TreeMap<Integer, List<PreparedWrite>> writes = new TreeMap<>();
        for (int i = 0; i < transaction.positions.length; i++) {
            int position = transaction.positions[i];
            Write write = transaction.writes.get(i);
            for (Copy copy : view.arcAt(position).copies()) {
                if (takesPart(copy)) {
                    writes.computeIfAbsent(copy.member(), any -> new ArrayList<>(1))
                            .add(prepared(write, position, copy));
                }
            }
        }
        Version version = new Version(view.epoch(), ++counter);
        List<Integer> participants = List.copyOf(writes.keySet());
        int[] members = new int[participants.size()];
        Prepare[] prepares = new Prepare[members.length];
        for (int i = 0; i < members.length; i++) {
            members[i] = participants.get(i);
            List<PreparedWrite> own = writes.getOrDefault(members[i], List.of());
            prepares[i] = new Prepare(version, participants, own, elsewhere(transaction, own));
        }
        return new Attempt(transaction, version, members, prepares);
    }

    /** The positions of the transaction's keys that are not among {@code own}. */
    private static List<Integer> elsewhere(Transaction transaction, List<PreparedWrite> own) {
        if (own.size() == transaction.positions.length) {
            return List.of();
        }
        TreeSet<Integer> positions = new TreeSet<>();
        int next = 0;
        for (int i = 0; i < transaction.positions.length; i++) {
            if (next < own.size()
                    && own.get(next).key().equals(transaction.writes.get(i).key())) {
                next++;
            } else {
                positions.add(transaction.positions[i]);
            }
        }
        return List.copyOf(positions);
    }

    /** The answer to a write that was decided. */
    Result ack(Attempt attempt) {
        if (attempt.copies >= 2) {
            return Result.Ack.WHOLE;
        }
        View view = cluster.view();
        TreeSet<ServerNode> missing = new TreeSet<>();
        boolean allUp = true;
        for (int position : attempt.transaction.positions) {
            Arc arc = view.arcAt(position);
            if (arc.inSyncCopies() >= 2) {
                continue;
            }
            for (Copy copy : arc.copies()) {
                Member member = view.members().get(copy.member());
                if (!copy.inSync() && member != null) {
                    missing.add(member.address());
                    allUp &= cluster.liveness(copy.member()) == Liveness.UP;
                }
            }
        }
        String note = missing.isEmpty() ? "there is no second server" : allUp ? "is catching up" : "is down";
        return new Result.Ack(attempt.copies, List.copyOf(missing), note);
    }

    /** The answer to a write that a participant refused. */
    Result refused(Attempt attempt, ErrorCode code, String message) {
        View view = cluster.view();
        if (code == ErrorCode.NOT_FOUND) {
            for (int i = 0; i < attempt.transaction.positions.length; i++) {
                boolean conditional =
                        !attempt.transaction.writes.get(i).condition().isNone();
                if (conditional && view.arcAt(attempt.transaction.positions[i]).lost()) {
                    return lost(attempt.transaction.writes.get(i).key().text());
                }
            }
        }
        return Result.Failure.of(code, message);
    }

    static Result.Failure lost(String key) {
        return Result.Failure.of(
                ErrorCode.LOST,
                "Both copies of the part of the ring that '" + key
                        + "' belongs to are gone. A put makes the key readable again; accept-loss ends this for all keys");
    }

    /** The answer to a write that a member which cannot be reached may hold prepared. */
    Result unknown(int member) {
        return Result.Failure.of(
                ErrorCode.OUTCOME_UNKNOWN,
                cluster.name(member) + " went down while the write was under way and holds the only up-to-date copy;"
                        + " whether it was applied shows when it is back");
    }
}
