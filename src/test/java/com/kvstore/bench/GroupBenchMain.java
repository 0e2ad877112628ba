package com.kvstore.bench;

import com.kvstore.bench.Load.Form;
import com.kvstore.bench.Load.Measured;
import com.kvstore.bench.Requests.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import redis.clients.jedis.Jedis;

/**
 * Measures three peers of one protocol, or of each of several, all on this host and in one run: slices of the loads take
 * turns, so that whatever else the host does hits all alike. In memory they stand beside a Redis primary with a replica, with
 * WAIT and without; with their data on disk beside three nodes of an etcd, where one is installed.
 *
 * <p>The group must be of primary-backup, or any peer must take any request: the load goes to the first peer.
 */
public final class GroupBenchMain {
    private static final int KEYS = 10_000;
    private static final long SEED = 7;
    private static final int PEERS = 3;
    /** Until a group or a pair is one. */
    private static final Duration READY = Duration.ofSeconds(30);
    /** Slices that count for nothing: a JVM needs them. */
    private static final int WARM_UP_ROUNDS = 20;

    private record Side(String name, ClosedLoop load, List<Measured> measured) {}

    private GroupBenchMain() {}

    /** {@code HOME PROTOCOL[,PROTOCOL...] ROUNDS SLICE_MS [disk]}. */
    public static void main(String[] args) throws IOException {
        List<Processes> started = new ArrayList<>();
        try {
            boolean onDisk = args.length > 4 && args[4].equals("disk");
            Map<String, Integer> groups = new LinkedHashMap<>();
            for (String protocol : args[1].split(",", -1)) {
                groups.put(protocol, group(Path.of(args[0]), protocol, onDisk, started));
            }
            int rounds = Integer.parseInt(args[2]);
            long sliceMs = Long.parseLong(args[3]);
            if (onDisk) {
                besideEtcd(groups, rounds, sliceMs, started);
            } else {
                besideRedis(groups, rounds, sliceMs, started);
            }
        } finally {
            for (Processes processes : started) {
                processes.close();
            }
        }
    }

    private static void besideRedis(Map<String, Integer> groups, int rounds, long sliceMs, List<Processes> started)
            throws IOException {
        int redis = redis(started);
        for (int[] shape : new int[][] {{50, 1}, {50, 16}}) {
            List<Side> sides = sides(groups, shape);
            sides.add(side("redis + WAIT 1", redis, Form.WAITING, shape));
            sides.add(side("redis", redis, Form.PLAIN, shape));
            measure(sides, rounds, sliceMs);
            report("PUT " + shape[0] + " x " + shape[1], sides);
        }
    }

    private static void besideEtcd(Map<String, Integer> groups, int rounds, long sliceMs, List<Processes> started)
            throws IOException {
        int[] shape = {50, 1};
        Requests requests = new Requests(Kind.PUT, KEYS, SEED);
        int etcd = 0;
        if (Etcd.isInstalled()) {
            Processes processes = new Processes("etcd");
            started.add(processes);
            etcd = Etcd.start(processes);
            EtcdLoad.fill(etcd, requests);
        } else {
            System.out.println(
                    "etcd is not installed here and is left out. Debian and Ubuntu: apt-get install etcd-server");
        }
        // Only now: a server does not keep a connection on which nothing is asked for long.
        List<Side> sides = sides(groups, shape);
        if (etcd != 0) {
            sides.add(new Side("etcd", new EtcdLoad(etcd, requests, shape[0]), new ArrayList<>()));
        }
        measure(sides, rounds, sliceMs);
        report("PUT " + shape[0] + " x " + shape[1] + ", all with their data on disk", sides);
    }

    private static List<Side> sides(Map<String, Integer> groups, int[] shape) throws IOException {
        List<Side> sides = new ArrayList<>();
        for (Map.Entry<String, Integer> group : groups.entrySet()) {
            sides.add(side(group.getKey(), group.getValue(), Form.PLAIN, shape));
        }
        return sides;
    }

    private static void report(String what, List<Side> sides) throws IOException {
        System.out.println(what);
        for (Side side : sides) {
            report(side);
            side.load.close();
        }
    }

    private static Side side(String name, int port, Form form, int[] shape) throws IOException {
        Load load = new Load(port, new Requests(Kind.PUT, KEYS, SEED), form, shape[0], shape[1]);
        return new Side(name, load, new ArrayList<>());
    }

    private static void measure(List<Side> sides, int rounds, long sliceMs) throws IOException {
        for (int round = 1 - WARM_UP_ROUNDS; round <= rounds; round++) {
            for (Side side : sides) {
                Measured measured = side.load.run(sliceMs);
                if (round > 0) {
                    side.measured.add(measured);
                }
            }
        }
    }

    private static void report(Side side) {
        double mean = side.measured.stream()
                .mapToDouble(Measured::perSecond)
                .average()
                .orElse(0);
        Measured last = side.measured.get(side.measured.size() - 1);
        System.out.printf(
                Locale.ROOT,
                "  %-16s %8.0f per second, p50 %6.0f us, p99 %6.0f us, %d errors%n",
                side.name,
                mean,
                last.latencyNs().getValueAtPercentile(50) / 1e3,
                last.latencyNs().getValueAtPercentile(99) / 1e3,
                side.measured.stream().mapToLong(Measured::errors).sum());
    }

    /** @return the first peer's port, which is the first primary's */
    private static int group(Path home, String protocol, boolean onDisk, List<Processes> started) throws IOException {
        Processes processes = new Processes(protocol);
        started.add(processes);
        Path file = processes.directory().resolve("group.conf");
        int[] ports = new int[PEERS];
        StringBuilder text = new StringBuilder("protocol " + protocol + "\n");
        for (int i = 0; i < PEERS; i++) {
            ports[i] = Processes.freePort();
            text.append(i + 1).append(" 127.0.0.1 ").append(ports[i]).append('\n');
        }
        Files.writeString(file, text);
        for (int i = 0; i < PEERS; i++) {
            List<String> command =
                    new ArrayList<>(List.of(home.resolve("run-node.sh").toString(), "" + (i + 1), file.toString()));
            if (onDisk) {
                command.add("--data-dir");
                command.add(processes.directory().resolve("data-" + (i + 1)).toString());
            }
            processes.start(ports[i], command.toArray(String[]::new));
        }
        Requests one = new Requests(Kind.PUT, 1, SEED);
        Waiting.until("a write at the first peer", READY, () -> isFilled(ports[0], one));
        Load.fill(ports[0], new Requests(Kind.PUT, KEYS, SEED));
        return ports[0];
    }

    private static boolean isFilled(int port, Requests requests) {
        try {
            Load.fill(port, requests);
            return true;
        } catch (IOException notYet) {
            return false;
        }
    }

    private static int redis(List<Processes> started) throws IOException {
        Processes processes = new Processes("redis-pair");
        started.add(processes);
        int port = Processes.freePort();
        int replica = Processes.freePort();
        processes.start(port, "redis-server", "--port", "" + port, "--save", "", "--appendonly", "no");
        processes.start(
                replica,
                "redis-server",
                "--port",
                "" + replica,
                "--save",
                "",
                "--appendonly",
                "no",
                "--replicaof",
                "127.0.0.1 " + port);
        Waiting.until("the replica has its primary's data", READY, () -> isConnected(replica));
        Load.fill(port, new Requests(Kind.PUT, KEYS, SEED));
        return port;
    }

    private static boolean isConnected(int replica) {
        try (Jedis redis = new Jedis("127.0.0.1", replica)) {
            return redis.info("replication").contains("master_link_status:up");
        }
    }
}
