package com.kvstore.protocol.twophase;

import com.kvstore.common.Command.Transact;
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
    private final RequestTable requests;
    private final KeyLocks locks = new KeyLocks();
    private final AttemptBuilder builder;
    /** In the order of their versions; settled ones leave from the front. */
    private final Deque<Attempt> open = new ArrayDeque<>();
    /** Hold their locks and wait for the membership to settle. */
    private List<Transaction> parked = new ArrayList<>();

    private int clientsWaiting;
    private boolean staleProposed;
    /** When the first attempt that waits for a member that is down gives up. */
    private long graceUntilNs = Long.MAX_VALUE;
    /** Hold all their locks and are about to start. */
    private final Deque<Transaction> ready = new ArrayDeque<>();

    private boolean startingReady;
    /** Retries of requests under way; answered with them. */
    private final List<Waiter> retries = new ArrayList<>();

    Transactions(
            Cluster cluster,
            Channels channels,
            StaleMarker stale,
            ReadCache cache,
            RequestTable requests,
            int minCopies) {
        this.cluster = cluster;
        this.channels = channels;
        this.stale = stale;
        this.cache = cache;
        this.requests = requests;
        this.builder = new AttemptBuilder(cluster, minCopies);
    }

    /** Clients that wait for the answer to a write. */
    int clientsWaiting() {
        return clientsWaiting;
    }

    boolean allDecided() {
        return clientsWaiting == 0;
    }

    /** Takes a request on; the answer follows, at once or later. */
    void submit(long client, Transact command, @Nullable RequestId id, Effects effects) {
        if (id != null && !admit(client, id, effects)) {
            return;
        }
        View view = cluster.view();
        List<Write> writes = command.writes();
        int[] positions = new int[writes.size()];
        for (int i = 0; i < positions.length; i++) {
            positions[i] = view.positionOf(writes.get(i).key());
        }
        Transaction transaction = new Transaction(writes, positions);
        transaction.waiters.add(new Waiter(client, id));
        clientsWaiting++;
        if (locks.acquire(transaction)) {
            start(transaction, effects);
        }
    }

    /** Looks the request up. @return whether it is to be executed */
    private boolean admit(long client, RequestId id, Effects effects) {
        RequestTable.Known known = requests.begin(id);
        if (known instanceof RequestTable.Fresh) {
            return true;
        }
        if (known instanceof RequestTable.Done done) {
            effects.reply(client, done.result());
        } else if (known instanceof RequestTable.Pending) {
            retries.add(new Waiter(client, id));
            clientsWaiting++;
        } else {
            effects.reply(
                    client,
                    new Result.Failure(
                            ErrorCode.OUTCOME_UNKNOWN,
                            "This request was first sent in epoch " + id.epoch()
                                    + ", which is no longer remembered; nothing was executed now. Read the key to see",
                            null,
                            cluster.view().epoch()));
        }
        return false;
    }

    private void start(Transaction transaction, Effects effects) {
        AttemptBuilder.Outcome outcome = builder.build(transaction);
        if (outcome.attempt() != null) {
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

    /** A batch was answered: every prepare in it that is not refused is a yes, every outcome is carried out. */
    void onAnswered(Channel.Sent sent, int member, List<Refusal> refusals, Effects effects) {
        for (Attempt attempt : sent.outcomes) {
            settle(attempt, member, effects);
        }
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
    private void finish(Transaction transaction, Result result, Effects effects) {
        for (Waiter waiter : transaction.waiters) {
            answer(waiter, result, effects);
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

    private void answer(Waiter waiter, Result result, Effects effects) {
        clientsWaiting--;
        effects.reply(waiter.client(), result);
        RequestId id = waiter.id();
        if (id == null) {
            return;
        }
        if (result instanceof Result.Failure failure && isNotApplied(failure.code())) {
            requests.forget(id);
        } else {
            requests.finish(id, result);
        }
        for (int i = retries.size() - 1; i >= 0; i--) {
            Waiter retry = retries.get(i);
            RequestId same = retry.id();
            if (same != null && same.number() == id.number() && same.client().equals(id.client())) {
                retries.remove(i);
                clientsWaiting--;
                effects.reply(retry.client(), result);
            }
        }
    }

    /** Whether a retry should be executed: the answer says that nothing was, for a reason that passes. */
    private static boolean isNotApplied(ErrorCode code) {
        return switch (code) {
            case UNAVAILABLE, OVERLOADED, NO_NODES, NO_SPACE, LOST -> true;
            default -> false;
        };
    }

    /** A member has greeted: tells it again what it may not have heard. */
    void onGreeted(int member, KnownOutcomes known, Effects effects) {
        for (Attempt attempt : List.copyOf(open)) {
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

    /** Whether {@code version} is an attempt that {@code member} is not done with. */
    boolean isOpenAt(Version version, int member) {
        for (Attempt attempt : open) {
            if (attempt.version.equals(version)) {
                int index = attempt.indexOf(member);
                return index >= 0 && attempt.stand(index) != Stand.SETTLED;
            }
        }
        return false;
    }

    /** A member is down: what waits for it is made again without it, once it is out of sync. */
    void onDown(int member, Effects effects) {
        for (Attempt attempt : open) {
            int index = attempt.indexOf(member);
            if (index >= 0 && attempt.stand(index) != Stand.SETTLED && attempt.fate != Fate.COMMITTED) {
                proposeStale();
                break;
            }
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
        for (Attempt attempt : List.copyOf(open)) {
            boolean participantLost = false;
            boolean mayFallBehind = false;
            int unreachable = 0;
            for (int i = 0; i < attempt.participants.length; i++) {
                if (attempt.stand(i) == Stand.SETTLED) {
                    continue;
                }
                int member = attempt.participants[i];
                boolean down = cluster.liveness(member) == Liveness.DOWN;
                participantLost |= !attempt.countsFullyIn(view, i);
                if (down && attempt.fate != Fate.COMMITTED && attempt.mayFallBehindIn(view, i, cluster)) {
                    mayFallBehind = true;
                } else if (down && attempt.countsIn(view, i)) {
                    unreachable = attempt.stand(i) == Stand.ASKED || attempt.fate != Fate.OPEN ? member : unreachable;
                } else if (down && attempt.fate != Fate.OPEN) {
                    attempt.stand(i, Stand.SETTLED);
                }
            }
            if (mayFallBehind && unreachable == 0 && !participantLost) {
                proposeStale();
            } else {
                reconsider(attempt, participantLost, unreachable, nowNs, effects);
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

    /** Everything below this version is settled everywhere. */
    Version settledBelow() {
        while (!open.isEmpty() && open.peek().fate != Fate.OPEN && open.peek().allSettled()) {
            open.poll();
        }
        Attempt oldest = open.peek();
        return oldest == null ? builder.nextVersion() : oldest.version;
    }

    /** Whether every transaction of an epoch before {@code epoch} is applied, or will never be, at {@code member}. */
    boolean settledBefore(int member, long epoch) {
        for (Attempt attempt : open) {
            if (attempt.version.epoch() >= epoch) {
                return true;
            }
            int index = attempt.indexOf(member);
            if (index >= 0 && attempt.stand(index) != Stand.SETTLED) {
                return false;
            }
        }
        return true;
    }
}
