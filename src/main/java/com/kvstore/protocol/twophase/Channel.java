package com.kvstore.protocol.twophase;

import com.kvstore.common.Bytes;
import com.kvstore.common.Version;
import com.kvstore.protocol.kernel.Effects;
import com.kvstore.protocol.membership.PreparedWrite;
import com.kvstore.protocol.twophase.TwoPhaseMessage.Batch;
import com.kvstore.protocol.twophase.TwoPhaseMessage.Prepare;
import com.kvstore.protocol.twophase.TwoPhaseMessage.Read;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What one turn has for one slave, gathered into one frame, and the frames that wait for an answer.
 *
 * <p>Invariant: answers come in the order of the batches, for the link is FIFO; the oldest batch in flight is therefore
 * the one that a time-out is about.
 */
final class Channel {
    /** A frame is full when its values come to so much. */
    private static final int FRAME_BYTES = 1 << 20;
    /** So many commits leave at once, with or without company. */
    private static final int MOST_COMMITS_WAITING = 1_000;

    private static final int MOST_READS = 1 << 20;
    /** Time that a value is allowed on its way, beside the time-out: at least 25 MB a second are expected of a link. */
    private static final long NS_PER_BYTE = 40;

    /** What all batches of one turn have in common; see {@link Batch}. */
    record Turn(long epoch, Version settled, boolean priorSettled, long nowMs, long nowNs) {}

    /**
     * The outcomes in a batch.
     *
     * @param attempts whose they are
     * @param strays those of transactions from before this coordinator's life
     */
    record Told(List<Version> commits, List<Version> aborts, List<Attempt> attempts, List<Version> strays) {}

    /** A batch in flight. */
    static final class Sent {
        final long sequence;
        /** The grant that comes with the answer counts from here. */
        final long sentNs;
        /** The time-out counts from here. */
        long timeoutFromNs;

        final Told told;
        final List<Attempt> prepares;
        final List<PendingRead> reads;
        private final List<Read> asked;

        /** Reads whose answers have come. */
        int readsAnswered;

        Sent(long sequence, long sentNs, Told told, List<Attempt> prepares, List<PendingRead> reads, List<Read> asked) {
            this.asked = asked;
            this.sequence = sequence;
            this.sentNs = sentNs;
            this.timeoutFromNs = sentNs;
            this.told = told;
            this.prepares = prepares;
            this.reads = reads;
        }

        /** The reads that a part with so many answers is about. */
        List<PendingRead> nextReads(int answers) {
            List<PendingRead> next = reads.subList(readsAnswered, readsAnswered + answers);
            readsAnswered += answers;
            return next;
        }
    }

    final int member;
    private final ArrayDeque<Sent> inFlight = new ArrayDeque<>();
    private long sequence;
    /** When the newest batch that was answered had been sent: the slave's grant counts from there. */
    long grantedFromNs = Long.MIN_VALUE;

    long lastSentNs;
    /** When commits that have no company leave; {@link Long#MAX_VALUE} if there are none. */
    long commitsDueNs = Long.MAX_VALUE;

    private List<Version> commits = new ArrayList<>();
    private List<Version> aborts = new ArrayList<>();
    private List<Prepare> prepares = new ArrayList<>();
    private List<Read> reads = new ArrayList<>();
    private List<Attempt> outcomes = new ArrayList<>();
    private List<Version> strays = new ArrayList<>();
    private List<Attempt> prepared = new ArrayList<>();
    private List<PendingRead> reading = new ArrayList<>();
    /** So many of the reads that wait belong to groups: they stand in front, and leave in the turn in which they came. */
    private int groupReads;

    /** So many single reads may be unanswered; fewer once the slave has shown that their values are large. */
    private int readWindow = MOST_READS;

    private int readsUnanswered;
    private final List<Told> unstored = new ArrayList<>();
    private long lastRetryNs;

    Channel(int member) {
        this.member = member;
    }

    void commit(Attempt attempt) {
        commits.add(attempt.version);
        outcomes.add(attempt);
    }

