package com.kvstore.bench;

import com.kvstore.bench.Load.Form;
import com.kvstore.bench.Requests.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * Measures a whole cluster against what the sockets alone cost, and against Redis where it is installed, with the same
 * load in one run; the ratios are the result. See {@code bench/run.sh}.
 */
public final class BenchMain {
    private static final int KEYS = 100_000;
    private static final String ON_TWO = "kvstore 2 disks";
    private static final String ON_THREE = "kvstore 3 disks";
    private static final long SEED = 20_260_101;
    private static final int TURNS = 4;
    /** Of each load before it is measured: connections are new, but the programs are warm. */
    private static final long SETTLE_MS = 2_000;

    private static final int REBALANCED_KEYS = 1_000_000;
    private static final long REBALANCE_SLICE_MS = 250;

    /** Somebody to be measured. */
    private record Target(String name, int port, Form form, Processes processes) {}

    /** One line of the result. */
    private record Line(
            String target, double perSecond, double p50Us, double p99Us, double cpuUsPerOperation, long residentMb) {}

    private final Path home;
    private final long warmUpMs;
    private final long measuredMs;
    private final String only;
    private final List<Processes> started = new ArrayList<>();
    private final Map<String, Line> lines = new LinkedHashMap<>();

    private BenchMain(Path home, long warmUpMs, long measuredMs, String only) {
        this.home = home;
        this.warmUpMs = warmUpMs;
        this.measuredMs = measuredMs;
        this.only = only;
    }

    /**
     * {@code HOME WARM_UP_SECONDS MEASURED_SECONDS [ONLY]}: how long each program is under load before anything is measured;
     * ONLY is part of a load's name.
     */
    public static void main(String[] args) throws IOException, InterruptedException {
        BenchMain bench = new BenchMain(
                Path.of(args[0]),
                1_000 * Long.parseLong(args[1]),
                1_000 * Long.parseLong(args[2]),
                args.length > 3 ? args[3] : "");
        try {
            bench.run();
        } finally {
            for (Processes processes : bench.started) {
                processes.close();
            }
        }
    }

    private void run() throws IOException, InterruptedException {
        boolean durableOnly = only.contains("durable");
        boolean cachedOnly = only.contains("cached");
        boolean rebalanceOnly = only.contains("rebalance");
        Target single = redisIsInstalled() && !durableOnly && !rebalanceOnly ? redis(false) : null;
        if (!durableOnly && !cachedOnly && !rebalanceOnly) {
            inMemory(single);
        }
        if (only.isEmpty() || durableOnly) {
            durable();
        }
        if (only.isEmpty() || cachedOnly) {
            cached(single);
        }
        if (only.isEmpty() || rebalanceOnly) {
            rebalance();
        }
        verdict();
    }

    private void inMemory(@Nullable Target single) throws IOException, InterruptedException {
        Target ours = cluster("kvstore", 3, "4");
        Target floor1 = floor("floor-1", 1, 2, false);
        Target floor2 = floor("floor-2", 2, 2, false);
        Target floorRead = floor("floor-read", 1, 1, false);
        Target replicated = redisIsInstalled() ? redis(true) : null;
        memory(ours);
        warmUp(ours, Kind.PUT, Kind.GET);
        warmUp(floor1, Kind.PUT);
        warmUp(floor2, Kind.PUT);
        warmUp(floorRead, Kind.GET);
        for (int[] shape : new int[][] {{50, 1}, {50, 16}, {1, 1}}) {
            String size = shape[0] + " x " + shape[1];
            measure("PUT " + size, Kind.PUT, shape, ours, floor1, floor2, replicated);
            measure("GET " + size, Kind.GET, shape, ours, floorRead);
            measure("MIX " + size, Kind.MIX, shape, ours, single);
        }
    }

