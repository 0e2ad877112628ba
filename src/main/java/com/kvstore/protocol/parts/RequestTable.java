package com.kvstore.protocol.parts;

import com.kvstore.common.RequestId;
import com.kvstore.common.Result;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Remembers what became of clients' requests, so that a retry is applied at most once.
 *
 * <p>A client that says which answers it has got ({@link RequestId#acknowledged()}) costs only its requests in flight; of
 * one that does not, the last {@link #WINDOW} are kept. A request that may have been answered and forgotten is
 * {@link Expired}: nothing is executed, its outcome is unknown.
 *
 * <p>A client that is not remembered may be new or forgotten; the epoch its request was first sent in decides: everything
 * older than the floor was forgotten (with the coordinator's earlier life, or to keep the table bounded).
 *
 * <p>Threading: one machine's. Source: Lee et al., Implementing Linearizability at Large Scale and Low Latency (RIFL),
 * SOSP 2015.
 */
public final class RequestTable {
    /** Answers kept of a client that never acknowledges. */
    public static final int WINDOW = 1024;
    /** Clients remembered before the longest silent ones are forgotten. */
    public static final int MAX_CLIENTS = 10_000;

    /** What the table knows of a request. */
    public sealed interface Known {}

    /** Never seen: execute it, then call {@link #finish} or {@link #forget}. */
    public record Fresh() implements Known {}

    /** Being executed: its answer is this one's too. */
    public record Pending() implements Known {}

    /** Executed: answer the same again. */
    public record Done(Result result) implements Known {}

    /** May have been executed, or not: cannot be told. */
    public record Expired() implements Known {}

    private static final Known FRESH = new Fresh();
    private static final Known PENDING = new Pending();
    private static final Known EXPIRED = new Expired();

    private static final class Client {
        /** Number to answer; null while it is being executed. */
        final TreeMap<Long, @Nullable Result> requests = new TreeMap<>();
        /** Every number up to this one is forgotten. */
        long forgotten;

        long lastEpoch;
        int pending;
    }

    private final Map<String, Client> clients = new LinkedHashMap<>(16, 0.75f, true);
    private long floorEpoch;

    /** @param floorEpoch requests first sent in an older epoch belong to an earlier life */
    public void start(long floorEpoch) {
        this.floorEpoch = floorEpoch;
    }

    /** Looks a request up and, if it is fresh, remembers that it is being executed. */
    public Known begin(RequestId id) {
        Client client = clients.get(id.client());
        if (client == null) {
            if (id.epoch() < floorEpoch) {
                return EXPIRED;
            }
            client = new Client();
            clients.put(id.client(), client);
        }
        client.lastEpoch = Math.max(client.lastEpoch, id.epoch());
        forgetUpTo(client, id.acknowledged());
        if (id.number() <= client.forgotten) {
            return EXPIRED;
        }
        if (client.requests.containsKey(id.number())) {
            Result result = client.requests.get(id.number());
            return result == null ? PENDING : new Done(result);
        }
        if (id.epoch() < floorEpoch) {
            return EXPIRED;
        }
        client.requests.put(id.number(), null);
        client.pending++;
        return FRESH;
    }

    /** The request was executed, or it is not known whether it was: a retry gets the same answer. */
    public void finish(RequestId id, Result result) {
        Client client = clients.get(id.client());
        if (client != null && client.requests.containsKey(id.number())) {
            client.requests.put(id.number(), result);
            client.pending--;
            if (client.requests.size() > WINDOW) {
                forgetUpTo(client, id.number() - WINDOW);
            }
        }
    }

    /** The request was not applied: a retry is as good as new. */
    public void forget(RequestId id) {
        Client client = clients.get(id.client());
        if (client != null && client.requests.containsKey(id.number()) && client.requests.get(id.number()) == null) {
            client.requests.remove(id.number());
            client.pending--;
        }
    }

    /** Whether the table is nearly full: take a new epoch, then call {@link #evict}. */
    public boolean nearlyFull() {
        return clients.size() >= MAX_CLIENTS - MAX_CLIENTS / 10;
    }

    /**
     * Forgets the longest silent clients. Their retries are told apart from new clients' requests by their epoch.
     *
     * @param lastEpoch an epoch that is over: whoever learns the epoch from now on learns a higher one
     */
    public void evict(long lastEpoch) {
        int surplus = clients.size() - MAX_CLIENTS * 8 / 10;
        var oldestFirst = clients.entrySet().iterator();
        while (surplus > 0 && oldestFirst.hasNext()) {
            Client client = oldestFirst.next().getValue();
            if (client.pending == 0 && client.lastEpoch <= lastEpoch) {
                oldestFirst.remove();
                surplus--;
                floorEpoch = Math.max(floorEpoch, lastEpoch + 1);
            }
        }
    }

    public int clients() {
        return clients.size();
    }

    private static void forgetUpTo(Client client, long number) {
        while (!client.requests.isEmpty() && client.requests.firstKey() <= number) {
            Map.Entry<Long, @Nullable Result> first = client.requests.firstEntry();
            if (first == null || first.getValue() == null) {
                // Still being executed, whatever the client says: keep it until it is done.
                return;
            }
            client.requests.pollFirstEntry();
            client.forgotten = Math.max(client.forgotten, first.getKey());
        }
        client.forgotten = Math.max(client.forgotten, number);
    }
}
