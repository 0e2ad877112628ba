package com.kvstore.protocol.ring;

import com.kvstore.protocol.membership.View;
import java.util.List;

/**
 * What a coordinator knows of its cluster at one moment: what {@code status} and {@code ring} show.
 *
 * @param servers by address
 * @param movingBytes moved so far by the moves under way
 * @param movingFraction how much of the moves under way is done, 0 to 1; 1 if there are none
 * @param checks how often all copies were compared in this coordinator's life; {@code differences}: arcs found to differ
 */
public record ClusterStatus(
        View view,
        List<ServerStatus> servers,
        boolean whole,
        int singleArcs,
        int lostArcs,
        long movingBytes,
        double movingFraction,
        long cacheHits,
        long cacheMisses,
        int cacheEntries,
        long requests,
        long checks,
        long differences) {

    /**
     * @param state {@code up}, {@code down}, {@code catching-up} or {@code leaving}
     * @param heartbeatAgeMs since the last heartbeat or registration; -1 if there was none
     * @param keys with a value, as the slave last told
     */
    public record ServerStatus(
            String address, int position, String state, long keys, long heartbeatAgeMs, boolean durable) {}
}
