package com.kvstore.protocol.ring;

import com.kvstore.common.ErrorCode;
import com.kvstore.common.Message;
import com.kvstore.protocol.kernel.Effects;
import com.kvstore.protocol.kernel.TimerId;
import com.kvstore.protocol.movement.MoveMessage;
import com.kvstore.protocol.movement.MoveMessage.MoveDone;
import com.kvstore.protocol.movement.MoveMessage.MoveFailed;
import com.kvstore.protocol.movement.MoveTarget;
import com.kvstore.protocol.twophase.Participant;
import com.kvstore.protocol.twophase.TwoPhaseMessage.Batch;
import com.kvstore.protocol.twophase.TwoPhaseMessage.BatchReply;
import com.kvstore.protocol.twophase.TwoPhaseMessage.Refusal;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Lets nothing that a data node says of its state leave before that state is durable: a vote, an outcome carried out, a
 * promise, a copy that is complete. So a node that is killed and comes back with its disk is, to everybody else, one whose
 * link was broken for a while.
 *
 * <p>One sync is under way at a time; what is written meanwhile shares the next one. What waits leaves in order. A node
 * that keeps everything in memory holds nothing back.
 *
 * <p>Nobody waits for a commit to be durable, as what all participants hold prepared is decided: where commits are all there is
 * to be synced, they wait for company, for some milliseconds, so that a vote that comes next need not wait for their sync.
 *
 * <p>Of clients that wait for their answers before they ask again, many are answered by one sync, and few have asked meanwhile. A
 * sync for those few alone would cost as much, and leave many for the one after it again; so few wait, for a fraction of a
 * millisecond, until half as much is to be synced as the last time.
 *
 * <p>When a sync fails: what was voted yes and may or may not be on the disk is taken back, with an answer that says just
 * that; new prepares are refused; commits and aborts are carried out in memory, so that reads go on, and answered as not
 * stored, so that they are told again. The sync is tried again every second.
 *
 * <p>Threading: one machine's.
 */
final class DurableReplies implements MoveTarget.Durability {
    private static final TimerId RETRY = new TimerId("sync-retry", 0);
    private static final long RETRY_NS = 1_000_000_000L;
    private static final TimerId COMPANY = new TimerId("sync-company", 0);
    /** How long what nobody waits for waits for something to share its sync. */
    private static final long COMPANY_NS = 5_000_000L;

    private static final TimerId SHARE = new TimerId("sync-share", 0);
    /** How long little waits for more to share its sync: about as long as a fast disk takes for one. */
    private static final long SHARE_NS = 300_000L;
    /** After a sync of so few writes the next one does not wait. */
    private static final int MANY_WRITES = 32;
    /** A move takes in no more while so much waits for the disk: what waits is in memory. */
    private static final long BEHIND_BYTES = 16L << 20;

    /**
     * @param message made when it leaves: what it says may have changed
     * @param written what must be durable before it leaves
     * @param batch which {@code message} answers; null for other messages
     */
    private record Held(
            long link,
            Supplier<? extends Message> message,
            long written,
            @Nullable Batch batch) {}

    private final SlaveStorage storage;
    private final Participant participant;
    private final String self;
    private final Deque<Held> held = new ArrayDeque<>();
    private long durable;
    /** What the sync under way, if one is, covers. */
    private long syncing;

    private boolean underWay;
    /** Somebody waits for all that was written up to here. */
    private long wanted;

    private boolean waitsForCompany;
    /** What the last sync covered. */
    private long covered;

    private boolean waitsToShare;
    private long token;
    private @Nullable String failure;

    /** @param self its name, for messages to people */
    DurableReplies(SlaveStorage storage, Participant participant, String self) {
        this.storage = storage;
        this.participant = participant;
        this.self = self;
        this.durable = storage.written();
    }

    /** Why nothing can be made durable at the moment; null: it can. */
    @Nullable String failure() {
        return failure;
    }

    private boolean mayLeave() {
        return held.isEmpty() && storage.written() <= durable;
    }

    /** Answers a batch, with one part of the answer. */
    void reply(long link, Batch batch, BatchReply part, Effects effects) {
        if (mayLeave()) {
            effects.send(link, part);
        } else if (failure != null) {
            effects.send(link, unstored(batch, part, part.refusals()));
        } else {
            hold(new Held(link, () -> part, storage.written(), batch), isAwaited(batch));
        }
    }

    /** Sends what relies on all that is written so far. */
    void send(long link, Supplier<? extends Message> message, Effects effects) {
        if (mayLeave()) {
            effects.send(link, message.get());
        } else {
            hold(new Held(link, message, storage.written(), null), true);
        }
    }

