package com.kvstore.protocol.twophase;

import com.kvstore.common.ErrorCode;
import com.kvstore.common.Result;
import com.kvstore.common.Write;
import com.kvstore.protocol.kernel.Effects;
import com.kvstore.protocol.membership.Liveness;
import com.kvstore.protocol.membership.View;
import com.kvstore.protocol.twophase.Attempt.Fate;
import com.kvstore.protocol.twophase.Attempt.Stand;
import com.kvstore.protocol.twophase.TwoPhaseMessage.BatchReply;
import com.kvstore.protocol.twophase.TwoPhaseMessage.Refusal;
import java.util.List;

/**
 * The coordinator's side of two-phase commit: the attempts under way, their votes, their decisions, and who must still be
 * told.
 *
 * <p>An attempt is a prepare to every copy that takes writes. It is decided once every participant has voted yes; then its
 * keys leave the cache, the clients are answered, and the commit leaves ahead of anything later on each link. There is no
 * decision log: what all hold prepared is decided.
 *
 * <p>An attempt that has lost a participant is given up. "Not applied" is answered only once nobody who counts can hold an
 * attempt prepared; otherwise the outcome is unknown.
 *
 * <p>Threading: one machine's. Source: Gray, Notes on Data Base Operating Systems, 1978; the decision rule is the
 * presumption of Lampson and Lomet's presumed commit turned around: the participants' prepared records are the log.
 */
final class TwoPhaseCommit {
    /** Whose transactions these are. */
    interface Owner {
        /** Has attempted for the last time: {@code outcome} is what became of it. */
        void finish(Transaction transaction, Result outcome, Effects effects);

        /** Was given up, as a participant is gone: to be attempted anew, among those that are left. */
        void start(Transaction transaction, Effects effects);

        /** Attempts wait for members that are down to lose sync; {@link #reconsider} goes on with them. */
        void proposeStale();
    }

    /** How long a write waits for a participant that is down and cannot be done without: most come back at once. */
    private static final long GRACE_NS = 3_000_000_000L;

    private final Cluster cluster;
    private final Channels channels;
    private final ReadCache cache;
    private final AttemptBuilder builder;
    private final Owner owner;
    private final OpenAttempts open = new OpenAttempts();
    /** When the first attempt that waits for a member that is down gives up; {@link Long#MAX_VALUE}: none waits. */
    private long graceUntilNs = Long.MAX_VALUE;

    TwoPhaseCommit(Cluster cluster, Channels channels, ReadCache cache, AttemptBuilder builder, Owner owner) {
        this.cluster = cluster;
        this.channels = channels;
        this.cache = cache;
        this.builder = builder;
        this.owner = owner;
    }

    OpenAttempts open() {
        return open;
    }

    /** The first phase: asks every participant. */
    void begin(Attempt attempt) {
        attempt.transaction.attempts.add(attempt);
        open.add(attempt);
        for (int i = 0; i < attempt.participants.length; i++) {
            channels.of(attempt.participants[i]).prepare(attempt, attempt.prepares[i]);
        }
    }

    /** A batch was answered: every prepare in it that is not refused is a yes, every outcome is carried out, if stored. */
    void onAnswered(Channel.Sent sent, int member, BatchReply reply, Effects effects) {
        if (reply.stored()) {
            for (Attempt attempt : sent.told.attempts()) {
                settle(attempt, member, effects);
            }
        } else {
            channels.of(member).tellAgain(sent.told);
        }
        List<Refusal> refusals = reply.refusals();
        int next = 0;
        for (Attempt attempt : sent.prepares) {
            Refusal refusal = next < refusals.size() ? refusals.get(next) : null;
            if (refusal != null && refusal.transaction().equals(attempt.version)) {
                next++;
                onRefused(attempt, member, refusal.code(), refusal.message(), effects);
            } else {
                onVoted(attempt, member, effects);
            }
        }
    }

    private void onVoted(Attempt attempt, int member, Effects effects) {
        int index = attempt.indexOf(member);
        if (attempt.stand(index) != Stand.ASKED) {
            return;
        }
        attempt.stand(index, Stand.YES);
        if (attempt.fate == Fate.OPEN && attempt.allVoted()) {
            decide(attempt, effects);
        }
    }

    private void onRefused(Attempt attempt, int member, ErrorCode code, String message, Effects effects) {
        Transaction transaction = attempt.transaction;
        // Its disk failed while it prepared, and may have taken it all the same: it is told of the abort until that is
        // stored.
        boolean mayHoldIt = code == ErrorCode.OUTCOME_UNKNOWN;
        attempt.stand(attempt.indexOf(member), mayHoldIt ? Stand.YES : Stand.SETTLED);
        boolean wasOpen = attempt.fate == Fate.OPEN;
        if (wasOpen) {
            abort(attempt);
        }
        if (mayHoldIt && (wasOpen || transaction.owed != null)) {
            transaction.owed = null;
            owner.finish(transaction, builder.refused(attempt, code, message), effects);
        } else if (wasOpen) {
            owe(transaction, builder.refused(attempt, code, message), effects);
        } else {
            payIfSettled(transaction, effects);
        }
    }

