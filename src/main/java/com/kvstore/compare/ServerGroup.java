package com.kvstore.compare;

import com.kvstore.client.KvClient;
import com.kvstore.client.KvClientConfig;
import com.kvstore.client.KvException;
import com.kvstore.common.Bytes;
import com.kvstore.common.ErrorCode;
import com.kvstore.common.ServerNode;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ThreadLocalRandom;
import org.json.JSONArray;
import org.json.JSONObject;

/**
 * One protocol's servers on this host, each a process of its own, started by the run scripts; their consoles go into files.
 * {@link #close} kills exactly these, and so does the end of this process.
 *
 * <p>Threading: used from one thread.
 */
final class ServerGroup implements AutoCloseable {
    private static final String HOST = "127.0.0.1";
    /** Below the range from which systems take the ports of outgoing connections. */
    private static final int FIRST_PORT = 20_000;

    private static final int PORTS = 10_000;
    private static final int ATTEMPTS = 1_000;
    private static final long READY_MS = 60_000;
    private static final long POLL_MS = 20;
    private static final int SAMPLED_KEYS = 200;

    private final Protocol protocol;
    private final Path home;
    private final Path directory;
    /** Of the data nodes or peers, in the order of their numbers. */
    private final Map<ServerNode, Process> servers = new TreeMap<>();

    /** Also read by the hook. */
    private final List<Process> everything = new CopyOnWriteArrayList<>();

    private final List<ServerNode> entrances = new ArrayList<>();
    private final Thread hook = new Thread(this::killAll, "kills the servers");

    private ServerGroup(Protocol protocol, Path home, Path directory) {
        this.protocol = protocol;
        this.home = home;
        this.directory = directory;
    }

    /**
     * Starts a group and waits until it works.
     *
     * @param count of the ring the data nodes, else the peers
     * @param directory where consoles go
     * @throws IOException when it does not work within a minute, with a message for people
     */
    static ServerGroup start(Protocol protocol, int count, Path home, Path directory)
            throws IOException, InterruptedException {
        Files.createDirectories(directory);
        ServerGroup group = new ServerGroup(protocol, home, directory);
        Runtime.getRuntime().addShutdownHook(group.hook);
        boolean started = false;
        try {
            if (protocol == Protocol.RING) {
                group.startRing(count);
            } else {
                group.startPeers(count);
            }
            started = true;
            return group;
        } finally {
            if (!started) {
                group.close();
            }
        }
    }

    private void startRing(int count) throws IOException, InterruptedException {
        int port = freeRange(count + 1);
        ServerNode coordinator = new ServerNode(HOST, port);
        // What an earlier run left there belongs to other ports.
        Path state = Files.createTempDirectory(directory, "state");
        String udp = Integer.toString(freeRange(1));
        launch(state, "coordinator", "run-coordinator.sh", HOST, "" + port, "--heartbeat-port", udp);
        entrances.add(coordinator);
        try (KvClient client = KvClient.connect(config(List.of(coordinator)))) {
            await("the coordinator", client, status -> true);
            for (int i = 1; i <= count; i++) {
                ServerNode node = new ServerNode(HOST, port + i);
                servers.put(node, launch(state, "slave-" + i, "run-slave.sh", HOST, "" + node.port()));
            }
            await(count + " data nodes", client, status -> isWhole(status, count));
        }
    }

    private static boolean isWhole(JSONObject status, int count) {
        JSONArray members = status.getJSONArray("servers");
        return members.length() == count
                && (count == 1 || status.getJSONObject("copies").getBoolean("whole"));
    }

    private void startPeers(int count) throws IOException, InterruptedException {
        int port = freeRange(count);
        StringBuilder text = new StringBuilder("protocol " + protocol.word() + "\n");
        for (int i = 1; i <= count; i++) {
            text.append(i)
                    .append(' ')
                    .append(HOST)
                    .append(' ')
                    .append(port + i - 1)
                    .append('\n');
        }
        Path file = directory.resolve("group.conf");
        Files.write(file, text.toString().getBytes(StandardCharsets.UTF_8));
        for (int i = 1; i <= count; i++) {
            ServerNode node = new ServerNode(HOST, port + i - 1);
            entrances.add(node);
            servers.put(node, launch(directory, "peer-" + i, "run-node.sh", "" + i, file.toString()));
        }
        for (ServerNode node : entrances) {
            try (KvClient client = KvClient.connect(config(List.of(node)))) {
                // The first answer about a key, which is not there, shows that the group works.
                await("peer " + node, client, status -> works(client));
            }
        }
    }

