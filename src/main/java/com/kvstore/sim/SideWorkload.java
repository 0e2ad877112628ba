package com.kvstore.sim;

import com.kvstore.common.Bytes;
import com.kvstore.common.Command;
import com.kvstore.common.Condition;
import com.kvstore.common.Result;
import com.kvstore.common.Write;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Puts among another workload's commands what else a store can do: increments of two counters at once, multi-gets, keys
 * that only the first may write, writes on condition that a value is still the one that was read, values that expire,
 * scans and counts. Each client has its own mix, about half of which it leaves out.
 *
 * <p>Threading: belongs to one simulation.
 */
final class SideWorkload implements Workload {
    static final int PAIRS = 2;

    private final Workload main;
    private final String client;
    private final List<Bytes> hotKeys;
    private final SimRandom random;
    private final double share;
    /** Each kind of command as often as it is likely. */
    private final List<Supplier<@Nullable Command>> lots = new ArrayList<>();

    private int values;
    private int claims;
    private int expiring;
    private long cursor;
    private @Nullable Bytes seenKey;
    private Result.@Nullable Value seen;
    private List<Bytes> transaction = List.of();

    /** @param client names the values it writes */
    SideWorkload(Workload main, String client, List<Bytes> hotKeys, SimRandom random) {
        this.main = main;
        this.hotKeys = hotKeys;
        this.client = client;
        this.random = random;
        this.share = random.chance(0.4) ? 0 : random.nextDouble() * 0.5;
        List<Supplier<@Nullable Command>> kinds = List.of(
                this::counter,
                this::claim,
                this::conditional,
                this::transaction,
                this::expiry,
                this::multiGet,
                this::scan);
        for (Supplier<@Nullable Command> kind : kinds) {
            int weight = random.chance(0.5) ? 0 : 1 + random.below(4);
            for (int i = 0; i < weight; i++) {
                lots.add(kind);
            }
        }
    }

    @Override
    public @Nullable Task next() {
        Task task = main.next();
        if (task == null || lots.isEmpty() || !random.chance(share)) {
            return task;
        }
        Command command = random.pick(lots).get();
        return command == null ? task : new Task(command, task.thinkNs(), false);
    }

    @Override
    public void heard(Command command, Result result) {
        if (command instanceof Command.Get get && result instanceof Result.Value value && value.deadlineMs() == 0) {
            seenKey = get.key();
            seen = value;
        } else if (command instanceof Command.Transact transact
                && transact.writes().size() > 1) {
            transaction = transact.writes().stream().map(Write::key).toList();
        } else if (command instanceof Command.Scan) {
            cursor = result instanceof Result.Page page ? page.cursor() : 0;
        }
    }

    private Bytes newValue() {
        return Bytes.of(client + ".s" + ++values);
    }

    private Command counter() {
        int pair = random.below(PAIRS);
        return random.chance(0.6) ? CounterLog.increment(pair) : new Command.GetAll(CounterLog.pair(pair));
    }

    private Command claim() {
        if (claims > 0 && random.chance(0.3)) {
            return ClaimLog.look(random.below(claims + 1));
        }
        claims += random.below(2);
        return ClaimLog.claim(claims, newValue());
    }

    /** Overwrites or deletes what was read, if it is still that. */
    private @Nullable Command conditional() {
        Bytes key = seenKey;
        Result.Value value = seen;
        if (key == null || value == null || !key.text().startsWith("key")) {
            return null;
        }
        return Command.Transact.of(
                random.chance(0.7)
                        ? new Write(key, newValue(), Condition.versionIs(value.version()))
                        : new Write(key, null, Condition.valueIs(value.value())));
    }

    /** Over two or three keys, of which some must be there: often it is refused at one place and prepared at others. */
    private Command transaction() {
        List<Write> parts = new ArrayList<>();
        int first = random.below(hotKeys.size());
        int size = Math.min(hotKeys.size(), 2 + random.below(2));
        for (int i = 0; i < size; i++) {
            Bytes key = hotKeys.get((first + i) % hotKeys.size());
            parts.add(
                    random.chance(0.3)
                            ? Write.delete(key)
                            : random.chance(0.5) ? Write.update(key, newValue()) : Write.put(key, newValue()));
        }
        return new Command.Transact(parts);
    }

    private Command expiry() {
        if (expiring > 0 && random.chance(0.6)) {
            return ExpiryLog.look(client + "-" + (expiring - random.below(Math.min(3, expiring))));
        }
        return ExpiryLog.put(client + "-" + ++expiring, newValue(), random.skewed(50, 20_000));
    }

    private @Nullable Command multiGet() {
        return transaction.isEmpty() ? null : new Command.GetAll(transaction);
    }

    private Command scan() {
        return random.chance(0.2) ? new Command.Count() : new Command.Scan(cursor, 1 + random.below(200), Bytes.EMPTY);
    }
}
