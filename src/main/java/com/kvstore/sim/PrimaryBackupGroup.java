package com.kvstore.sim;

import com.kvstore.common.Group;
import com.kvstore.protocol.kernel.Machine;
import com.kvstore.protocol.parts.DurableMachine;
import com.kvstore.protocol.parts.PeerStorage;
import com.kvstore.protocol.primarybackup.PrimaryBackupConfig;
import com.kvstore.protocol.primarybackup.PrimaryBackupMachine;
import com.kvstore.protocol.primarybackup.PrimaryBackupStatus;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Primary-backup as {@link GroupSimulation} sees it: linearizable, and nothing is lost while a majority keeps its part. */
final class PrimaryBackupGroup implements GroupProtocol {
    @Override
    public String name() {
        return "primary-backup";
    }

    @Override
    public DurableMachine start(Group group, int self, PeerStorage storage, SimRandom random) {
        // Small ones show in a few operations what large ones take gigabytes to show.
        PrimaryBackupConfig config = random.chance(0.5)
                ? PrimaryBackupConfig.of(false)
                : new PrimaryBackupConfig(
                        false, random.skewed(100, 100_000), random.skewed(50, 5_000), random.skewed(200, 50_000));
        return new PrimaryBackupMachine(group, self, storage, config, () -> random.nextLong() | 1);
    }

    @Override
    public boolean holdsItsPart(Machine machine) {
        return ((PrimaryBackupMachine) machine).holdsItsPart();
    }

    @Override
    public boolean isFounding(Machine machine) {
        return ((PrimaryBackupMachine) machine).isFounding();
    }

    @Override
    public @Nullable String notConverged(List<Machine> machines) {
        PrimaryBackupStatus first = status(machines.get(0));
        for (Machine machine : machines) {
            PrimaryBackupStatus other = status(machine);
            boolean same = other.primary() != 0
                    && other.primary() == first.primary()
                    && other.view() == first.view()
                    && other.commit() == first.commit()
                    && other.last() == other.commit();
            if (!same) {
                return first + " and " + other;
            }
        }
        return null;
    }

    private static PrimaryBackupStatus status(Machine machine) {
        return ((PrimaryBackupMachine) machine).status();
    }
}
