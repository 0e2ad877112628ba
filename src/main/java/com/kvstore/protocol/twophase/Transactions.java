package com.kvstore.protocol.twophase;

import com.kvstore.common.Command.Compute;
import com.kvstore.common.Command.Transact;
import com.kvstore.common.Condition;
import com.kvstore.common.ErrorCode;
import com.kvstore.common.RequestId;
import com.kvstore.common.Result;
import com.kvstore.common.Version;
import com.kvstore.common.Write;
import com.kvstore.protocol.kernel.Effects;
import com.kvstore.protocol.membership.Liveness;
import com.kvstore.protocol.membership.View;
import com.kvstore.protocol.parts.RequestTable;
import com.kvstore.protocol.twophase.Attempt.Fate;
import com.kvstore.protocol.twophase.Attempt.Stand;
import com.kvstore.protocol.twophase.TwoPhaseMessage.BatchReply;
import com.kvstore.protocol.twophase.TwoPhaseMessage.Expired;
import com.kvstore.protocol.twophase.TwoPhaseMessage.Refusal;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The coordinator's side of two-phase commit.
 *
 * <p>A transaction queues for its keys, then is attempted: a prepare to every copy that takes writes. It is decided once
 * every participant has voted yes; then its keys leave the cache, the clients are answered, and the commit leaves ahead of
 * anything later on each link. There is no decision log: what all hold prepared is decided.
 *
 * <p>When a participant goes down, the members that are down lose sync in a new view wherever another copy has it, and the
 * attempt is given up and made again without them. "Not applied" is answered only once nobody who counts can hold the
 * attempt prepared; otherwise the outcome is unknown.
 *
 * <p>Threading: one machine's. Source: Gray, Notes on Data Base Operating Systems, 1978; the decision rule is the
 * presumption of Lampson and Lomet's presumed commit turned around: the participants' prepared records are the log.
 */
final class Transactions {
    /** How long a write waits for a participant that is down and cannot be done without: most come back at once. */
    private static final long GRACE_NS = 3_000_000_000L;

    private final Cluster cluster;
    private final Channels channels;
    private final StaleMarker stale;
    private final ReadCache cache;
    private final WriteClients clients;
    private final KeyLocks locks = new KeyLocks();
    private final AttemptBuilder builder;
    private final WriteResolver resolver;
    private final OpenAttempts open = new OpenAttempts();
    /** Hold their locks and wait for the membership to settle. */
    private List<Transaction> parked = new ArrayList<>();

    private boolean staleProposed;
    /** When the first attempt that waits for a member that is down gives up. */
    private long graceUntilNs = Long.MAX_VALUE;
    /** Hold all their locks and are about to start. */
    private final Deque<Transaction> ready = new ArrayDeque<>();

    private boolean startingReady;
    private boolean fenced;

    Transactions(
            Cluster cluster,
            Channels channels,
            StaleMarker stale,
            ReadCache cache,
            RequestTable requests,
            AttemptBuilder builder,
            WriteResolver resolver) {
        this.cluster = cluster;
        this.channels = channels;
        this.stale = stale;
        this.cache = cache;
        this.clients = new WriteClients(requests);
        this.builder = builder;
        this.resolver = resolver;
    }

    /** Clients that wait for the answer to a write. */
    int clientsWaiting() {
        return clients.waiting();
    }

    boolean allDecided() {
        return clients.waiting() == 0;
    }

    /** Takes a request on; the answer follows, at once or later. */
    void submit(long client, Transact command, @Nullable RequestId id, Effects effects) {
        Waiter waiter = clients.admit(client, id, cluster.view().epoch(), effects);
        if (waiter != null) {
            enqueue(new Transaction(resolver.withDeadlines(command.writes()), cluster.view()), waiter, effects);
        }
    }

    /** The same, for one that reads its keys first. */
    void submit(long client, Compute command, @Nullable RequestId id, Effects effects) {
        Waiter waiter = clients.admit(client, id, cluster.view().epoch(), effects);
        if (waiter != null) {
            enqueue(new Transaction(command.keys(), command.computation()), waiter, effects);
        }
    }

    /** Deletes a value whose deadline has passed, unless another has taken its place. */
    void deleteExpired(Expired expired, Effects effects) {
        if (!locks.isHeld(expired.key())) {
            Write delete = new Write(expired.key(), null, Condition.expired(expired.version()));
            enqueue(new Transaction(List.of(delete), cluster.view()), null, effects);
        }
    }

    private void enqueue(Transaction transaction, @Nullable Waiter waiter, Effects effects) {
        if (waiter != null) {
            transaction.waiters.add(waiter);
        }
        if (locks.acquire(transaction)) {
            start(transaction, effects);
        }
    }