    /** @return false if the prepare had not been sent: it is taken back and the slave need not be told */
    boolean abort(Attempt attempt) {
        int unsent = prepared.indexOf(attempt);
        if (unsent >= 0) {
            prepared.remove(unsent);
            prepares.remove(unsent);
            return false;
        }
        aborts.add(attempt.version);
        outcomes.add(attempt);
        return true;
    }

    /** Settles a transaction of an earlier coordinator. */
    void settle(Version transaction, boolean commit) {
        (commit ? commits : aborts).add(transaction);
        strays.add(transaction);
    }

    /** The slave's disk failed: the outcomes of a batch are told again, by and by. */
    void tellAgain(Told told) {
        unstored.add(told);
    }

    /**
     * Outcomes that were not stored go with what is sent next, once they have waited for {@code pauseNs}.
     *
     * @return whether there are any
     */
    boolean retryUnstored(long pauseNs, long nowNs) {
        if (unstored.isEmpty() || nowNs - lastRetryNs < pauseNs) {
            return false;
        }
        lastRetryNs = nowNs;
        for (Told told : unstored) {
            commits.addAll(told.commits());
            aborts.addAll(told.aborts());
            outcomes.addAll(told.attempts());
            strays.addAll(told.strays());
        }
        unstored.clear();
        return true;
    }

    void prepare(Attempt attempt, Prepare prepare) {
        prepares.add(prepare);
        prepared.add(attempt);
    }

    void read(PendingRead pending, Read read) {
        int at = pending.group == null ? reads.size() : groupReads++;
        reads.add(at, read);
        reading.add(at, pending);
    }

    boolean isEmpty() {
        return commits.isEmpty() && !isUrgent();
    }

    /** Whether it has something for which somebody waits: anything but a few commits. */
    boolean isUrgent() {
        return !prepares.isEmpty() || readsNow() > 0 || !aborts.isEmpty() || commits.size() >= MOST_COMMITS_WAITING;
    }

    /** How many of the reads that wait may be sent. */
    private int readsNow() {
        int room = Math.max(0, readWindow - readsUnanswered);
        return groupReads + Math.min(reads.size() - groupReads, room);
    }

    /** Sends what was gathered, in one frame unless its values are large; empty, it asks for a sign of life. */
    void send(long link, Turn turn, Effects effects) {
        long nowNs = turn.nowNs();
        lastSentNs = nowNs;
        commitsDueNs = Long.MAX_VALUE;
        int from = 0;
        long bytes = 0;
        long allBytes = 0;
        for (int i = 0; i < prepares.size(); i++) {
            long more = valueBytes(prepares.get(i));
            bytes += more;
            allBytes += more;
            if (bytes >= FRAME_BYTES && i + 1 < prepares.size()) {
                int to = i + 1;
                List<Prepare> part = prepares.subList(from, to);
                Sent sent = new Sent(++sequence, nowNs, told(), prepared.subList(from, to), List.of(), List.of());
                sent.timeoutFromNs += allBytes * NS_PER_BYTE;
                inFlight.add(sent);
                effects.send(link, batch(turn, part, List.of()));
                clearOutcomes();
                from = to;
                bytes = 0;
            }
        }
        List<Prepare> rest = from == 0 ? prepares : prepares.subList(from, prepares.size());
        List<Attempt> restPrepared = from == 0 ? prepared : prepared.subList(from, prepared.size());
        int count = readsNow();
        List<Read> asked = reads;
        List<PendingRead> pending = reading;
        reads = new ArrayList<>(asked.subList(count, asked.size()));
        reading = new ArrayList<>(pending.subList(count, asked.size()));
        if (!reads.isEmpty()) {
            asked = List.copyOf(asked.subList(0, count));
            pending = List.copyOf(pending.subList(0, count));
        }
        groupReads = 0;
        readsUnanswered += count;
        Sent sent = new Sent(++sequence, nowNs, told(), restPrepared, pending, asked);
        sent.timeoutFromNs += allBytes * NS_PER_BYTE;
        inFlight.add(sent);
        effects.send(link, batch(turn, rest, asked));
        clearOutcomes();
        prepares = new ArrayList<>();
        prepared = new ArrayList<>();
    }

