package com.kvstore.e2e;

import static org.awaitility.Awaitility.await;

import com.kvstore.client.KvClient;
import com.kvstore.client.KvClientConfig;
import com.kvstore.client.KvException;
import com.kvstore.common.Bytes;
import com.kvstore.common.ServerNode;
import com.kvstore.e2e.RunningProcess.Outcome;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.stream.Stream;
import org.json.JSONObject;

/**
 * Peers of a group without a coordinator, started by the shipped script on free ports, in a directory of their own.
 * Everything is killed and removed by {@link #close}. Peers are counted from 0 here, their ids from 1.
 */
final class PeerGroup implements AutoCloseable {
    static final Duration START = Duration.ofSeconds(60);

    final Path directory;
    final Path file;
    final int port;
    private final RunningProcess[] peers;

    private PeerGroup(String protocol, int count) {
        port = Ports.freeRange(count);
        peers = new RunningProcess[count];
        StringBuilder text = new StringBuilder("# a group\nprotocol " + protocol + "\n");
        for (int i = 0; i < count; i++) {
            text.append(i + 1).append(" 127.0.0.1 ").append(port + i).append('\n');
        }
        try {
            directory = Files.createTempDirectory("kvstore group ");
            file = directory.resolve("group.conf");
            Files.writeString(file, text);
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }

    /** All peers run and answer. */
    static PeerGroup started(String protocol, int count) {
        PeerGroup group = new PeerGroup(protocol, count);
        try {
            for (int i = 0; i < count; i++) {
                group.start(i);
            }
            for (int i = 0; i < count; i++) {
                group.awaitAnswer(i, START);
            }
            return group;
        } catch (RuntimeException | Error failed) {
            failed.addSuppressed(new AssertionError(group.consoles()));
            group.close();
            throw failed;
        }
    }

    /** Starts a peer, empty; does not wait for it. */
    void start(int index) {
        peers[index] = new RunningProcess(
                "peer " + (index + 1),
                directory,
                Map.of(),
                Cluster.command("run-node.sh", String.valueOf(index + 1), file.toString()));
    }

    RunningProcess peer(int index) {
        return peers[index];
    }

    int size() {
        return peers.length;
    }

    ServerNode address(int index) {
        return new ServerNode("127.0.0.1", port + index);
    }

    List<ServerNode> addresses() {
        List<ServerNode> all = new ArrayList<>();
        for (int i = 0; i < peers.length; i++) {
            all.add(address(i));
        }
        return all;
    }

    KvClientConfig config(ServerNode... only) {
        ServerNode[] whom = only.length > 0 ? only : addresses().toArray(ServerNode[]::new);
        return KvClientConfig.of(whom).withRequestTimeoutMs(3_000).withConnectTimeoutMs(1_000);
    }

    /** Until a peer answers reads: it has come back, and the group works as far as it can see. */
    void awaitAnswer(int index, Duration within) {
        try (KvClient client = KvClient.connect(config(address(index)))) {
            await("peer " + (index + 1) + " answers reads")
                    .atMost(within)
                    .pollDelay(Duration.ZERO)
                    .pollInterval(Duration.ofMillis(20))
                    .until(() -> answers(client));
        }
    }

    private static boolean answers(KvClient client) {
        try {
            client.get(Bytes.of("is the group ready?")).join();
            return true;
        } catch (CompletionException notYet) {
            if (notYet.getCause() instanceof KvException) {
                return false;
            }
            throw notYet;
        }
    }

    /** What {@code status} says at one peer. */
    JSONObject status(int index) {
        try (KvClient client = KvClient.connect(config(address(index)))) {
            return new JSONObject(client.status().join());
        }
    }

    /** {@code run-client.sh} with these words. */
    Outcome client(String... words) {
        return RunningProcess.run(directory, Map.of(), Cluster.command("run-client.sh", words), "");
    }

    /** {@code run-client.sh PORT} of a peer, with these words. */
    Outcome at(int index, String... words) {
        List<String> all = new ArrayList<>(List.of(String.valueOf(port + index)));
        all.addAll(Arrays.asList(words));
        return client(all.toArray(String[]::new));
    }

    /** {@code run-client.sh --group FILE} with these words. */
    Outcome group(String... words) {
        List<String> all = new ArrayList<>(List.of("--group", file.toString()));
        all.addAll(Arrays.asList(words));
        return client(all.toArray(String[]::new));
    }

    /** Commands piped to {@code run-client.sh --group FILE}. */
    Outcome session(String... lines) {
        return RunningProcess.run(
                directory,
                Map.of(),
                Cluster.command("run-client.sh", "--group", file.toString()),
                String.join("\n", lines) + "\n");
    }

    /** What everybody said. */
    String consoles() {
        StringBuilder text = new StringBuilder();
        for (RunningProcess peer : peers) {
            text.append(peer).append('\n');
        }
        return text.toString();
    }

    @Override
    public void close() {
        for (RunningProcess peer : peers) {
            if (peer != null) {
                peer.close();
            }
        }
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path each : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(each);
            }
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }
}