    private void start(Transaction transaction, Effects effects) {
        if (transaction.mustCompute()) {
            resolver.compute(transaction, this::onComputed, effects);
            return;
        }
        if (transaction.writes.isEmpty()) {
            finish(transaction, Result.Ack.WHOLE, effects);
            return;
        }
        if (fenced) {
            parked.add(transaction);
            return;
        }
        AttemptBuilder.Outcome outcome = builder.build(transaction);
        if (outcome.attempt() != null && builder.mustVerify(transaction)) {
            resolver.verify(transaction, this::onComputed, effects);
        } else if (outcome.attempt() != null) {
            Attempt attempt = outcome.attempt();
            transaction.attempts.add(attempt);
            open.add(attempt);
            for (int i = 0; i < attempt.participants.length; i++) {
                channels.of(attempt.participants[i]).prepare(attempt, attempt.prepares[i]);
            }
        } else if (outcome.failure() != null) {
            owe(transaction, outcome.failure(), effects);
        } else {
            parked.add(transaction);
            if (outcome.staleWanted()) {
                proposeStale();
            }
        }
    }

    /** @param failure why the keys could not be read; null: all is well */
    private void onComputed(Transaction transaction, Result.@Nullable Failure failure, Effects effects) {
        if (failure == null) {
            start(transaction, effects);
        } else {
            finish(transaction, failure, effects);
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
        attempt.stand(attempt.indexOf(member), Stand.SETTLED);
        if (attempt.fate == Fate.OPEN) {
            abort(attempt);
            owe(attempt.transaction, builder.refused(attempt, code, message), effects);
        } else {
            payIfSettled(attempt.transaction, effects);
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
        finish(transaction, builder.ack(attempt), effects);
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
    private void owe(Transaction transaction, Result notApplied, Effects effects) {
        transaction.owed = notApplied;
        payIfSettled(transaction, effects);
    }

    private void payIfSettled(Transaction transaction, Effects effects) {
        Result owed = transaction.owed;
        if (owed != null && transaction.allAttemptsSettled()) {
            transaction.owed = null;
            finish(transaction, owed, effects);
        }
    }

    /** Answers, lets go of the keys, and starts who waited for them. */
    private void finish(Transaction transaction, Result outcome, Effects effects) {
        List<Waiter> waiters = transaction.waiters;
        for (int i = 0; i < waiters.size(); i++) {
            clients.answer(waiters.get(i), transaction.answerTo(i, outcome), effects);
        }
        locks.release(transaction, ready);
        if (!startingReady) {
            startingReady = true;
            for (Transaction next = ready.poll(); next != null; next = ready.poll()) {
                start(next, effects);
            }
            startingReady = false;
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
        if (graceUntilNs != Long.MAX_VALUE) {
            // It can do without those that are still down, once they are out of sync.
            proposeStale();
        }
        retryParked(effects);
    }

    /** A member is down: what waits for it is made again without it, once it is out of sync. */
    void onDown(int member, Effects effects) {
        if (open.anyWaitsFor(member)) {
            proposeStale();
        }
        retryParked(effects);
    }

    private void proposeStale() {
        if (!staleProposed) {
            staleProposed = true;
            stale.want((view, nowNs, effects) -> {
                staleProposed = false;
                reconsider(nowNs, effects);
            });
        }
    }

    /** The membership changed: attempts that wait for a member that is down, or no longer counts, go on or end. */
    void reconsider(long nowNs, Effects effects) {
        View view = cluster.view();
        graceUntilNs = Long.MAX_VALUE;
        for (Attempt attempt : open.all()) {
            Attempt.Outlook outlook = attempt.outlook(view, cluster);
            if (outlook.mayFallBehind() && outlook.unreachable() == 0 && !outlook.participantLost()) {
                proposeStale();
            } else {
                reconsider(attempt, outlook.participantLost(), outlook.unreachable(), nowNs, effects);
            }
        }
        retryParked(effects);
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
            finish(transaction, builder.unknown(unreachable), effects);
        } else if (attempt.fate == Fate.OPEN && participantLost) {
            abort(attempt);
            settleWhoDoesNotCount(attempt);
            start(transaction, effects);
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

    /** Ends the wait for participants that did not come back. */
    void tick(long nowNs, Effects effects) {
        if (nowNs >= graceUntilNs) {
            reconsider(nowNs, effects);
        }
    }

    private void settleWhoDoesNotCount(Attempt attempt) {
        for (int i = 0; i < attempt.participants.length; i++) {
            if (cluster.liveness(attempt.participants[i]) == Liveness.DOWN && !attempt.countsIn(cluster.view(), i)) {
                attempt.stand(i, Stand.SETTLED);
            }
        }
    }

    private void retryParked(Effects effects) {
        if (parked.isEmpty()) {
            return;
        }
        List<Transaction> again = parked;
        parked = new ArrayList<>();
        for (Transaction transaction : again) {
            start(transaction, effects);
        }
    }

    /** From now on no attempt begins. */
    void fence() {
        fenced = true;
    }

    void unfence(Effects effects) {
        fenced = false;
        retryParked(effects);
    }

    OpenAttempts open() {
        return open;
    }

    /** Everything below this version is settled everywhere. */
    Version settledBelow() {
        return open.settledBelow(builder.nextVersion());
    }
}
