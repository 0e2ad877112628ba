package com.kvstore.backup;

import com.kvstore.common.ServerNode;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What has become of a coordinator's own backups. Immutable. Times in milliseconds since 1970; {@link #NEVER} for never.
 *
 * @param everyMs how often one is due
 * @param made the newest one that this process has made; null if it has made none yet
 * @param problem why the last attempt failed; null if it did not
 * @param servers those that copies are pushed to, as they were named
 */
public record BackupStatus(
        String directory,
        long everyMs,
        @Nullable String made,
        long madeAtMs,
        @Nullable String problem,
        List<Server> servers) {
    /** In the place of a time. */
    public static final long NEVER = -1;

    public BackupStatus {
        servers = List.copyOf(servers);
    }

    /**
     * One backup server.
     *
     * @param pushed the newest backup that it is known to have; null if none is
     * @param problem why it lacks a newer one; null if there is no reason
     */
    public record Server(
            ServerNode address,
            @Nullable String pushed,
            long pushedAtMs,
            @Nullable String problem) {}
}
