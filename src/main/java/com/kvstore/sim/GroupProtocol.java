package com.kvstore.sim;

import com.kvstore.common.Group;
import com.kvstore.protocol.kernel.Machine;
import com.kvstore.protocol.parts.DurableMachine;
import com.kvstore.protocol.parts.PeerStorage;
import com.kvstore.sim.check.HistoryChecker;
import com.kvstore.sim.check.Operation;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What {@link GroupSimulation} has to know of a protocol for groups of peers. Holds no state: runs share it. */
public interface GroupProtocol {
    /** As in the group file and after {@code --protocol}. */
    String name();

    /**
     * One life of one peer.
     *
     * @param storage what it has left on its disk, if it has one; else empty
     * @param random for what a process draws at its start
     */
    DurableMachine start(Group group, int self, PeerStorage storage, SimRandom random);

    /**
     * Whether the others count on what this peer holds. While it is false, what it holds may go at will; else only
     * while no more than {@link Group#tolerated} peers are down or do not hold their part, unless anything may be lost.
     */
    boolean holdsItsPart(Machine machine);

    /** Whether it has given its word to found a group: others may count on what it holds before it knows itself. */
    default boolean isFounding(Machine machine) {
        return false;
    }

    /** Why the group is not yet as it should be once nothing is broken; null if it is. All peers are up. */
    @Nullable String notConverged(List<Machine> machines);

    /** Looks at the peers that are up, several times a simulated second, for what must hold at any time. */
    default void check(List<Machine> machines) {}

    /** Whether a version names one write, the same on every peer. */
    default boolean versionsAreUnique() {
        return true;
    }

    /** How long, at most, the peers take to agree once nothing is broken and nobody writes. */
    default long settlesWithinNs() {
        return 90_000_000_000L;
    }

    /** Whether a delete that was forgotten, because all peers had it, must never be seen to come undone. */
    default boolean forgetsDeletes() {
        return false;
    }

    /** What no correct store of this protocol could have answered. */
    default List<HistoryChecker.Violation> judge(List<Operation> operations) {
        return HistoryChecker.check(operations);
    }
}
