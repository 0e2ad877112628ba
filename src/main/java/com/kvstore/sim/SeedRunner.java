package com.kvstore.sim;

import java.io.PrintStream;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Runs many seeds, several at once: each run is one thread's from beginning to end, and runs share nothing.
 *
 * <p>Threading: {@link #run} blocks its caller until all workers have ended.
 */
final class SeedRunner {
    private static final long PROGRESS_EVERY_NS = 2_000_000_000L;

    private final SimMain.Request request;
    private final PrintStream out;
    private final AtomicLong next = new AtomicLong();
    private final AtomicBoolean failed = new AtomicBoolean();
    private final Map<String, Integer> totals = new TreeMap<>();
    private long done;
    private long events;
    private long failures;
    private long startedNs;
    private long progressNs;

    SeedRunner(SimMain.Request request, PrintStream out) {
        this.request = request;
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
        }
        return !failed.get();
    }

    private void work() {
        while (!failed.get() || request.keepGoing()) {
            long index = next.getAndIncrement();
            if (index >= request.seeds()) {
                break;
            }
            runOne(request.from() + index);
        }
    }

    private void runOne(long seed) {
        try {
            RunReport report = ClusterSimulation.run(seed, request.trace() ? new Trace(out::println) : Trace.silent());
            passed(report);
        } catch (RuntimeException | Error e) {
            failed.set(true);
            failed(seed, e);
        }
    }

    private synchronized void passed(RunReport report) {
        done++;
        events += report.events();
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
        out.println("✗ seed " + seed + ": " + e.getMessage());
        if (!(e instanceof SimulationFailure) || e.getCause() != null) {
            e.printStackTrace(out);
        }
        out.println("  replay it with: ./run-sim.sh --seed " + seed + " --trace");
    }

    private void progress() {
        progressNs = System.nanoTime();
        double seconds = Math.max(1e-3, (progressNs - startedNs) / 1e9);
        out.printf(
                Locale.ROOT,
                "%d of %d seeds, %.1f seeds/s, %.2f million events/s%n",
                done,
                request.seeds(),
                done / seconds,
                events / seconds / 1e6);
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
