package com.kvstore.protocol.twophase;

import com.kvstore.common.ErrorCode;
import com.kvstore.common.RequestId;
import com.kvstore.common.Result;
import com.kvstore.protocol.kernel.Effects;
import com.kvstore.protocol.parts.RequestTable;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The clients that wait for writes: each request is executed at most once and answered exactly once, its retries with it.
 *
 * <p>Threading: one machine's.
 */
final class WriteClients {
    private final RequestTable requests;
    /** Retries of requests under way. */
    private final List<Waiter> retries = new ArrayList<>();

    private int waiting;

    WriteClients(RequestTable requests) {
        this.requests = requests;
    }

    /** Clients that have not been answered. */
    int waiting() {
        return waiting;
    }

    /**
     * Takes a request on.
     *
     * @param epoch the one in force, for clients whose own is too old
     * @return who waits for it, if it is to be executed; null: it was before, or may have been
     */
    @Nullable Waiter admit(long client, @Nullable RequestId id, long epoch, Effects effects) {
        if (id != null && id.epoch() > epoch) {
            // Carried out here and again by the newer coordinator, to whom it is no older than that one's life.
            String message = "Not applied: a newer coordinator has taken over (epoch " + id.epoch() + ", this one has "
                    + epoch + "). Ask that one";
            effects.reply(client, Result.Failure.of(ErrorCode.UNAVAILABLE, message));
            return null;
        }
        RequestTable.Known known = id == null ? new RequestTable.Fresh() : requests.begin(id);
        if (known instanceof RequestTable.Done done) {
            effects.reply(client, done.result());
            return null;
        }
        if (known instanceof RequestTable.Expired && id != null) {
            String message = "This request was first sent in epoch " + id.epoch()
                    + ", which is no longer remembered; nothing was executed now. Read the key to see";
            effects.reply(client, new Result.Failure(ErrorCode.OUTCOME_UNKNOWN, message, null, epoch));
            return null;
        }
        Waiter waiter = new Waiter(client, id);
        waiting++;
        if (known instanceof RequestTable.Pending) {
            retries.add(waiter);
            return null;
        }
        return waiter;
    }

    /** Answers a request and whoever retried it meanwhile. */
    void answer(Waiter waiter, Result result, Effects effects) {
        waiting--;
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
                waiting--;
                effects.reply(retry.client(), result);
            }
        }
    }

    /**
     * Whether a retry should be executed: the answer says that nothing was, for a reason that passes. It speaks for this sending
     * alone: who has sent the request before, unanswered, still has to take it for one that may be applied.
     */
    private static boolean isNotApplied(ErrorCode code) {
        return switch (code) {
            case UNAVAILABLE, OVERLOADED, NO_NODES, NO_SPACE, LOST -> true;
            default -> false;
        };
    }
}
