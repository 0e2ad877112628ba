package com.kvstore.protocol.twophase;

import com.kvstore.protocol.kernel.Effects;
import com.kvstore.protocol.membership.Liveness;
import java.util.Collection;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The channels to all members, in the order of their ids. */
final class Channels {
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

    void send(Channel channel, Channel.Turn turn, Effects effects) {
        long link = cluster.link(channel.member);
        if (link != 0 && cluster.liveness(channel.member) == Liveness.UP) {
            channel.send(link, turn, effects);
        }
    }
}
