package com.kvstore.sim;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;

/**
 * When which fault strikes: one after the other, each as often as its weight says, with gaps as the seed has drawn them. In
 * every second run some come together, within milliseconds: while what the first began is still on its way.
 *
 * <p>Threading: belongs to one simulation.
 */
final class FaultPlan {
    private static final double MAX_COMPANY_SHARE = 0.6;

    private final SimWorld world;
    private final SimRandom random;
    private final Predicate<Fault> strike;
    private final SimRandom company;
    private final double companyShare;
    private final long maxGapNs;
    /** Each fault as often as it is likely. */
    private final List<Fault> lots = new ArrayList<>();

    private final Map<String, Integer> counts = new TreeMap<>();
    private boolean striking;

    /** @param strike causes a fault; false if that was not possible just then */
    FaultPlan(SimWorld world, SimRandom random, Map<Fault, Integer> weights, Predicate<Fault> strike) {
        this.world = world;
        this.random = random;
        this.strike = strike;
        this.company = random.fork("company");
        this.companyShare = company.chance(0.5) ? 0 : company.nextDouble() * MAX_COMPANY_SHARE;
        this.maxGapNs = random.skewed(2_000_000_000L, 30_000_000_000L);
        weights.forEach((fault, weight) -> lots.addAll(Collections.nCopies(weight, fault)));
    }

    /** From now on, until {@link #end}. */
    void begin() {
        striking = true;
        plan();
    }

    void end() {
        striking = false;
        world.trace().note(world.nowNs(), "faults", "all heals");
    }

    /** How often each fault was caused. */
    Map<String, Integer> counts() {
        return counts;
    }

    private void plan() {
        if (lots.isEmpty()) {
            return;
        }
        long gapNs = company.chance(companyShare)
                ? company.skewed(100_000, 20_000_000)
                : random.skewed(50_000_000, maxGapNs);
        world.scheduler().after(gapNs, () -> {
            if (striking) {
                Fault fault = random.pick(lots);
                if (strike.test(fault)) {
                    counts.merge(fault.name(), 1, Integer::sum);
                }
                plan();
            }
        });
    }
}
