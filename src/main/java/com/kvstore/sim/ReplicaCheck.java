package com.kvstore.sim;

import com.kvstore.common.Bytes;
import com.kvstore.protocol.membership.Copy;
import com.kvstore.protocol.membership.View;
import com.kvstore.protocol.parts.StoredRecord;
import com.kvstore.sim.SimCluster.Slave;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Walks the slaves' tables against the view: each key with a value is on exactly the members that the view names for its
 * arc, with the same version and value, and nobody holds anything else.
 */
final class ReplicaCheck {
    private ReplicaCheck() {}

    /** Null if all is as the view says. */
    static @Nullable String differences(SimCluster cluster) {
        View view = cluster.view();
        if (view == null) {
            return "the coordinator is down";
        }
        Map<Bytes, Map<Slave, StoredRecord>> held = held(cluster);
        for (Map.Entry<Bytes, Map<Slave, StoredRecord>> entry : held.entrySet()) {
            String wrong = wrongWith(cluster, view, entry.getKey(), entry.getValue());
            if (wrong != null) {
                return "key " + entry.getKey() + " at position " + view.positionOf(entry.getKey()) + " " + wrong
                        + ", held by " + describe(entry.getValue()) + ", view " + view;
            }
        }
        return null;
    }

    private static Map<Bytes, Map<Slave, StoredRecord>> held(SimCluster cluster) {
        Map<Bytes, Map<Slave, StoredRecord>> held = new TreeMap<>();
        for (Slave slave : cluster.slaves()) {
            // Who has left the ring may keep what it had: nobody asks it any more.
            if (slave.node().isUp() && !slave.isRetired()) {
                slave.table().scan(0, (hash, record) -> {
                    held.computeIfAbsent(record.key(), any -> new LinkedHashMap<>())
                            .put(slave, record);
                    return true;
                });
            }
        }
        return held;
    }

    private static @Nullable String wrongWith(
            SimCluster cluster, View view, Bytes key, Map<Slave, StoredRecord> records) {
        List<Slave> holders = new ArrayList<>();
        for (Copy copy : view.arcOf(key).copies()) {
            Slave holder = cluster.holderOf(view.members().get(copy.member()));
            if (holder == null) {
                return "should be on a member that is gone";
            }
            holders.add(holder);
        }
        StoredRecord first = null;
        for (Slave holder : holders) {
            StoredRecord record = records.get(holder);
            if (record == null || record.isTombstone()) {
                if (records.values().stream().anyMatch(other -> !other.isTombstone())) {
                    return "has no value on " + holder.node().name();
                }
            } else if (first == null) {
                first = record;
            } else if (!first.equals(record)) {
                return "differs between its copies";
            }
        }
        for (Slave slave : records.keySet()) {
            if (!holders.contains(slave)) {
                return "is an orphan on " + slave.node().name();
            }
        }
        return null;
    }

    private static String describe(Map<Slave, StoredRecord> records) {
        List<String> texts = new ArrayList<>();
        records.forEach((slave, record) ->
                texts.add(slave.node().name() + " (" + record.version() + ", " + record.value() + ")"));
        return texts.toString();
    }
}
