package com.kvstore.bench;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;

/** Three etcd processes that are one cluster, with their data on disk, as etcd keeps it by default. */
final class Etcd {
    private static final int NODES = 3;
    private static final Duration READY = Duration.ofSeconds(30);

    private Etcd() {}

    /** Whether this host has one. */
    static boolean isInstalled() {
        return Arrays.stream(System.getenv().getOrDefault("PATH", "").split(":", -1))
                .anyMatch(directory -> Files.isExecutable(Path.of(directory, "etcd")));
    }

    /**
     * Starts them and waits until they have a leader.
     *
     * @return the leader's port for clients: a put that goes to another node is sent on by that
     */
    static int start(Processes processes) throws IOException {
        int[] clients = new int[NODES];
        int[] peers = new int[NODES];
        StringBuilder cluster = new StringBuilder();
        for (int i = 0; i < NODES; i++) {
            clients[i] = Processes.freePort();
            peers[i] = Processes.freePort();
            cluster.append(i == 0 ? "" : ",").append("n").append(i).append('=').append(url(peers[i]));
        }
        for (int i = 0; i < NODES; i++) {
            processes.begin(
                    clients[i],
                    "etcd",
                    "--name=n" + i,
                    "--data-dir=" + processes.directory().resolve("etcd-" + i),
                    "--listen-client-urls=" + url(clients[i]),
                    "--advertise-client-urls=" + url(clients[i]),
                    "--listen-peer-urls=" + url(peers[i]),
                    "--initial-advertise-peer-urls=" + url(peers[i]),
                    "--initial-cluster=" + cluster,
                    "--log-level=error");
        }
        int[] leader = new int[1];
        Waiting.until("etcd has a leader", READY, () -> {
            for (int client : clients) {
                if (isLeader(client)) {
                    leader[0] = client;
                }
            }
            return leader[0] != 0;
        });
        return leader[0];
    }

    private static String url(int port) {
        return "http://127.0.0.1:" + port;
    }

    private static boolean isLeader(int port) throws InterruptedException {
        HttpRequest metrics =
                HttpRequest.newBuilder(URI.create(url(port) + "/metrics")).build();
        try {
            String text = HttpClient.newHttpClient()
                    .send(metrics, HttpResponse.BodyHandlers.ofString())
                    .body();
            return text.lines().anyMatch("etcd_server_is_leader 1"::equals);
        } catch (IOException notYet) {
            return false;
        }
    }
}
