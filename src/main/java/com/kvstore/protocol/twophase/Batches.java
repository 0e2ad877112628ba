package com.kvstore.protocol.twophase;

import com.kvstore.protocol.kernel.Effects;
import com.kvstore.protocol.kernel.TimerId;
import com.kvstore.protocol.membership.Liveness;
import com.kvstore.protocol.membership.View;
import com.kvstore.protocol.parts.WallClock;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/**
 * When what the {@link Channels} have gathered leaves, one batch for each slave: at the end of the turn, a moment later if
 * it is only commits, empty where a sign of life is wanted; and which batches have gone unanswered for too long.
 *
 * <p>Invariant: a batch says what is settled as of the moment at which it leaves, and all that leave together say the same.
 *
 * <p>Threading: one machine's.
 */
final class Batches {
    private static final TimerId COMMITS = new TimerId("commits", 0);

    private final Cluster cluster;
    private final Channels channels;
    private final Transactions transactions;
    private final Recovery recovery;
    private final WallClock clock;
    /** For when {@link #COMMITS} is set; {@link Long#MAX_VALUE} if it is not. */
    private long commitsTimerNs = Long.MAX_VALUE;

    /** Who was sent nothing for so long is asked when the turn ends; {@link Long#MAX_VALUE}: nobody. */
    private long pingIdleNs = Long.MAX_VALUE;

    Batches(Cluster cluster, Channels channels, Transactions transactions, Recovery recovery, WallClock clock) {
        this.cluster = cluster;
        this.channels = channels;
        this.transactions = transactions;
        this.recovery = recovery;
        this.clock = clock;
    }

    /** Sends all that was gathered. */
    void send(long nowNs, Effects effects) {
        channels.send(turn(cluster.view(), nowNs), effects);
    }

    /** The same, under a view that was in force when it was gathered. */
    void send(View before, long nowNs, Effects effects) {
        channels.send(turn(before, nowNs), effects);
    }

    /** Sends what was gathered for one member, be it nothing. */
    void send(Channel channel, long nowNs, Effects effects) {
        channels.send(channel, turn(cluster.view(), nowNs), effects);
    }

    /** Sends what somebody waits for; commits without company leave with the next of that, or when their timer fires. */
    void sendUrgent(long nowNs, Effects effects) {
        long dueNs = channels.sendUrgent(turn(cluster.view(), nowNs), effects);
        if (dueNs < commitsTimerNs) {
            commitsTimerNs = dueNs;
            effects.setTimer(COMMITS, dueNs);
        }
    }

    /** @return whether the timer is this class's; what it was for is done at the end of the turn */
    boolean onTimer(TimerId timer) {
        if (!timer.equals(COMMITS)) {
            return false;
        }
        commitsTimerNs = Long.MAX_VALUE;
        return true;
    }

    /**
     * When the turn ends, members that were sent nothing for {@code idleNs} are asked for a sign of life, which also renews
     * their grant. Not before: what is gathered for one member must not leave ahead of what is gathered for the others, or a
     * transaction that is decided in between would come between the reads of a multi-get.
     */
    void pingIdle(long idleNs) {
        pingIdleNs = idleNs;
    }

    /** Sends a batch, be it empty, to every member that is up and {@code wanted}. */
    void ping(Predicate<Channel> wanted, long nowNs, Effects effects) {
        Channel.Turn turn = turn(cluster.view(), nowNs);
        for (int member : cluster.view().members().keySet()) {
            Channel channel = channels.of(member);
            if (cluster.liveness(member) == Liveness.UP && wanted.test(channel)) {
                channels.send(channel, turn, effects);
            }
        }
    }

    /** The turn's last step, when everything else that it gathered has left: see {@link #pingIdle}. */
    void turnEnded(long nowNs, Effects effects) {
        if (pingIdleNs != Long.MAX_VALUE) {
            long idleNs = pingIdleNs;
            pingIdleNs = Long.MAX_VALUE;
            ping(
                    channel -> channel.retryUnstored(idleNs, nowNs) || nowNs - channel.lastSentNs >= idleNs,
                    nowNs,
                    effects);
        }
    }

    private Channel.Turn turn(View view, long nowNs) {
        return new Channel.Turn(
                view.epoch(), transactions.settledBelow(), recovery.priorSettled(), clock.nowMs(), nowNs);
    }

    /** Members that left a batch unanswered for longer than {@code timeoutNs}. */
    List<Integer> hung(long timeoutNs, long nowNs) {
        List<Integer> members = new ArrayList<>();
        for (Channel channel : channels.all()) {
            long oldest = channel.oldestTimeoutFromNs();
            if (oldest != Long.MAX_VALUE && nowNs - oldest > timeoutNs) {
                members.add(channel.member);
            }
        }
        return members;
    }

    /** This process did not run for a while: what is in flight gets its whole time-out again. */
    void forgivePause(long nowNs) {
        channels.all().forEach(channel -> channel.forgivePause(nowNs));
    }
}
