package com.kvstore.sim;

import com.kvstore.sim.SimCluster.Slave;
import com.kvstore.sim.SimNode.Death;
import java.util.ArrayList;
import java.util.List;

/**
 * What happens to the disks of data nodes that have some.
 *
 * <p>Threading: belongs to one simulation.
 */
final class DiskFaults {
    private final SimWorld world;
    private final SimCluster cluster;
    private final LossRule rule;
    private final SimRandom random;

    DiskFaults(SimWorld world, SimCluster cluster, LossRule rule) {
        this.world = world;
        this.cluster = cluster;
        this.rule = rule;
        this.random = world.random().fork("disk faults");
    }

    boolean strike(Fault fault) {
        List<Slave> slaves = new ArrayList<>(cluster.slaves());
        slaves.removeIf(slave -> slave.store() == null);
        if (slaves.isEmpty()) {
            return false;
        }
        if (fault == Fault.WIPE_SLAVE) {
            return wipe(random.pick(slaves));
        }
        long untilNs = world.nowNs() + DiskTrouble.lengthNs(fault, random);
        // A full disk seldom is one node's alone: they fill up together.
        boolean all = random.chance(0.3);
        for (Slave slave : all ? slaves : List.of(random.pick(slaves))) {
            SimStore store = slave.store();
            if (store != null) {
                store.trouble(fault, untilNs);
            }
        }
        return true;
    }

    /** Its process ends, and its disk is replaced by an empty one. */
    private boolean wipe(Slave slave) {
        SimStore store = slave.store();
        if (store == null || !slave.node().isUp() || !rule.mayLoseOne()) {
            return false;
        }
        slave.node().crash(random.chance(0.5) ? Death.POWER_LOST : Death.KILLED);
        store.wipe();
        return true;
    }

    /** Every disk works. */
    void mendAll() {
        for (Slave slave : cluster.slaves()) {
            SimStore store = slave.store();
            if (store != null) {
                store.mend();
            }
        }
    }
}
