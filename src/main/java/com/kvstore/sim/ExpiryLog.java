package com.kvstore.sim;

import com.kvstore.common.Bytes;
import com.kvstore.common.Command;
import com.kvstore.common.Condition;
import com.kvstore.common.ErrorCode;
import com.kvstore.common.Expiry;
import com.kvstore.common.Result;
import com.kvstore.common.Write;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Values with a time to live, each written once: not gone before any clock of the cluster can show the deadline, not served
 * once every clock must show more, and the deadline is one, whoever serves.
 *
 * <p>Threading: belongs to one simulation.
 */
final class ExpiryLog extends SideLog {
    private static final String PREFIX = "ttl-";
    private static final double NS_PER_MS = 1e6;
    /** Deadlines are whole milliseconds. */
    private static final int ROUNDING_MS = 2;

    private final double drift;
    private final long maxJumpMs;

    private static final class Put extends Entry {
        final long ttlMs;
        boolean applied;
        final List<Read> reads = new ArrayList<>();

        Put(long ttlMs, long startNs) {
            super(startNs);
            this.ttlMs = ttlMs;
        }

        @Override
        void done(Result result) {
            applied = true;
        }

        @Override
        void refused(ErrorCode code, boolean inDoubt) {}
    }

    private final Map<Bytes, Put> puts = new LinkedHashMap<>();

    /**
     * @param maxDriftPpm by how many millionths a clock may be wrong
     * @param maxJumpMs by how much a host's clock may be set off between two lives
     */
    ExpiryLog(long maxDriftPpm, long maxJumpMs) {
        this.drift = maxDriftPpm / 1e6;
        this.maxJumpMs = maxJumpMs;
    }

    static Command put(String name, Bytes value, long ttlMs) {
        return Command.Transact.of(new Write(Bytes.of(PREFIX + name), value, Expiry.after(ttlMs), Condition.NONE));
    }

    static Command look(String name) {
        return new Command.Get(Bytes.of(PREFIX + name));
    }

    @Override
    ClientLog.@Nullable Entry begin(String who, long nowNs, Command command) {
        if (command instanceof Command.Get get && puts.containsKey(get.key())) {
            Read read = new Read(nowNs);
            puts.get(get.key()).reads.add(read);
            return read;
        }
        if (command instanceof Command.Transact transact) {
            Write write = transact.writes().get(0);
            if (write.key().text().startsWith(PREFIX)) {
                Put put = new Put(write.expiry().ms(), nowNs);
                puts.put(write.key(), put);
                return put;
            }
        }
        return null;
    }

    @Override
    void judge() {
        puts.forEach((key, put) -> {
            long deadlineMs = 0;
            for (Read read : put.reads) {
                judge(key, put, read);
                if (read.value != null) {
                    if (deadlineMs != 0 && deadlineMs != read.deadlineMs) {
                        violated(key + " has two deadlines: " + deadlineMs + " and, " + read.when() + ", "
                                + read.deadlineMs);
                    }
                    deadlineMs = read.deadlineMs;
                }
            }
        });
    }

    private void judge(Bytes key, Put put, Read read) {
        double earliestMs = earliestMs(put.startNs) + put.ttlMs - ROUNDING_MS;
        double latestMs = put.applied ? latestMs(put.endNs) + put.ttlMs + ROUNDING_MS : Double.MAX_VALUE;
        if (read.value != null) {
            double deadlineMs = read.deadlineMs - (double) SimProcess.FIRST_WALL_MS;
            if (deadlineMs < earliestMs || deadlineMs > latestMs) {
                violated(key + ", put " + put.when() + " for " + put.ttlMs + " ms, has the deadline " + deadlineMs);
            }
            if (earliestMs(read.startNs) > latestMs) {
                violated(key + ", put " + put.when() + " for " + put.ttlMs + " ms, was served " + read.when());
            }
        } else if (read.settled && put.applied && put.endedBefore(read) && latestMs(read.endNs) < earliestMs) {
            violated(key + ", put " + put.when() + " for " + put.ttlMs + " ms, was gone " + read.when());
        }
    }

    /** What the clock that is furthest behind may show. */
    private double earliestMs(long simulatedNs) {
        return simulatedNs / NS_PER_MS * (1 - drift) - maxJumpMs;
    }

    /** What the clock that is furthest ahead may show. */
    private double latestMs(long simulatedNs) {
        return simulatedNs / NS_PER_MS * (1 + drift) + maxJumpMs;
    }
}