    /** What a fourth data node that joins takes from the clients until it has its share. */
    private void rebalance() throws IOException {
        Target target = cluster("kvstore rebalanced", 3, "4");
        Requests requests = new Requests(Kind.MIX, REBALANCED_KEYS, SEED);
        Load.fill(target.port(), new Requests(Kind.PUT, REBALANCED_KEYS, SEED));
        warmUp(target, Kind.MIX);
        try (Load load = new Load(target.port(), requests, target.form(), 50, 16)) {
            load.run(SETTLE_MS);
            double before = load.run(measuredMs).perSecond();
            dataNode(target.processes());
            List<Double> slices = new ArrayList<>();
            long startNs = System.nanoTime();
            while (!Load.isWhole(target.port(), 4)) {
                slices.add(load.run(REBALANCE_SLICE_MS).perSecond());
            }
            double mean = mean(slices);
            System.out.printf(
                    Locale.ROOT,
                    "%nMIX 50 x 16 while a fourth data node joins a store of %d keys: %.0f a second for %.1f s,"
                            + " %.0f before, ratio %.2f (target >= 0.67)%n",
                    REBALANCED_KEYS,
                    mean,
                    (System.nanoTime() - startNs) / 1e9,
                    before,
                    mean / before);
            System.out.println("  ratio by quarters of a second:"
                    + slices.stream()
                            .map(slice -> String.format(Locale.ROOT, " %.2f", slice / before))
                            .collect(Collectors.joining()));
        }
    }

    private static double mean(List<Double> figures) {
        return figures.stream().mapToDouble(Double::doubleValue).average().orElseThrow();
    }

    private void durable() throws IOException {
        Target two = cluster(ON_TWO, 2, "4", "--data-dir", "data");
        Target three = cluster(ON_THREE, 3, "4", "--data-dir", "data");
        Target floor = floor("floor-disk", 1, 2, true);
        warmUp(two, Kind.PUT);
        warmUp(three, Kind.PUT);
        warmUp(floor, Kind.PUT);
        Target always = redisIsInstalled() ? redis(false, "always") : null;
        for (int[] shape : new int[][] {{50, 1}, {50, 16}, {1, 1}}) {
            measure("PUT durable " + shape[0] + " x " + shape[1], Kind.PUT, shape, two, three, floor, always);
        }
    }

    private void cached(@Nullable Target single) throws IOException {
        Target cached = cluster("kvstore cached", 3, Integer.toString(2 * KEYS));
        Load.fill(cached.port(), new Requests(Kind.PUT, KEYS, SEED));
        warmUp(cached, Kind.GET);
        for (int[] shape : new int[][] {{50, 1}, {50, 16}}) {
            measure("GET cached " + shape[0] + " x " + shape[1], Kind.GET, shape, cached, single);
        }
    }

    private static boolean redisIsInstalled() {
        return Files.isExecutable(Path.of("/usr/bin/redis-server"));
    }

    private Processes processes(String name) throws IOException {
        Processes processes = new Processes(name.replace(' ', '-'));
        started.add(processes);
        return processes;
    }

    /** @param slaveOptions the last of them names a directory, which gets each slave's port at its end */
    private Target cluster(String name, int dataNodes, String cacheSize, String... slaveOptions) throws IOException {
        Processes processes = processes(name);
        int port = Processes.freePort();
        processes.start(
                port,
                home.resolve("run-coordinator.sh").toString(),
                "127.0.0.1",
                Integer.toString(port),
                "--heartbeat-port",
                Integer.toString(Processes.freePort()),
                "--cache-size",
                cacheSize);
        for (int i = 0; i < dataNodes; i++) {
            dataNode(processes, slaveOptions);
        }
        Load.awaitWhole(port, dataNodes);
        return new Target(name, port, Form.PLAIN, processes);
    }

    private void dataNode(Processes processes, String... options) throws IOException {
        int port = Processes.freePort();
        List<String> command =
                new ArrayList<>(List.of(home.resolve("run-slave.sh").toString(), "127.0.0.1", Integer.toString(port)));
        for (int j = 0; j < options.length; j++) {
            command.add(options[j] + (j == options.length - 1 ? port : ""));
        }
        processes.start(port, command.toArray(String[]::new));
    }

