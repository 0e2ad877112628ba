package com.kvstore.e2e;

import com.kvstore.common.ConsistentHash;
import com.kvstore.e2e.RunningProcess.Outcome;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.json.JSONArray;
import org.json.JSONObject;

/**
 * A coordinator and data nodes started by the shipped scripts, in a directory of their own, on free ports. Everything is
 * killed and removed by {@link #close}.
 */
final class Cluster implements AutoCloseable {
    static final Duration START = Duration.ofSeconds(60);
    /** Where the scripts lie: the tests run in the project's directory. */
    static final Path HOME = Path.of("").toAbsolutePath();

    private static final int RING_SIZE = 31;

    final Path directory;
    final int port = Ports.free();
    final int heartbeatPort = Ports.free();

    /** A dead server is removed within seconds instead of a minute; slaves then send heartbeats as often. */
    static final String[] QUICK_REMOVAL = {"--heartbeat-timeout", "2s", "--health-check-interval", "1s"};

    private final List<String> coordinatorOptions;
    private final List<String> slaveOptions;
    private final Map<Integer, RunningProcess> slaves = new LinkedHashMap<>();
    private final List<RunningProcess> everything = new ArrayList<>();
    private RunningProcess coordinator;
    private Map<String, String> environment = Map.of();

    /** Starts nothing yet. */
    Cluster(String... coordinatorOptions) {
        this.coordinatorOptions = List.of(coordinatorOptions);
        slaveOptions = this.coordinatorOptions.containsAll(List.of(QUICK_REMOVAL))
                ? List.of("--heartbeat-interval", "500ms")
                : List.of();
        try {
            directory = Files.createTempDirectory("kvstore e2e ");
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }

    /** A coordinator and {@code count} data nodes, ready, with two copies of everything if there are two. */
    static Cluster started(int count, String... coordinatorOptions) {
        return new Cluster(coordinatorOptions).start(count);
    }

    /** As {@link #started}. */
    Cluster start(int count) {
        Cluster cluster = this;
        try {
            cluster.startCoordinator();
            int[] ports = new int[count];
            for (int i = 0; i < count; i++) {
                ports[i] = Ports.free();
                cluster.launchSlave(ports[i]);
            }
            for (int slavePort : ports) {
                cluster.slave(slavePort).awaitLine("[REGISTER] Registration successful", START);
            }
            if (count > 1) {
                cluster.awaitWhole(count);
            }
            return cluster;
        } catch (RuntimeException | Error failed) {
            cluster.everything.forEach(each -> failed.addSuppressed(new AssertionError(each.toString())));
            cluster.close();
            throw failed;
        }
    }

    RunningProcess startCoordinator() {
        coordinator = launchCoordinator();
        coordinator.awaitLine("[INFO] Ready to accept connections", START);
        return coordinator;
    }

    RunningProcess launchCoordinator() {
        List<String> arguments = new ArrayList<>(List.of("127.0.0.1", Integer.toString(port)));
        arguments.addAll(List.of("--heartbeat-port", Integer.toString(heartbeatPort)));
        arguments.addAll(coordinatorOptions);
        return launch("coordinator", "run-coordinator.sh", arguments.toArray(String[]::new));
    }

    RunningProcess startSlave(int slavePort, String... options) {
        RunningProcess started = launchSlave(slavePort, options);
        started.awaitLine("[REGISTER] Registration successful", START);
        return started;
    }

    /** Does not wait for it. */
    RunningProcess launchSlave(int slavePort, String... options) {
        List<String> arguments = new ArrayList<>(List.of("127.0.0.1", Integer.toString(slavePort)));
        arguments.addAll(options.length == 0 ? slaveOptions : List.of(options));
        RunningProcess started = launch("slave " + slavePort, "run-slave.sh", arguments.toArray(String[]::new));
        slaves.put(slavePort, started);
        return started;
    }

    /** For what is started from now on. */
    Cluster withHeap(String size) {
        environment = Map.of("KVSTORE_JAVA_OPTS", "-Xmx" + size);
        return this;
    }

    RunningProcess launch(String name, String script, String... arguments) {
        RunningProcess started = new RunningProcess(name, directory, environment, command(script, arguments));
        everything.add(started);
        return started;
    }

    static List<String> command(String script, String... arguments) {
        List<String> command = new ArrayList<>(List.of(HOME.resolve(script).toString()));
        command.addAll(Arrays.asList(arguments));
        return command;
    }

    RunningProcess coordinator() {
        return coordinator;
    }

    RunningProcess slave(int slavePort) {
        return slaves.get(slavePort);
    }

    RunningProcess slave(String address) {
        return slave(portOf(address));
    }

    List<Integer> slavePorts() {
        return List.copyOf(slaves.keySet());
    }

    static int portOf(String address) {
        return Integer.parseInt(address.substring(address.lastIndexOf(':') + 1));
    }

    static String address(int port) {
        return "127.0.0.1:" + port;
    }

    /** One command and out. */
    Outcome client(String... arguments) {
        return RunningProcess.run(directory, Map.of(), command("run-client.sh", arguments), "");
    }

    /** A session with piped commands, one a line. */
    Outcome session(String... commands) {
        return RunningProcess.run(directory, Map.of(), command("run-client.sh"), String.join("\n", commands) + "\n");
    }

    JsonConnection connect() throws IOException {
        return new JsonConnection(port);
    }

    /** What {@code status --json} prints, asked over a socket because that is faster than a process. */
    JSONObject status() {
        try (JsonConnection connection = connect()) {
            return connection.ask("{\"req_type\":\"status\"}").getJSONObject("document");
        } catch (IOException unreachable) {
            throw new UncheckedIOException(unreachable);
        }
    }

    static boolean isWhole(JSONObject status) {
        return status.getJSONObject("copies").getBoolean("whole");
    }

    /** Until {@code count} servers are members, all of them up, and every key has two copies. */
    void awaitWhole(int count) {
        awaitWhole(count, Duration.ofSeconds(60));
    }

    /** The same, within so long. */
    void awaitWhole(int count, Duration within) {
        String[] last = {"nobody answers"};
        boolean whole = AwakeClock.await(within, 50, () -> {
            try {
                JSONObject status = status();
                last[0] = status.toString();
                return isWhole(status) && allUp(status, count);
            } catch (UncheckedIOException unreachable) {
                last[0] = unreachable.getMessage();
                return false;
            }
        });
        if (!whole) {
            throw new AssertionError("not within " + within + ": two copies of every key on " + count
                    + " servers, but: " + last[0] + "\n" + coordinator + "\n" + slaves.values());
        }
    }

    /** Whether {@code count} servers are members, and all of them up. */
    static boolean allUp(JSONObject status, int count) {
        JSONArray servers = status.getJSONArray("servers");
        if (servers.length() != count) {
            return false;
        }
        for (int i = 0; i < servers.length(); i++) {
            if (!servers.getJSONObject(i).getString("state").equals("up")) {
                return false;
            }
        }
        return true;
    }

    /** Positions and addresses of the members, as status tells them. */
    NavigableMap<Integer, String> ring() {
        NavigableMap<Integer, String> ring = new TreeMap<>();
        JSONArray servers = status().getJSONArray("servers");
        for (int i = 0; i < servers.length(); i++) {
            JSONObject server = servers.getJSONObject(i);
            ring.put(server.getInt("position"), server.getString("address"));
        }
        return ring;
    }

    /** The first server at or after the key's position, clockwise. */
    static String ownerOf(String key, NavigableMap<Integer, String> ring) {
        var owner = ring.ceilingEntry(ConsistentHash.position(key, RING_SIZE));
        return (owner == null ? ring.firstEntry() : owner).getValue();
    }

    /** The first other server strictly before the key's position. */
    static String replicaOf(String key, NavigableMap<Integer, String> ring) {
        String owner = ownerOf(key, ring);
        var replica = ring.lowerEntry(ConsistentHash.position(key, RING_SIZE));
        for (int i = 0; i <= ring.size(); i++) {
            replica = replica == null ? ring.lastEntry() : replica;
            if (!replica.getValue().equals(owner)) {
                return replica.getValue();
            }
            replica = ring.lowerEntry(replica.getKey());
        }
        throw new IllegalStateException("no other server on the ring: " + ring);
    }

    /** {@code count} different keys that {@code owner} owns. */
    static List<String> keysOwnedBy(String owner, NavigableMap<Integer, String> ring, int count) {
        return Stream.iterate(0, i -> i + 1)
                .map(i -> "key-" + i)
                .filter(key -> ownerOf(key, ring).equals(owner))
                .limit(count)
                .toList();
    }

    @Override
    public void close() {
        everything.forEach(RunningProcess::close);
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }
}
