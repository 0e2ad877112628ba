package com.kvstore.sim;

import com.kvstore.sim.ClusterOptions.Load;
import com.kvstore.sim.ClusterOptions.Losses;
import com.kvstore.sim.ClusterOptions.Roughness;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What is set by hand instead of being drawn from the seed: a smaller cluster that still fails, or one of a size that is to
 * be measured. Immutable.
 *
 * @param slaves null, as everywhere: as drawn
 * @param durable whether data nodes, or peers, have disks
 * @param only the faults that happen, and no others; empty: none
 */
public record Overrides(
        @Nullable Integer slaves,
        @Nullable Integer clients,
        @Nullable Integer operations,
        @Nullable Integer keys,
        @Nullable SortedSet<Fault> only,
        @Nullable Losses losses,
        @Nullable Boolean durable) {
    /** Everything is as the seed has it. */
    public static final Overrides NONE = new Overrides(null, null, null, null, null, null, null);

    /** The drawn options with these in their place. A fault that is named and was not drawn gets the weight 1. */
    public ClusterOptions applyTo(ClusterOptions drawn) {
        Load load = drawn.load();
        Roughness rough = drawn.roughness();
        TreeMap<Fault, Integer> faults = new TreeMap<>(rough.faults());
        if (only != null) {
            faults.keySet().retainAll(only);
            only.forEach(fault -> faults.putIfAbsent(fault, 1));
        }
        if (durable != null && !durable) {
            faults.keySet().removeIf(Fault::strikesSlaveDisks);
        }
        return new ClusterOptions(
                or(slaves, drawn.slaves()),
                new Load(or(clients, load.clients()), or(keys, load.hotKeys()), or(operations, load.operations())),
                drawn.coordinator(),
                drawn.ring(),
                new Roughness(
                        rough.faultsForNs(), losses == null ? rough.losses() : losses, faults, rough.maxDriftPpm()),
                durable == null ? drawn.durable() : durable);
    }

    Overrides withDisks(boolean disks) {
        return new Overrides(slaves, clients, operations, keys, only, losses, disks);
    }

    Overrides withSlaves(int n) {
        return new Overrides(n, clients, operations, keys, only, losses, durable);
    }

    Overrides withClients(int n) {
        return new Overrides(slaves, n, operations, keys, only, losses, durable);
    }

    Overrides withOperations(int n) {
        return new Overrides(slaves, clients, n, keys, only, losses, durable);
    }

    Overrides withKeys(int n) {
        return new Overrides(slaves, clients, operations, n, only, losses, durable);
    }

    Overrides withOnly(SortedSet<Fault> faults) {
        return new Overrides(slaves, clients, operations, keys, new TreeSet<>(faults), losses, durable);
    }

    /** As it is typed, with a blank before each option; empty if nothing is set. */
    public String toArguments() {
        StringBuilder text = new StringBuilder();
        add(text, "slaves", slaves);
        add(text, "clients", clients);
        add(text, "operations", operations);
        add(text, "keys", keys);
        if (only != null) {
            String names = only.stream().map(Fault::name).collect(Collectors.joining(","));
            add(text, "only", names.isEmpty() ? "NONE" : names);
        }
        add(text, "losses", losses);
        add(text, "disks", durable == null ? null : durable ? "on" : "off");
        return text.toString();
    }

    private static void add(StringBuilder text, String option, @Nullable Object value) {
        if (value != null) {
            text.append(" --").append(option).append(' ').append(value);
        }
    }

    private static int or(@Nullable Integer chosen, int drawn) {
        return chosen == null ? drawn : chosen;
    }
}