    /** @param syncs the servers send back what is on their disks */
    private Target floor(String name, int rounds, int servers, boolean syncs) throws IOException {
        Processes processes = processes(name);
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        String classPath = System.getProperty("java.class.path");
        List<String> proxy = new ArrayList<>();
        for (int i = 0; i < servers; i++) {
            int port = Processes.freePort();
            String file = processes.directory().resolve("journal" + port).toString();
            String kind = syncs ? "journal" : "echo";
            processes.start(port, java, "-cp", classPath, Floor.class.getName(), kind, Integer.toString(port), file);
            proxy.add(Integer.toString(port));
        }
        int port = Processes.freePort();
        List<String> command = new ArrayList<>(List.of(
                java,
                "-cp",
                classPath,
                Floor.class.getName(),
                "proxy",
                Integer.toString(port),
                Integer.toString(rounds)));
        command.addAll(proxy);
        processes.start(port, command.toArray(String[]::new));
        return new Target(name, port, Form.ECHO, processes);
    }

    private Target redis(boolean replica) throws IOException {
        return redis(replica, "no");
    }

    /** @param sync no, or when its journal is synced, as Redis calls it */
    private Target redis(boolean replica, String sync) throws IOException {
        boolean journal = !sync.equals("no");
        String name = replica ? "redis + WAIT" : journal ? "redis " + sync : "redis";
        Processes processes = processes(replica ? "redis-pair" : name);
        int port = Processes.freePort();
        processes.start(
                port,
                "redis-server",
                "--port",
                "" + port,
                "--save",
                "",
                "--appendonly",
                journal ? "yes" : "no",
                "--appendfsync",
                sync);
        if (replica) {
            int other = Processes.freePort();
            processes.start(
                    other,
                    "redis-server",
                    "--port",
                    "" + other,
                    "--save",
                    "",
                    "--appendonly",
                    "no",
                    "--replicaof",
                    "127.0.0.1 " + port);
        }
        Load.fill(port, new Requests(Kind.PUT, KEYS, SEED));
        return new Target(name, port, replica ? Form.WAITING : Form.PLAIN, processes);
    }

    /** Live heap for each stored entry and copy; fills the cluster on the way. */
    private void memory(Target ours) throws IOException, InterruptedException {
        long before = ours.processes().liveHeapBytes(1);
        Load.fill(ours.port(), new Requests(Kind.PUT, KEYS, SEED));
        long after = ours.processes().liveHeapBytes(1);
        System.out.printf(
                Locale.ROOT,
                "memory: %.0f bytes of live heap for each 16+100-byte entry and copy (target <= 260);"
                        + " all processes resident: %d MiB%n",
                (after - before) / (2.0 * KEYS),
                ours.processes().residentMb());
    }

    /** Compilers need tens of thousands of requests, and time beside them, to do what they can. */
    private void warmUp(Target target, Kind... kinds) throws IOException {
        for (Kind kind : kinds) {
            for (int inFlight : new int[] {16, 1}) {
                Load load = new Load(target.port(), new Requests(kind, KEYS, SEED), target.form(), 50, inFlight);
                load.run(warmUpMs / 2 / kinds.length);
                load.close();
            }
        }
    }

    private void measure(String name, Kind kind, int[] shape, Target... targets) throws IOException {
        if (!name.contains(only)) {
            return;
        }
        System.out.printf(
                Locale.ROOT,
                "%n%s%n%-16s %12s %10s %10s %10s %8s%n",
                name,
                "",
                "per second",
                "p50 us",
                "p99 us",
                "cpu us/op",
                "MiB");
        List<Target> present =
                Stream.of(targets).filter(target -> target != null).toList();
        List<Load> loads = new ArrayList<>();
        for (Target target : present) {
            loads.add(new Load(target.port(), new Requests(kind, KEYS, SEED), target.form(), shape[0], shape[1]));
        }
        // In turns, so that an hour in which the machine is slow is slow for all.
        List<List<Turn>> turns = new ArrayList<>();
        for (int i = 0; i < TURNS; i++) {
            for (int j = 0; j < present.size(); j++) {
                if (i == 0) {
                    turns.add(new ArrayList<>());
                }
                turns.get(j).add(turn(present.get(j), loads.get(j)));
            }
        }
        for (int j = 0; j < present.size(); j++) {
            loads.get(j).close();
            report(name, present.get(j), turns.get(j));
        }
    }

