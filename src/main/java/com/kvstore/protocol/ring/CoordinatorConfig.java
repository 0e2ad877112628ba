package com.kvstore.protocol.ring;

import com.kvstore.common.ServerNode;

/**
 * How a coordinator behaves.
 *
 * @param self where clients and slaves reach it
 * @param heartbeatPort UDP, told to slaves
 * @param cacheSize entries; 0 is no cache
 * @param requestTimeoutNs a slave that answers nothing for so long is down
 * @param heartbeatTimeoutNs a slave without heartbeats for so long, which TCP does not reach either, has failed
 * @param healthCheckIntervalNs how often that is looked at
 * @param minCopies 1: a write with one copy reachable succeeds and says so; 2: it is refused
 * @param moveBytesPerSecond how fast copies are restored, all together; 0 is as fast as it goes
 * @param maxWaiting requests in hand at once; more are answered OVERLOADED
 */
public record CoordinatorConfig(
        ServerNode self,
        int heartbeatPort,
        int cacheSize,
        long requestTimeoutNs,
        long heartbeatTimeoutNs,
        long healthCheckIntervalNs,
        int minCopies,
        long moveBytesPerSecond,
        int maxWaiting) {}
