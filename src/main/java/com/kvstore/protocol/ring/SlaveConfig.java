package com.kvstore.protocol.ring;

import com.kvstore.common.ServerNode;
import java.util.function.Supplier;

/**
 * How a slave behaves.
 *
 * @param self where it is reached, and its name on the ring
 * @param coordinator asked at each attempt to register: whoever started the coordinator anew may have moved it
 * @param durable its data survives a restart
 * @param heartbeatIntervalNs between two heartbeats
 * @param drainTimeoutNs how long a stop waits while it holds the only copy of an arc
 * @param quietNs for how long, before it starts, no earlier life with the same data can have said anything
 */
public record SlaveConfig(
        ServerNode self,
        Supplier<ServerNode> coordinator,
        boolean durable,
        long heartbeatIntervalNs,
        long drainTimeoutNs,
        long quietNs) {}
