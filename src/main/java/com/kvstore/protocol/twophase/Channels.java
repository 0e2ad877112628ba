package com.kvstore.protocol.twophase;

import com.kvstore.protocol.kernel.Effects;
import com.kvstore.protocol.membership.Liveness;
import java.util.Collection;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The channels to all members, in the order of their ids. */
final class Channels {
    /** Longer than a loaded turn takes, much shorter than anybody would notice that a key is still locked at a slave. */
    private static final long COMMITS_WAIT_NS = 1_000_000;

    private final Cluster cluster;
    private final TreeMap<Integer, Channel> byMember = new TreeMap<>();

    Channels(Cluster cluster) {
        this.cluster = cluster;
    }

    Channel of(int member) {
        Channel channel = byMember.get(member);
        if (channel == null) {
            channel = new Channel(member);
            byMember.put(member, channel);
        }
        return channel;
    }

    @Nullable Channel existing(int member) {
        return byMember.get(member);
    }

    Collection<Channel> all() {
        return byMember.values();
    }

    /** Forgets a member; its reads are handed back. */
    List<PendingRead> reset(int member) {
        Channel channel = byMember.remove(member);
        return channel == null ? List.of() : channel.reset();
    }

    /** One frame for each slave that has something coming. */
    void send(Channel.Turn turn, Effects effects) {
        for (Channel channel : byMember.values()) {
            if (!channel.isEmpty()) {
                send(channel, turn, effects);
            }
        }
    }

    /**
     * The same, but commits that have no company wait a moment for the next prepare or read, which they then ride with:
     * nobody waits for them, and whatever could tell that they are late goes the same way, behind them.
     *
     * @return when the next of those that wait are due; {@link Long#MAX_VALUE} if none do
     */
    long sendUrgent(Channel.Turn turn, Effects effects) {
        long nextNs = Long.MAX_VALUE;
        for (Channel channel : byMember.values()) {
            if (channel.isEmpty()) {
                continue;
            }
            if (channel.commitsDueNs == Long.MAX_VALUE) {
                channel.commitsDueNs = turn.nowNs() + COMMITS_WAIT_NS;
            }
            if (channel.isUrgent() || channel.commitsDueNs <= turn.nowNs()) {
                send(channel, turn, effects);
            } else {
                nextNs = Math.min(nextNs, channel.commitsDueNs);
            }
        }
        return nextNs;
    }

    void send(Channel channel, Channel.Turn turn, Effects effects) {
        long link = cluster.link(channel.member);
        if (link != 0 && cluster.liveness(channel.member) == Liveness.UP) {
            channel.send(link, turn, effects);
        }
    }
}
