package com.kvstore.sim;

import com.kvstore.common.Group;
import com.kvstore.protocol.eventual.EventualConfig;
import com.kvstore.protocol.eventual.EventualMachine;
import com.kvstore.protocol.kernel.Machine;
import com.kvstore.protocol.parts.DurableMachine;
import com.kvstore.protocol.parts.PeerStorage;
import com.kvstore.sim.check.HistoryChecker;
import com.kvstore.sim.check.Operation;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The eventual protocol under the simulator: nothing is promised of a single read, everything of where it ends. */
final class EventualProtocol implements GroupProtocol {
    static final String NAME = "eventual";
    private static final long SETTLES_WITHIN_NS = 10_000_000_000L;

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public long settlesWithinNs() {
        return SETTLES_WITHIN_NS;
    }

    @Override
    public boolean forgetsDeletes() {
        return true;
    }

    @Override
    public DurableMachine start(Group group, int self, PeerStorage storage, SimRandom random) {
        // A short log now and then: gaps must be common enough to be seen.
        long maxLogBytes = random.chance(0.3) ? 2_000 : 1_000_000;
        return new EventualMachine(new EventualConfig(group, self, random.nextLong(), maxLogBytes, 1_000), storage);
    }

    @Override
    public boolean holdsItsPart(Machine machine) {
        return ((EventualMachine) machine).isSettled();
    }

    @Override
    public @Nullable String notConverged(List<Machine> machines) {
        return null;
    }

    @Override
    public List<HistoryChecker.Violation> judge(List<Operation> operations) {
        return ReadsOfWrites.check(operations);
    }
}