    /**
     * A batch is wholly answered. Reads that the slave left unanswered, because the values before them came to too much for
     * one answer, are sent again, and from now on no more of them at a time than it answered.
     *
     * @return those among them that belong to groups: a group is read in one turn or not at all
     */
    List<PendingRead> finish(Sent sent) {
        int all = sent.reads.size();
        readsUnanswered -= all;
        if (sent.readsAnswered < all) {
            readWindow = Math.max(1, sent.readsAnswered);
            int from = sent.readsAnswered;
            while (from < all && sent.reads.get(from).group != null) {
                from++;
            }
            reads.addAll(groupReads, sent.asked.subList(from, all));
            reading.addAll(groupReads, sent.reads.subList(from, all));
            return sent.reads.subList(sent.readsAnswered, from);
        }
        if (all > 0) {
            readWindow = Math.min(MOST_READS, 2 * readWindow);
        }
        return List.of();
    }

    private Told told() {
        return new Told(commits, aborts, outcomes, strays);
    }

    private Batch batch(Turn turn, List<Prepare> part, List<Read> reading) {
        return new Batch(
                sequence,
                turn.epoch(),
                turn.settled(),
                turn.priorSettled(),
                turn.nowMs(),
                commits,
                aborts,
                part,
                reading);
    }

    private static long valueBytes(Prepare prepare) {
        long bytes = 0;
        for (PreparedWrite write : prepare.writes()) {
            Bytes value = write.value();
            bytes += value == null ? 0 : value.length();
        }
        return bytes;
    }

    /**
     * The batch that an answer is for, or a part of one; null if the answer belongs to none.
     *
     * @param last whether it is wholly answered now
     */
    @Nullable Sent answered(long answeredSequence, boolean last, long nowNs) {
        Sent sent = inFlight.peek();
        if (sent == null || sent.sequence != answeredSequence) {
            return null;
        }
        grantedFromNs = sent.sentNs;
        if (last) {
            inFlight.poll();
        } else {
            sent.timeoutFromNs = nowNs;
        }
        return sent;
    }

    /** From when the oldest unanswered batch's time-out counts; {@link Long#MAX_VALUE} if there is none. */
    long oldestTimeoutFromNs() {
        Sent sent = inFlight.peek();
        return sent == null ? Long.MAX_VALUE : sent.timeoutFromNs;
    }

    /** Whether something that was sent at {@code sinceNs} or later waits for its answer. */
    boolean askedSince(long sinceNs) {
        Sent newest = inFlight.peekLast();
        return newest != null && newest.sentNs >= sinceNs;
    }

    /** Counts the time-out of what is in flight from now. */
    void forgivePause(long nowNs) {
        for (Sent sent : inFlight) {
            sent.timeoutFromNs = nowNs;
        }
    }

    /** The link is gone: forgets what was gathered and what is in flight, and hands back the reads. */
    List<PendingRead> reset() {
        List<PendingRead> lost = new ArrayList<>();
        for (Sent sent : inFlight) {
            lost.addAll(sent.reads.subList(sent.readsAnswered, sent.reads.size()));
        }
        lost.addAll(reading);
        inFlight.clear();
        unstored.clear();
        readWindow = MOST_READS;
        readsUnanswered = 0;
        groupReads = 0;
        clearGathered();
        sequence = 0;
        grantedFromNs = Long.MIN_VALUE;
        commitsDueNs = Long.MAX_VALUE;
        return lost;
    }

    private void clearOutcomes() {
        commits = new ArrayList<>();
        aborts = new ArrayList<>();
        outcomes = new ArrayList<>();
        strays = new ArrayList<>();
    }

    private void clearGathered() {
        clearOutcomes();
        prepares = new ArrayList<>();
        reads = new ArrayList<>();
        prepared = new ArrayList<>();
        reading = new ArrayList<>();
    }
}
