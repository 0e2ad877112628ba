package com.kvstore.coordinator;

import com.kvstore.protocol.ring.CoordinatorConfig;
import com.kvstore.transport.NetworkOptions;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * All that a coordinator's process is told when it starts. Immutable.
 *
 * @param configFile where it writes its address for slaves and clients to find
 * @param stateDirectory where it keeps the membership
 * @param redisPort a second port, for the Redis protocol alone; null: none
 */
public record CoordinatorSettings(
        CoordinatorConfig machine,
        Shape shape,
        Path configFile,
        Path stateDirectory,
        NetworkOptions network,
        @Nullable Integer redisPort) {

    /**
     * The ring's shape as asked for. It is a property of the stored data: what is not asked for is as it was stored, and
     * what is asked for must agree.
     *
     * @param ringSize positions; null: as stored, else {@value #CLASSIC_RING_SIZE}
     * @param pointsPerServer virtual nodes; null: as stored, else 1
     */
    public record Shape(
            @Nullable Integer ringSize, @Nullable Integer pointsPerServer) {
        public static final int CLASSIC_RING_SIZE = 31;
        /** As stored, or the classic one. */
        public static final Shape UNSPECIFIED = new Shape(null, null);

        int ringSizeOrClassic() {
            return ringSize == null ? CLASSIC_RING_SIZE : ringSize;
        }

        int pointsOrOne() {
            return pointsPerServer == null ? 1 : pointsPerServer;
        }
    }
}
