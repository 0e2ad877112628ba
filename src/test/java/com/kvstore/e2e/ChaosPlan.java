package com.kvstore.e2e;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;

/**
 * What is done to a cluster of real processes, drawn from a seed: the same seed is the same plan. What comes of it is not,
 * since the machine's timing is its own.
 *
 * @param careful one thing at a time, and the next one only once two copies of every key are reported: nothing may be lost
 */
record ChaosPlan(long seed, boolean careful, List<Step> steps) {
    enum Fault {
        /** SIGKILL; started again, empty, later. */
        KILL_SLAVE,
        /** SIGSTOP, SIGCONT. */
        PAUSE_SLAVE,
        /** SIGTERM; started again, empty, later. */
        STOP_SLAVE,
        KILL_COORDINATOR,
        PAUSE_COORDINATOR,
        /** A further slave. */
        JOIN,
        /** A slave's keys move away and it leaves for good; another one joins later. */
        DRAIN
    }

    /**
     * @param whom which of the slaves there are then, counted round
     * @param holdMs how long it lasts until it is undone
     * @param gapMs how long until the next one, if that does not wait for two copies
     */
    record Step(Fault fault, int whom, long holdMs, long gapMs) {}

    private static final List<Fault> CAREFUL = List.of(
            Fault.KILL_SLAVE,
            Fault.KILL_SLAVE,
            Fault.PAUSE_SLAVE,
            Fault.PAUSE_SLAVE,
            Fault.STOP_SLAVE,
            Fault.KILL_COORDINATOR,
            Fault.KILL_COORDINATOR,
            Fault.PAUSE_COORDINATOR,
            Fault.JOIN,
            Fault.DRAIN);

    private static final List<Fault> RECKLESS = List.of(
            Fault.KILL_SLAVE,
            Fault.KILL_SLAVE,
            Fault.PAUSE_SLAVE,
            Fault.PAUSE_SLAVE,
            Fault.KILL_COORDINATOR,
            Fault.PAUSE_COORDINATOR,
            Fault.JOIN);

    static ChaosPlan careful(long seed, int count) {
        return new ChaosPlan(seed, true, draw(seed, count, CAREFUL));
    }

    /** Whatever comes into its head, one thing during another; only one slave is never killed, or all would be new. */
    static ChaosPlan reckless(long seed, int count) {
        return new ChaosPlan(seed, false, draw(seed, count, RECKLESS));
    }

    private static List<Step> draw(long seed, int count, List<Fault> faults) {
        SplittableRandom random = new SplittableRandom(seed);
        List<Step> steps = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            // Short and long ones: within the time-outs, and beyond the removal of a failed server.
            long holdMs = random.nextInt(3) == 0 ? random.nextLong(2_500, 6_000) : random.nextLong(20, 1_500);
            steps.add(new Step(
                    faults.get(random.nextInt(faults.size())),
                    random.nextInt(1_000),
                    holdMs,
                    random.nextLong(100, 2_000)));
        }
        return steps;
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder(
                String.format(Locale.ROOT, "%s chaos plan, seed %d:", careful ? "careful" : "reckless", seed));
        for (Step step : steps) {
            text.append(String.format(Locale.ROOT, " %s(%d) %d ms;", step.fault, step.whom, step.holdMs));
        }
        return text.toString();
    }
}