    private void decide(Attempt attempt, Effects effects) {
        attempt.fate = Fate.COMMITTED;
        Transaction transaction = attempt.transaction;
        for (Write write : transaction.writes) {
            cache.decided(write.key());
        }
        for (int i = 0; i < attempt.participants.length; i++) {
            int member = attempt.participants[i];
            if (attempt.stand(i) != Stand.SETTLED && cluster.liveness(member) == Liveness.UP) {
                channels.of(member).commit(attempt);
            }
        }
        owner.finish(transaction, builder.ack(attempt), effects);
    }

    /** Gives the attempt up: whoever may hold it prepared is told. */
    private void abort(Attempt attempt) {
        attempt.fate = Fate.ABORTED;
        for (int i = 0; i < attempt.participants.length; i++) {
            int member = attempt.participants[i];
            if (attempt.stand(i) == Stand.SETTLED) {
                continue;
            }
            if (cluster.liveness(member) == Liveness.UP && !channels.of(member).abort(attempt)) {
                attempt.stand(i, Stand.SETTLED);
            }
        }
    }

    private void settle(Attempt attempt, int member, Effects effects) {
        attempt.stand(attempt.indexOf(member), Stand.SETTLED);
        payIfSettled(attempt.transaction, effects);
    }

    /** The transaction is not applied; says so once nobody who counts can hold an attempt of it prepared. */
    void owe(Transaction transaction, Result notApplied, Effects effects) {
        transaction.owed = notApplied;
        payIfSettled(transaction, effects);
    }

    private void payIfSettled(Transaction transaction, Effects effects) {
        Result owed = transaction.owed;
        if (owed != null && transaction.allAttemptsSettled()) {
            transaction.owed = null;
            owner.finish(transaction, owed, effects);
        }
    }

    /** A member has greeted: tells it again what it may not have heard. */
    void onGreeted(int member, KnownOutcomes known, Effects effects) {
        for (Attempt attempt : open.all()) {
            int index = attempt.indexOf(member);
            if (index < 0 || attempt.stand(index) == Stand.SETTLED) {
                continue;
            }
            attempt.giveUpAtNs = 0;
            Channel channel = channels.of(member);
            switch (attempt.fate) {
                case COMMITTED -> {
                    if (known.committed(attempt.version)) {
                        settle(attempt, member, effects);
                    } else {
                        channel.commit(attempt);
                    }
                }
                case ABORTED -> {
                    if (known.prepared(attempt.version)) {
                        channel.abort(attempt);
                    } else {
                        settle(attempt, member, effects);
                    }
                }
                case OPEN -> {
                    if (known.prepared(attempt.version)) {
                        onVoted(attempt, member, effects);
                    } else {
                        channel.prepare(attempt, attempt.prepares[index]);
                    }
                }
            }
        }
    }

    /** The membership changed: attempts that wait for a member that is down, or no longer counts, go on or end. */
    void reconsider(long nowNs, Effects effects) {
        View view = cluster.view();
        graceUntilNs = Long.MAX_VALUE;
        for (Attempt attempt : open.all()) {
            Attempt.Outlook outlook = attempt.outlook(view, cluster);
            if (outlook.mayFallBehind() && outlook.unreachable() == 0 && !outlook.participantLost()) {
                owner.proposeStale();
            } else {
                reconsider(attempt, outlook.participantLost(), outlook.unreachable(), nowNs, effects);
            }
        }
    }

    /** @param unreachable a participant whose word is missing and who still counts; 0 if there is none */
    private void reconsider(Attempt attempt, boolean participantLost, int unreachable, long nowNs, Effects effects) {
        Transaction transaction = attempt.transaction;
        if (unreachable != 0 && (attempt.fate == Fate.OPEN || transaction.owed != null)) {
            if (isWorthWaiting(attempt, nowNs)) {
                return;
            }
            if (attempt.fate == Fate.OPEN) {
                abort(attempt);
            }
            transaction.owed = null;
            owner.finish(transaction, builder.unknown(unreachable), effects);
        } else if (attempt.fate == Fate.OPEN && participantLost) {
            abort(attempt);
            settleWhoDoesNotCount(attempt);
            owner.start(transaction, effects);
        } else {
            payIfSettled(transaction, effects);
        }
    }

    private boolean isWorthWaiting(Attempt attempt, long nowNs) {
        if (attempt.giveUpAtNs == 0) {
            attempt.giveUpAtNs = nowNs + GRACE_NS;
        }
        graceUntilNs = Math.min(graceUntilNs, attempt.giveUpAtNs);
        return nowNs < attempt.giveUpAtNs;
    }

    private void settleWhoDoesNotCount(Attempt attempt) {
        for (int i = 0; i < attempt.participants.length; i++) {
            if (cluster.liveness(attempt.participants[i]) == Liveness.DOWN && !attempt.countsIn(cluster.view(), i)) {
                attempt.stand(i, Stand.SETTLED);
            }
        }
    }

    /** Whether an attempt waits for a member that is down and cannot be done without. */
    boolean isWaitingForMembers() {
        return graceUntilNs != Long.MAX_VALUE;
    }

    /** Whether the first that waits has waited long enough. */
    boolean isGraceOver(long nowNs) {
        return nowNs >= graceUntilNs;
    }
}
