package com.kvstore.client;

import com.kvstore.common.Bytes;
import com.kvstore.common.Command;
import com.kvstore.common.ErrorCode;
import com.kvstore.common.Result;
import com.kvstore.common.ServerNode;
import com.kvstore.common.Version;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * Compares what the peers of a group hold, each from its own records, until all of them hold the same.
 *
 * @param tookMs how long it took until then, or until it was given up
 * @param differing the keys on which they did not agree in the end; empty if they did
 */
public record Convergence(long tookMs, List<Bytes> differing) {
    private static final int KEYS_AT_ONCE = 500;
    private static final long PAUSE_MS = 20;

    public Convergence {
        differing = List.copyOf(differing);
    }

    /** Whether all peers hold the same. */
    public boolean reached() {
        return differing.isEmpty();
    }

    /**
     * Asks all of these peers about all of these keys, again and again. A peer that does not answer holds something else.
     *
     * @param config how to ask; its addresses do not matter
     * @param withinMs after so long it is given up
     */
    public static Convergence await(KvClientConfig config, List<ServerNode> peers, List<Bytes> keys, long withinMs)
            throws InterruptedException {
        long beginNs = System.nanoTime();
        List<KvClient> clients = new ArrayList<>();
        try {
            for (ServerNode peer : peers) {
                clients.add(KvClient.connect(config.withAddresses(List.of(peer))));
            }
            List<Bytes> left = keys;
            while (true) {
                left = differing(clients, left);
                long tookMs = (System.nanoTime() - beginNs) / 1_000_000;
                if (left.isEmpty()) {
                    // Those that agreed before must still agree: once more, all of them.
                    left = differing(clients, keys);
                }
                if (left.isEmpty() || tookMs >= withinMs) {
                    return new Convergence(tookMs, left);
                }
                Thread.sleep(PAUSE_MS);
            }
        } finally {
            clients.forEach(KvClient::close);
        }
    }

    private static List<Bytes> differing(List<KvClient> clients, List<Bytes> keys) {
        List<Bytes> differing = new ArrayList<>();
        for (int from = 0; from < keys.size(); from += KEYS_AT_ONCE) {
            List<Bytes> some = keys.subList(from, Math.min(keys.size(), from + KEYS_AT_ONCE));
            List<List<CompletableFuture<Result>>> answers = new ArrayList<>();
            for (KvClient client : clients) {
                answers.add(some.stream()
                        .map(key -> client.execute(new Command.GetLocal(key, Version.ZERO)))
                        .toList());
            }
            for (int i = 0; i < some.size(); i++) {
                int index = i;
                List<Result> of =
                        answers.stream().map(each -> each.get(index).join()).toList();
                if (of.stream().anyMatch(each -> !same(of.get(0), each))) {
                    differing.add(some.get(i));
                }
            }
        }
        return differing;
    }

    private static boolean same(Result one, Result other) {
        if (one instanceof Result.Value a && other instanceof Result.Value b) {
            return a.equals(b);
        }
        return isAbsent(one) && isAbsent(other);
    }

    private static boolean isAbsent(Result result) {
        return result instanceof Result.Failure failure && failure.code() == ErrorCode.NOT_FOUND;
    }
}
