package com.kvstore.slave;

import com.kvstore.common.ServerNode;
import com.kvstore.transport.NetworkOptions;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * All that a slave's process is told when it starts. Immutable.
 *
 * @param self where it is reached, and its name on the ring
 * @param configFile where to look for the coordinator's address, at each attempt to register
 * @param heartbeatIntervalNs between two heartbeats
 * @param disk where its data are kept; null: in memory only
 * @param drainTimeoutNs how long a stop waits while this slave holds the only copy of something
 */
public record SlaveSettings(
        ServerNode self,
        Path configFile,
        @Nullable DiskSettings disk,
        long heartbeatIntervalNs,
        long drainTimeoutNs,
        NetworkOptions network) {}