    private void hold(Held each, boolean awaited) {
        held.add(each);
        if (awaited) {
            wanted = each.written;
        }
    }

    private static boolean isAwaited(Batch batch) {
        return !batch.prepares().isEmpty()
                || !batch.reads().isEmpty()
                || !batch.aborts().isEmpty();
    }

    @Override
    public boolean isBehind() {
        return storage.unsyncedBytes() >= BEHIND_BYTES;
    }

    @Override
    public void report(long link, MoveMessage message, Effects effects) {
        if (message instanceof MoveDone) {
            send(link, () -> message, effects);
        } else {
            effects.send(link, message);
        }
    }

    /** Begins a sync if somebody waits for one, or sees to it that there will be one if there is something to be synced. */
    void turnEnded(long nowNs, Effects effects) {
        if (underWay || failure != null) {
            return;
        }
        if (wanted > durable) {
            if (covered < MANY_WRITES || 2 * (storage.written() - durable) >= covered) {
                sync(effects);
            } else if (!waitsToShare) {
                waitsToShare = true;
                effects.setTimer(SHARE, nowNs + SHARE_NS);
            }
        } else if (storage.written() > durable && !waitsForCompany) {
            waitsForCompany = true;
            effects.setTimer(COMPANY, nowNs + COMPANY_NS);
        }
    }

    private void sync(Effects effects) {
        underWay = true;
        waitsToShare = false;
        syncing = storage.written();
        covered = syncing - durable;
        effects.sync(++token);
    }

    void onPersisted(long synced, long nowNs, Effects effects) {
        if (synced != token || !underWay) {
            return;
        }
        underWay = false;
        durable = syncing;
        if (failure != null) {
            failure = null;
            participant.acceptPrepares();
            effects.note("INFO", "The disk of this data node can be written again");
        }
        for (Held next = held.peek(); next != null && next.written <= durable; next = held.peek()) {
            held.remove();
            effects.send(next.link, next.message.get());
        }
        turnEnded(nowNs, effects);
    }

    /** @return whether this is news: all was well before */
    boolean onPersistFailed(long failed, String reason, long nowNs, Effects effects) {
        if (failed != token || !underWay) {
            return false;
        }
        underWay = false;
        effects.setTimer(RETRY, nowNs + RETRY_NS);
        if (failure != null) {
            return false;
        }
        failure = reason;
        boolean full = reason.contains("No space left");
        participant.refusePrepares(
                full ? ErrorCode.NO_SPACE : ErrorCode.UNAVAILABLE,
                full
                        ? "the disk of " + self + " is full. Reads go on; make room there and try again"
                        : "the disk of " + self + " cannot be written (" + reason + "). Reads go on");
        effects.note(
                "ERROR",
                "Cannot make data durable: " + reason + ". Writes are refused until that works again; reads go on");
        Deque<Held> waiting = new ArrayDeque<>(held);
        held.clear();
        for (Held each : waiting) {
            giveUp(each, effects);
        }
        return true;
    }

    private void giveUp(Held each, Effects effects) {
        Message message = each.message.get();
        if (message instanceof BatchReply reply && each.batch != null) {
            List<Refusal> refusals = participant.takeBack(
                    each.batch,
                    reply.refusals(),
                    "the disk of " + self
                            + " failed while the write was under way; whether it was applied shows later");
            effects.send(each.link, unstored(each.batch, reply, refusals));
        } else if (message instanceof MoveDone done) {
            effects.send(each.link, new MoveFailed(done.move(), String.valueOf(failure)));
        } else {
            held.add(each);
        }
    }

    private static BatchReply unstored(Batch batch, BatchReply part, List<Refusal> refusals) {
        return new BatchReply(
                part.sequence(),
                part.last(),
                batch.commits().isEmpty() && batch.aborts().isEmpty(),
                part.keys(),
                refusals,
                part.answers(),
                part.expired());
    }

    /** @return whether the timer was one of this object's */
    boolean onTimer(TimerId timer, Effects effects) {
        if (timer.equals(RETRY)) {
            if (!underWay && failure != null) {
                sync(effects);
            }
            return true;
        }
        if (timer.equals(COMPANY)) {
            waitsForCompany = false;
            syncIfIdle(effects);
            return true;
        }
        if (timer.equals(SHARE)) {
            if (waitsToShare) {
                syncIfIdle(effects);
            }
            return true;
        }
        return false;
    }

    private void syncIfIdle(Effects effects) {
        if (!underWay && failure == null && storage.written() > durable) {
            sync(effects);
        }
    }
}
