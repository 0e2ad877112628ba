package com.kvstore.protocol.twophase;

import com.kvstore.protocol.membership.Arc;
import com.kvstore.protocol.membership.Copy;
import com.kvstore.protocol.membership.Peers;
import java.util.function.Consumer;

/**
 * Which members have granted this coordinator's epoch within the last second, counted from when the granted batch was sent:
 * until a grant runs out its giver accepts no newer coordinator.
 *
 * <p>Threading: one machine's.
 */
final class Grants {
    /** Less than what the slaves keep to, for clocks that run at different rates. */
    private static final long LEASE_NS = Peers.GRANT_NS / 10 * 9;

    private final Channels channels;

    Grants(Channels channels) {
        this.channels = channels;
    }

    boolean isGranted(int member, long nowNs) {
        Channel channel = channels.existing(member);
        return channel != null && channel.grantedFromNs != Long.MIN_VALUE && nowNs - channel.grantedFromNs <= LEASE_NS;
    }

    /** Whether all of the arc's copies in sync have, and there are any: nobody else can have written there. */
    boolean areGranted(Arc arc, long nowNs) {
        boolean any = false;
        for (Copy copy : arc.copies()) {
            if (copy.inSync()) {
                if (!isGranted(copy.member(), nowNs)) {
                    return false;
                }
                any = true;
            }
        }
        return any;
    }

    /** Hands the member's channel over, unless what was sent lately will bring the grant. */
    void unlessAsked(int member, long nowNs, Consumer<Channel> ask) {
        Channel channel = channels.of(member);
        if (!channel.askedSince(nowNs - LEASE_NS)) {
            ask.accept(channel);
        }
    }
}
