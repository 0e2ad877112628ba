package com.kvstore.protocol.parts;

import com.kvstore.common.RequestId;
import com.kvstore.protocol.kernel.Persistent;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Which clients' requests are in a replicated log, as every replica works it out from the log alone, so that a retry at any
 * of them is applied at most once. Applying an entry again changes nothing.
 *
 * <p>The log's numbers serve as epochs: a client learns the latest when it connects, and its requests carry it. A client
 * that is not remembered is new if it has learnt a number above the {@link #floor}; else it may be one that was forgotten,
 * to keep this table bounded, and nothing it sends is executed.
 *
 * <p>Threading: one machine's. Source: as {@link RequestTable}, replicated.
 */
public final class AppliedRequests {
    /** Clients remembered before the longest silent ones are forgotten. */
    public static final int MAX_CLIENTS = 10_000;
    /** Requests remembered of a client that does not say which answers it has got. */
    public static final int WINDOW = 1024;

    private static final int MAX_NUMBERS = 200_000;

    /** What is known of a request. */
    public enum Known {
        /** Not in the log. */
        FRESH,
        DONE,
        /** Whether it is in the log cannot be told. */
        FORGOTTEN
    }

    /** All of it, as it travels. */
    public record Image(long floor, List<ClientImage> clients) {
        public static final Image EMPTY = new Image(0, List.of());

        public Image {
            clients = List.copyOf(clients);
        }
    }

    /** @param numbers of requests that are applied; those up to {@code forgotten} are not told apart any more */
    public record ClientImage(String name, long lastOp, long forgotten, List<Long> numbers) implements Persistent {
        public ClientImage {
            numbers = List.copyOf(numbers);
        }
    }

    private static final class Client {
        private final SortedSet<Long> numbers = new TreeSet<>();
        private long forgotten;
        private long lastOp;
    }

    private final SortedMap<String, Client> clients = new TreeMap<>();
    private final SortedMap<Long, String> byLastOp = new TreeMap<>();
    private long floor;
    private int numbers;
    /** Clients that are not as they were when this was last asked for; null: nobody asks. */
    private @Nullable SortedSet<String> changed;

    /** Looks a request up. */
    public Known find(RequestId id) {
        Client client = clients.get(id.client());
        if (client == null) {
            return id.epoch() < floor ? Known.FORGOTTEN : Known.FRESH;
        }
        if (client.numbers.contains(id.number())) {
            return Known.DONE;
        }
        return id.number() <= client.forgotten ? Known.FORGOTTEN : Known.FRESH;
    }

    /** The request is entry {@code op} of the log. */
    public void apply(@Nullable RequestId id, long op) {
        if (id == null) {
            return;
        }
        Client client = clients.computeIfAbsent(id.client(), name -> new Client());
        changed(id.client());
        if (op > client.lastOp) {
            byLastOp.remove(client.lastOp);
            client.lastOp = op;
            byLastOp.put(op, id.client());
        }
        if (id.number() > client.forgotten && client.numbers.add(id.number())) {
            numbers++;
        }
        forget(client, id.acknowledged());
        if (client.numbers.size() > WINDOW) {
            forget(client, client.numbers.first());
        }
        while (clients.size() > MAX_CLIENTS || (numbers > MAX_NUMBERS && clients.size() > 1)) {
            forgetTheLongestSilent();
        }
    }

    /** From now on, changes are kept for {@link #takeChanges}. */
    public void track() {
        changed = new TreeSet<>();
    }

    /** Sees each client that has changed since the last call: as it is now, or null if it is forgotten. */
    public void takeChanges(BiConsumer<String, @Nullable ClientImage> visitor) {
        SortedSet<String> names = changed;
        if (names == null) {
            return;
        }
        for (String name : names) {
            Client client = clients.get(name);
            visitor.accept(name, client == null ? null : image(name, client));
        }
        names.clear();
    }

    private void changed(@Nullable String name) {
        if (changed != null && name != null) {
            changed.add(name);
        }
    }

    private static ClientImage image(String name, Client client) {
        return new ClientImage(name, client.lastOp, client.forgotten, new ArrayList<>(client.numbers));
    }

    /** Forgets everything. */
    public void clear() {
        clients.keySet().forEach(this::changed);
        clients.clear();
        byLastOp.clear();
        floor = 0;
        numbers = 0;
    }

    public int clients() {
        return clients.size();
    }

    /** Everything, for a replica that has nothing. */
    public Image image() {
        List<ClientImage> images = new ArrayList<>();
        clients.forEach((name, client) -> images.add(image(name, client)));
        return new Image(floor, images);
    }

    /** Replaces everything. */
    public void restore(Image image) {
        clear();
        floor = image.floor();
        for (ClientImage each : image.clients()) {
            Client client = new Client();
            client.lastOp = each.lastOp();
            client.forgotten = each.forgotten();
            client.numbers.addAll(each.numbers());
            numbers += client.numbers.size();
            clients.put(each.name(), client);
            changed(each.name());
            byLastOp.put(each.lastOp(), each.name());
        }
    }

    private void forget(Client client, long upTo) {
        while (!client.numbers.isEmpty() && client.numbers.first() <= upTo) {
            client.numbers.remove(client.numbers.first());
            numbers--;
        }
        client.forgotten = Math.max(client.forgotten, upTo);
    }

    private void forgetTheLongestSilent() {
        long op = byLastOp.firstKey();
        String name = byLastOp.remove(op);
        changed(name);
        Client gone = name == null ? null : clients.remove(name);
        if (gone != null) {
            numbers -= gone.numbers.size();
        }
        floor = Math.max(floor, op + 1);
    }

    /** Requests of unknown clients that were first sent before this was reached are not executed. */
    public long floor() {
        return floor;
    }
}
