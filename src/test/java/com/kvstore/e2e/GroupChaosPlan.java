package com.kvstore.e2e;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;

/**
 * What is done to the peers of a group, drawn from a seed.
 *
 * @param careful one thing at a time, and the next one only once the peer is back with everything
 */
record GroupChaosPlan(String protocol, long seed, boolean careful, List<Step> steps) {
    enum Fault {
        /** SIGKILL; started again, empty. */
        KILL,
        /** SIGTERM; started again, empty. */
        STOP,
        /** SIGSTOP, SIGCONT. */
        PAUSE
    }

    /**
     * @param whom which peer, counted round
     * @param holdMs how long until it is undone
     * @param gapMs how long until the next step, if that does not wait for the peer
     */
    record Step(Fault fault, int whom, long holdMs, long gapMs) {}

    static GroupChaosPlan careful(String protocol, long seed, int count) {
        return new GroupChaosPlan(protocol, seed, true, draw(seed, count));
    }

    /** One thing during another; what is killed at one time is at most a minority of the peers. */
    static GroupChaosPlan reckless(String protocol, long seed, int count) {
        return new GroupChaosPlan(protocol, seed, false, draw(seed, count));
    }

    private static List<Step> draw(long seed, int count) {
        SplittableRandom random = new SplittableRandom(seed);
        List<Step> steps = new ArrayList<>();
        Fault[] faults = {Fault.KILL, Fault.KILL, Fault.PAUSE, Fault.PAUSE, Fault.STOP};
        for (int i = 0; i < count; i++) {
            // Short of the protocols' time-outs, and well beyond them.
            long holdMs = random.nextInt(3) == 0 ? random.nextLong(1_500, 4_000) : random.nextLong(20, 1_200);
            steps.add(new Step(
                    faults[random.nextInt(faults.length)], random.nextInt(1_000), holdMs, random.nextLong(50, 1_500)));
        }
        return steps;
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder(String.format(
                Locale.ROOT, "%s chaos plan for %s, seed %d:", careful ? "careful" : "reckless", protocol, seed));
        for (Step step : steps) {
            text.append(String.format(Locale.ROOT, " %s(%d) %d ms;", step.fault, step.whom, step.holdMs));
        }
        return text.toString();
    }
}
