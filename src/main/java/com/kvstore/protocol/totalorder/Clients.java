package com.kvstore.protocol.totalorder;

import com.kvstore.common.RequestId;
import com.kvstore.common.Result;
import com.kvstore.protocol.totalorder.TotalOrderMessage.Answer;
import com.kvstore.protocol.totalorder.TotalOrderMessage.ClientState;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * What became of clients' requests: a part of the ordered state, so that a retry at any peer is applied at most once. Asked
 * only when a request is delivered, and so the same on every peer.
 *
 * <p>Bounded: {@link #MAX_CLIENTS}, the longest silent are forgotten first; of each, {@link #WINDOW} answers it has not
 * acknowledged. The epoch rises with each forgetting; a request first sent in an older one, of a client that is not
 * remembered, cannot be told from a retry and is not executed.
 *
 * <p>Threading: one machine's. Source: Lee et al., Implementing Linearizability at Large Scale and Low Latency, SOSP 2015.
 */
final class Clients {
    static final int MAX_CLIENTS = 4096;
    static final int WINDOW = 128;
    private static final int FORGOTTEN_AT_ONCE = 512;

    private static final class Client {
        private final TreeMap<Long, Result> answers = new TreeMap<>();
        private long forgotten;
        private long lastEpoch;
        /** When it was last asked for, as its place in {@link #clients}. */
        private long touched;
    }

    /** The longest silent first. */
    private final Map<String, Client> clients = new LinkedHashMap<>(16, 0.75f, true);

    private long epoch = 1;
    private long touches;
    /** Clients that are not as they were when this was last asked for, null if forgotten; null: nobody asks. */
    private @Nullable SortedMap<String, @Nullable Client> changed;

    long epoch() {
        return epoch;
    }

    /**
     * What is known of a request.
     *
     * @param fresh whether it is to be executed
     * @param answer else: what it was answered; null if that is forgotten
     */
    record Known(boolean fresh, @Nullable Result answer) {}

    private static final Known FRESH = new Known(true, null);
    private static final Known FORGOTTEN = new Known(false, null);

    Known look(RequestId id) {
        Client client = clients.get(id.client());
        if (client == null) {
            return id.epoch() < epoch ? FORGOTTEN : FRESH;
        }
        touch(id.client(), client);
        Result answer = client.answers.get(id.number());
        if (answer != null) {
            return new Known(false, answer);
        }
        return id.number() <= client.forgotten ? FORGOTTEN : FRESH;
    }

    /** The request was executed. */
    void answered(RequestId id, Result answer) {
        Client client = clients.computeIfAbsent(id.client(), any -> new Client());
        touch(id.client(), client);
        client.lastEpoch = Math.max(client.lastEpoch, id.epoch());
        client.answers.put(id.number(), answer);
        forget(client, id.acknowledged());
        while (client.answers.size() > WINDOW) {
            forget(client, client.answers.firstKey());
        }
        if (clients.size() > MAX_CLIENTS) {
            Iterator<Map.Entry<String, Client>> oldestFirst = clients.entrySet().iterator();
            for (int i = 0; i < FORGOTTEN_AT_ONCE; i++) {
                changed(oldestFirst.next().getKey(), null);
                oldestFirst.remove();
            }
            epoch++;
        }
    }

    private static void forget(Client client, long upTo) {
        client.answers.headMap(upTo, true).clear();
        client.forgotten = Math.max(client.forgotten, upTo);
    }

    private void touch(String name, Client client) {
        client.touched = ++touches;
        changed(name, client);
    }

    private void changed(String name, @Nullable Client client) {
        if (changed != null) {
            changed.put(name, client);
        }
    }

    /** From now on, changes are kept for {@link #takeChanges}. */
    void track() {
        changed = new TreeMap<>();
    }

    /** Sees each client that has changed since the last call: as it is now, or null if it is forgotten. */
    void takeChanges(BiConsumer<String, StoredOrder.@Nullable Client> visitor) {
        SortedMap<String, @Nullable Client> all = changed;
        if (all != null && !all.isEmpty()) {
            all.forEach((name, client) -> visitor.accept(
                    name, client == null ? null : new StoredOrder.Client(client.touched, state(name, client))));
            all.clear();
        }
    }

    private static ClientState state(String name, Client client) {
        List<Answer> answers = new ArrayList<>();
        client.answers.forEach((number, result) -> answers.add(new Answer(number, result)));
        return new ClientState(name, client.forgotten, client.lastEpoch, answers);
    }

    List<ClientState> state() {
        List<ClientState> states = new ArrayList<>(clients.size());
        clients.forEach((name, client) -> states.add(state(name, client)));
        return states;
    }

    void restore(long atEpoch, List<ClientState> states) {
        clients.keySet().forEach(name -> changed(name, null));
        clients.clear();
        epoch = atEpoch;
        for (ClientState state : states) {
            Client client = new Client();
            client.forgotten = state.forgotten();
            client.lastEpoch = state.lastEpoch();
            state.answers().forEach(answer -> client.answers.put(answer.number(), answer.result()));
            clients.put(state.client(), client);
            touch(state.client(), client);
        }
    }
}
