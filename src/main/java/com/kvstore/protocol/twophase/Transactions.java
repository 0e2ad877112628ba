package com.kvstore.protocol.twophase;

import com.kvstore.common.Command.Compute;
import com.kvstore.common.Command.Transact;
import com.kvstore.common.Condition;
import com.kvstore.common.RequestId;
import com.kvstore.common.Result;
import com.kvstore.common.Version;
import com.kvstore.common.Write;
import com.kvstore.protocol.kernel.Effects;
import com.kvstore.protocol.parts.RequestTable;
import com.kvstore.protocol.twophase.TwoPhaseMessage.BatchReply;
import com.kvstore.protocol.twophase.TwoPhaseMessage.Expired;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The writes that clients wait for, from the request to the answer.
 *
 * <p>A transaction queues for its keys, then is attempted: {@link TwoPhaseCommit} asks every copy that takes writes, and
 * tells what became of it. Then the clients are answered and the keys go to the next in line. While the membership has to
 * settle first, or transactions are held back, it keeps its keys and waits.
 *
 * <p>When a participant goes down, the members that are down lose sync in a new view wherever another copy has it, and the
 * transaction is attempted again without them.
 *
 * <p>Invariants: a transaction is attempted only while it holds all its keys, and lets go of them once, when it is answered.
 *
 * <p>Threading: one machine's.
 */
final class Transactions implements TwoPhaseCommit.Owner {
    private final Cluster cluster;
    private final StaleMarker stale;
    private final WriteClients clients;
    private final KeyLocks locks = new KeyLocks();
    private final AttemptBuilder builder;
    private final WriteResolver resolver;
    private final TwoPhaseCommit commit;
    /** Hold their locks and wait for the membership to settle. */
    private List<Transaction> parked = new ArrayList<>();

    private boolean staleProposed;
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
        this.stale = stale;
        this.clients = new WriteClients(requests);
        this.builder = builder;
        this.resolver = resolver;
        this.commit = new TwoPhaseCommit(cluster, channels, cache, builder, this);
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

    @Override
    public void start(Transaction transaction, Effects effects) {
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
            commit.begin(outcome.attempt());
        } else if (outcome.failure() != null) {
            commit.owe(transaction, outcome.failure(), effects);
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

    /** Answers, lets go of the keys, and starts who waited for them. */
    @Override
    public void finish(Transaction transaction, Result outcome, Effects effects) {
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

    /** A batch was answered: votes, and outcomes that were carried out. */
    void onAnswered(Channel.Sent sent, int member, BatchReply reply, Effects effects) {
        commit.onAnswered(sent, member, reply, effects);
    }

    /** A member has greeted: tells it again what it may not have heard. */
    void onGreeted(int member, KnownOutcomes known, Effects effects) {
        commit.onGreeted(member, known, effects);
        if (commit.isWaitingForMembers()) {
            // It can do without those that are still down, once they are out of sync.
            proposeStale();
        }
        retryParked(effects);
    }

    /** A member is down: what waits for it is made again without it, once it is out of sync. */
    void onDown(int member, Effects effects) {
        if (commit.open().anyWaitsFor(member)) {
            proposeStale();
        }
        retryParked(effects);
    }

    @Override
    public void proposeStale() {
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
        commit.reconsider(nowNs, effects);
        retryParked(effects);
    }

    /** Ends the wait for participants that did not come back. */
    void tick(long nowNs, Effects effects) {
        if (commit.isGraceOver(nowNs)) {
            reconsider(nowNs, effects);
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
        return commit.open();
    }

    /** Everything below this version is settled everywhere. */
    Version settledBelow() {
        return commit.open().settledBelow(builder.nextVersion());
    }
}