    private static boolean works(KvClient client) {
        client.get(Bytes.of("is the group ready?")).join();
        return true;
    }

    /** What must hold. */
    private interface Condition {
        boolean holds(JSONObject status);
    }

    private void await(String what, KvClient client, Condition condition) throws IOException, InterruptedException {
        long untilNs = System.nanoTime() + READY_MS * 1_000_000;
        String last = "";
        while (System.nanoTime() - untilNs < 0) {
            for (Process process : everything) {
                if (!process.isAlive()) {
                    throw new IOException(protocol.word() + ": a server has ended with status " + process.exitValue()
                            + "; what it said is in " + directory);
                }
            }
            try {
                if (condition.holds(new JSONObject(client.status().join()))) {
                    return;
                }
            } catch (CompletionException notYet) {
                last = notYet.getCause() instanceof KvException why
                        ? why.code() + ": " + why.getMessage()
                        : "" + notYet;
                if (last.startsWith(ErrorCode.BAD_REQUEST.name())) {
                    throw new IOException(protocol.word() + ": " + last, notYet);
                }
            }
            Thread.sleep(POLL_MS);
        }
        throw new IOException(protocol.word() + ": " + what + " did not get ready within " + READY_MS / 1_000 + " s ("
                + last + "); what the servers said is in " + directory);
    }

    private Process launch(Path workingDirectory, String name, String script, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(home.resolve(script).toString()));
        command.addAll(Arrays.asList(arguments));
        Process process = new ProcessBuilder(command)
                .directory(workingDirectory.toFile())
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve(name + ".log").toFile())
                .start();
        process.getOutputStream().close();
        everything.add(process);
        return process;
    }

    /** Where clients connect: the coordinator, or all peers. */
    List<ServerNode> entrances() {
        return List.copyOf(entrances);
    }

    /** How clients of this comparison ask: what is refused is seen at once. */
    KvClientConfig config() {
        return config(entrances);
    }

    private static KvClientConfig config(List<ServerNode> addresses) {
        return KvClientConfig.of(addresses.toArray(new ServerNode[0]))
                .withRequestTimeoutMs(5_000)
                .withConnectTimeoutMs(1_000);
    }

    /** Whom to kill: the primary, the owner of most keys, or else the first peer. */
    ServerNode victim() {
        if (protocol == Protocol.RING) {
            return ownerOfMost();
        }
        if (protocol == Protocol.PRIMARY_BACKUP) {
            try (KvClient client = KvClient.connect(config())) {
                return ServerNode.parse(new JSONObject(client.status().join()).getString("primary_address"));
            }
        }
        return entrances.get(0);
    }

    private ServerNode ownerOfMost() {
        Map<String, Integer> owned = new TreeMap<>();
        try (KvClient client = KvClient.connect(config())) {
            for (int i = 0; i < SAMPLED_KEYS; i++) {
                JSONObject where = new JSONObject(client.where(Ledger.key(0, i)).join());
                owned.merge(where.getString("owner"), 1, Integer::sum);
            }
        }
        String most = owned.entrySet().stream()
                .max(Map.Entry.comparingByValue())
                .map(Map.Entry::getKey)
                .orElseThrow();
        return ServerNode.parse(most);
    }

    /** {@code kill -9}; it is gone when this returns. */
    void kill(ServerNode server) throws InterruptedException {
        Process process = servers.remove(server);
        if (process == null) {
            throw new IllegalArgumentException(server + " is none of " + servers.keySet());
        }
        process.destroyForcibly().waitFor();
        everything.remove(process);
        if (protocol != Protocol.RING) {
            entrances.remove(server);
        }
    }

    private static int freeRange(int count) throws IOException {
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            int first = FIRST_PORT + ThreadLocalRandom.current().nextInt(PORTS);
            boolean free = true;
            for (int port = first; port < first + count; port++) {
                free = free && isFree(port);
            }
            if (free) {
                return first;
            }
        }
        throw new IOException("There are no " + count + " free ports in a row from " + FIRST_PORT + " on.");
    }

    private static boolean isFree(int port) {
        try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
            return socket.isBound();
        } catch (IOException taken) {
            return false;
        }
    }

    private void killAll() {
        List.copyOf(everything).forEach(Process::destroyForcibly);
    }

    @Override
    public void close() {
        killAll();
        for (Process process : everything) {
            try {
                process.waitFor();
            } catch (InterruptedException stopped) {
                Thread.currentThread().interrupt();
                break;
            }
        }
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException alreadyEnding) {
            // The hook runs, which is why this ends.
            return;
        }
    }
}