    /** One stretch of a measurement. */
    private record Turn(Load.Measured measured, double cpuUs) {}

    private Turn turn(Target target, Load load) throws IOException {
        load.run(SETTLE_MS / TURNS);
        long cpuBefore = target.processes().cpuUs();
        Load.Measured measured = load.run(measuredMs / TURNS);
        return new Turn(measured, target.processes().cpuUs() - cpuBefore);
    }

    private void report(String name, Target target, List<Turn> turns) throws IOException {
        double perSecond = turns.stream()
                .mapToDouble(turn -> turn.measured.perSecond())
                .average()
                .orElse(0);
        double cpuUs = turns.stream().mapToDouble(Turn::cpuUs).sum();
        long errors = turns.stream().mapToLong(turn -> turn.measured.errors()).sum();
        Histogram latencyNs = new Histogram(60_000_000_000L, 3);
        turns.forEach(turn -> latencyNs.add(turn.measured.latencyNs()));
        Line line = new Line(
                target.name(),
                perSecond,
                latencyNs.getValueAtPercentile(50) / 1e3,
                latencyNs.getValueAtPercentile(99) / 1e3,
                cpuUs / (perSecond * measuredMs / 1e3),
                target.processes().residentMb());
        lines.put(name + "/" + target.name(), line);
        System.out.printf(
                Locale.ROOT,
                "%-16s %12.0f %10.0f %10.0f %10.1f %8d%s%n",
                line.target(),
                line.perSecond(),
                line.p50Us(),
                line.p99Us(),
                line.cpuUsPerOperation(),
                line.residentMb(),
                errors == 0 ? "" : "   " + errors + " ERRORS");
    }

    private void verdict() {
        System.out.println("\nratios");
        ratio("PUT 50 x 1", "kvstore", "floor-1", 0.7);
        ratio("PUT 50 x 1", "kvstore", "floor-2", 0);
        ratio("PUT 50 x 1", "kvstore", "redis + WAIT", 1.1);
        ratio("PUT 50 x 16", "kvstore", "floor-1", 0.5);
        ratio("PUT 50 x 16", "kvstore", "floor-2", 0);
        ratio("PUT 50 x 16", "kvstore", "redis + WAIT", 1.4);
        ratio("GET 50 x 1", "kvstore", "floor-read", 0.8);
        ratio("GET 50 x 16", "kvstore", "floor-read", 0.4);
        ratio("PUT durable 50 x 1", ON_TWO, "redis always", 1.0);
        ratio("PUT durable 50 x 1", ON_TWO, "floor-disk", 0);
        ratio("PUT durable 50 x 1", ON_THREE, "redis always", 0);
        ratio("PUT durable 50 x 1", "floor-disk", "redis always", 0);
        ratio("PUT durable 50 x 16", ON_TWO, "redis always", 0);
        ratio("PUT durable 50 x 16", ON_THREE, "redis always", 0);
        ratio("GET cached 50 x 1", "kvstore cached", "redis", 0.9);
        ratio("GET cached 50 x 16", "kvstore cached", "redis", 0.8);
        Line ours = lines.get("PUT 1 x 1/kvstore");
        Line floor = lines.get("PUT 1 x 1/floor-1");
        if (ours != null && floor != null) {
            double ratio = ours.p50Us() / floor.p50Us();
            print("PUT 1 x 1, p50", "kvstore / floor-1", ratio, "<= 1.3", ratio <= 1.3);
        }
    }

    private void ratio(String load, String ours, String other, double target) {
        Line a = lines.get(load + "/" + ours);
        Line b = lines.get(load + "/" + other);
        if (a != null && b != null) {
            double ratio = a.perSecond() / b.perSecond();
            print(load, ours + " / " + other, ratio, target == 0 ? "" : ">= " + target, ratio >= target);
        }
    }

    private static void print(String load, String names, double ratio, String target, boolean met) {
        System.out.printf(
                Locale.ROOT, "%-20s %-28s %6.2f   %-8s %s%n", load, names, ratio, target, met ? "" : "MISSED");
    }
}
