package com.kvstore.protocol.ring;

import com.kvstore.protocol.kernel.Effects;
import com.kvstore.protocol.kernel.Input;
import com.kvstore.protocol.kernel.Machine;
import com.kvstore.protocol.membership.View;
import org.jspecify.annotations.Nullable;

/** STUB: being written. */
public final class CoordinatorMachine implements Machine {
    /**
     * @param recovered the last durable view; null for a new store
     * @param coordinatorId random, names this process's life
     * @param newClusterId random, not 0: the name of the store if it is new
     */
    public CoordinatorMachine(
            CoordinatorConfig config,
            @Nullable View recovered,
            long coordinatorId,
            long newClusterId,
            int ringSize,
            int pointsPerServer) {}

    @Override
    public void on(Input input, long nowNs, Effects effects) {}

    @Override
    public void turnEnded(long nowNs, Effects effects) {}

    /** For status, ring, where: call from the machine's thread. */
    public ClusterStatus status(long nowNs) {
        throw new UnsupportedOperationException();
    }

    /** The view in force. */
    public View view() {
        throw new UnsupportedOperationException();
    }
}
