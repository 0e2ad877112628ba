package com.kvstore.sim;

import com.kvstore.common.Bytes;
import com.kvstore.common.Command;
import com.kvstore.common.Condition;
import com.kvstore.common.Write;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads and writes of a few hot keys, in bursts, and now and then a transaction: over hot keys, or over keys that nothing
 * else ever writes, so that a half of it would be seen.
 *
 * <p>Every value is written once only: a read tells which write it has seen.
 */
final class RandomWorkload implements Workload {
    private final String client;
    private final SimRandom random;
    private final List<Bytes> hotKeys;
    private final double writeShare;
    private final double deleteShare;
    private final double transactionShare;
    private final double burstShare;
    private final long maxThinkNs;
    private final List<Bytes> ownKeys = new ArrayList<>();
    private int writes;
    /** Negative: any number. */
    private int operationsLeft;

    /**
     * @param client names the values it writes
     * @param operations how many; 0: any number until {@link #end}
     */
    RandomWorkload(String client, SimRandom random, List<Bytes> hotKeys, int operations) {
        this.operationsLeft = operations == 0 ? -1 : operations;
        this.client = client;
        this.random = random;
        this.hotKeys = hotKeys;
        this.writeShare = 0.2 + random.nextDouble() * 0.6;
        this.deleteShare = 0.05 + random.nextDouble() * 0.45;
        this.transactionShare = random.chance(0.5) ? 0 : random.nextDouble() * 0.2;
        this.burstShare = random.nextDouble() * 0.8;
        this.maxThinkNs = random.skewed(200_000_000, 4_000_000_000L);
    }

    /** Nothing more is asked for. */
    void end() {
        operationsLeft = 0;
    }

    @Override
    public @Nullable Task next() {
        if (operationsLeft == 0) {
            return null;
        }
        operationsLeft = Math.max(-1, operationsLeft - 1);
        long thinkNs = random.chance(burstShare) ? random.between(0, 2_000_000) : random.skewed(1_000_000, maxThinkNs);
        return new Task(command(), thinkNs, false);
    }

    private Command command() {
        if (random.chance(transactionShare)) {
            return new Command.Transact(random.chance(0.5) ? ownTransaction() : hotTransaction());
        }
        if (!random.chance(writeShare)) {
            List<Bytes> keys = ownKeys.isEmpty() || random.chance(0.8) ? hotKeys : ownKeys;
            return new Command.Get(random.pick(keys));
        }
        Bytes key = random.pick(hotKeys);
        if (random.chance(deleteShare)) {
            return Command.Transact.of(Write.delete(key));
        }
        return Command.Transact.of(random.chance(0.4) ? Write.update(key, newValue()) : Write.put(key, newValue()));
    }

    private List<Write> ownTransaction() {
        List<Write> parts = new ArrayList<>();
        int size = 2 + random.below(3);
        for (int i = 0; i < size; i++) {
            Bytes key = Bytes.of(client + "-t" + writes + "-" + i);
            ownKeys.add(key);
            parts.add(Write.put(key, newValue()));
        }
        return parts;
    }

    private List<Write> hotTransaction() {
        List<Write> parts = new ArrayList<>();
        for (Bytes key : hotKeys) {
            if (parts.size() < 4 && random.chance(0.5)) {
                parts.add(random.chance(0.2) ? new Write(key, null, Condition.NONE) : Write.put(key, newValue()));
            }
        }
        return parts.isEmpty() ? ownTransaction() : parts;
    }

    private Bytes newValue() {
        String name = client + "." + ++writes;
        return Bytes.of(random.chance(0.03) ? name + "x".repeat(random.below(5_000)) : name);
    }
}
