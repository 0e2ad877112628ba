package com.kvstore.sim;

import java.io.PrintStream;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Runs many seeds, several at once: each run is one thread's from beginning to end, and runs share nothing.
 *
 * <p>Threading: {@link #run} blocks its caller until all workers have ended.
 */
final class SeedRunner {
    private static final long PROGRESS_EVERY_NS = 2_000_000_000L;
    private static final double HOUR_NS = 3_600e9;
    private static final int SHRINK_RUNS = 400;

    private final SimRequest request;
    private final Simulation simulation;
    private final PrintStream out;
    private final AtomicLong next = new AtomicLong();
    private final AtomicBoolean failed = new AtomicBoolean();
    private final Map<String, Integer> totals = new TreeMap<>();
    private Shrinker.@Nullable Failing firstFailure;
    private long done;
    private long events;
    private double simulatedNs;
    private long failures;
    private long startedNs;
    private long progressNs;

    SeedRunner(SimRequest request, Simulation simulation, PrintStream out) {
        this.request = request;
        this.simulation = simulation;
        this.out = out;
    }

    /** @return whether every seed passed */
    boolean run() {
        startedNs = System.nanoTime();
        progressNs = startedNs;
        Thread[] workers = new Thread[request.jobs()];
        for (int i = 0; i < workers.length; i++) {
            workers[i] = new Thread(this::work, "simulation-" + i);
            workers[i].start();
        }
        for (Thread worker : workers) {
            join(worker);
        }
        synchronized (this) {
            progress();
            out.println("seen: " + totals);
            if (failures > 0) {
                out.println(failures + " of " + done + " seeds failed");
            }
            if (firstFailure != null && request.shrink()) {
                shrink(firstFailure);
            }
        }
        return !failed.get();
    }

    private void work() {
        while (!failed.get() || request.keepGoing()) {
            long index = next.getAndIncrement();
            boolean late = request.forNs() > 0 && System.nanoTime() - startedNs > request.forNs();
            if (index >= request.seeds() || late) {
                break;
            }
            runOne(request.from() + index);
        }
    }

    private void runOne(long seed) {
        try {
            Trace trace = request.trace() ? new Trace(out::println) : Trace.silent();
            passed(simulation.run(seed, request.overrides(), trace));
        } catch (RuntimeException | Error e) {
            failed.set(true);
            failed(seed, e);
        }
    }

    private synchronized void passed(RunReport report) {
        done++;
        events += report.events();
        simulatedNs += report.simulatedNs();
        totals.merge("operations", report.operations(), Integer::sum);
        report.answers().forEach((answer, count) -> totals.merge(answer, count, Integer::sum));
        report.faults().forEach((fault, count) -> totals.merge(fault, count, Integer::sum));
        report.notes().forEach((tag, count) -> totals.merge("[" + tag + "]", count, Integer::sum));
        if (request.seeds() == 1) {
            out.println("trace hash " + Long.toHexString(report.traceHash()) + ", " + report.operations()
                    + " operations in " + report.simulatedNs() / 1_000_000_000 + " simulated seconds");
        }
        if (System.nanoTime() - progressNs > PROGRESS_EVERY_NS) {
            progress();
        }
    }

    private synchronized void failed(long seed, Throwable e) {
        done++;
        failures++;
        Shrinker.Failing failing = new Shrinker.Failing(
                seed, request.overrides(), SimulationFailure.kindOf(e), String.valueOf(e.getMessage()));
        firstFailure = firstFailure == null ? failing : firstFailure;
        out.println("✗ seed " + seed + ": " + e.getMessage());
        if (!(e instanceof SimulationFailure) || e.getCause() != null) {
            e.printStackTrace(out);
        }
        out.println("  replay it with: " + failing.command(request.protocol()));
    }

    private void shrink(Shrinker.Failing failing) {
        out.println("looking for a smaller run that fails like seed " + failing.seed() + " …");
        Shrinker.Failing small = new Shrinker(simulation, SHRINK_RUNS).shrink(failing);
        if (small.equals(failing)) {
            out.println("none was found");
            return;
        }
        ClusterOptions left = simulation.options(small.seed(), small.overrides());
        out.println("✗ " + small.message());
        out.println("  what is left: " + left.slaves() + " slaves, "
                + left.load().clients() + " clients, "
                + (left.load().operations() == 0 ? "any number of" : left.load().operations())
                + " operations each, " + left.load().hotKeys() + " keys, faults "
                + left.roughness().faults().keySet());
        out.println("  replay it with: " + small.command(request.protocol()));
    }

    private void progress() {
        progressNs = System.nanoTime();
        double seconds = Math.max(1e-3, (progressNs - startedNs) / 1e9);
        String of = request.seeds() == Long.MAX_VALUE ? "" : " of " + request.seeds();
        out.printf(
                Locale.ROOT,
                "%d%s seeds, %.1f seeds/s, %.2f million events/s, %.1f simulated hours%n",
                done,
                of,
                done / seconds,
                events / seconds / 1e6,
                simulatedNs / HOUR_NS);
    }

    private static void join(Thread worker) {
        try {
            worker.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while seeds were running", e);
        }
    }
}
