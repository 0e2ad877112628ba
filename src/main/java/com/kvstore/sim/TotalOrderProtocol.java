package com.kvstore.sim;

import com.kvstore.common.Group;
import com.kvstore.protocol.kernel.Machine;
import com.kvstore.protocol.parts.DurableMachine;
import com.kvstore.protocol.parts.PeerStorage;
import com.kvstore.protocol.totalorder.TotalOrderConfig;
import com.kvstore.protocol.totalorder.TotalOrderMachine;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The total-order protocol under the simulator: linearizable, and the same order everywhere. */
final class TotalOrderProtocol implements GroupProtocol {
    static final String NAME = "total-order";

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public DurableMachine start(Group group, int self, PeerStorage storage, SimRandom random) {
        // A short log now and then: snapshots must be common enough to be seen.
        long maxLogBytes = random.chance(0.3) ? 3_000 : 1_000_000;
        TotalOrderConfig config =
                new TotalOrderConfig(group, self, random.nextLong(), /* bootstrap= */ false, maxLogBytes, 1_000);
        SimRandom nonces = random.fork("nonces");
        return new TotalOrderMachine(config, storage, () -> nonces.nextLong() | 1);
    }

    @Override
    public boolean holdsItsPart(Machine machine) {
        return ((TotalOrderMachine) machine).isVoting();
    }

    @Override
    public boolean isFounding(Machine machine) {
        return ((TotalOrderMachine) machine).isFounding();
    }

    @Override
    public @Nullable String notConverged(List<Machine> machines) {
        long most = 0;
        long least = Long.MAX_VALUE;
        for (Machine each : machines) {
            if (!((TotalOrderMachine) each).hasLane()) {
                return "a peer has no lane";
            }
            long delivered = ((TotalOrderMachine) each).status().delivered();
            most = Math.max(most, delivered);
            least = Math.min(least, delivered);
        }
        return most == least ? null : "one peer has delivered " + most + " operations, another " + least;
    }
}
