package com.kvstore.sim;

import com.kvstore.common.Bytes;
import com.kvstore.common.Command;
import com.kvstore.common.ErrorCode;
import com.kvstore.common.Result;
import com.kvstore.sim.check.History;
import com.kvstore.sim.check.Operation;
import com.kvstore.sim.check.Operation.Kind;
import com.kvstore.sim.check.Operation.Outcome;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Walks over all keys, page by page, and counts: a key that was there throughout is among them, and none that nobody ever
 * wrote.
 *
 * <p>Threading: belongs to one simulation.
 */
final class ScanLog extends SideLog {
    private final History history;
    /** When each key was first asked to be written. */
    private final Map<Bytes, Long> writtenFromNs;
    /** Of each client, the walk under way. */
    private final Map<String, Walk> current = new HashMap<>();

    private final List<Walk> finished = new ArrayList<>();

    /** From the first page's question to the last page's answer; a count is a walk of one step. */
    private static final class Walk {
        final long startNs;
        long endNs;
        final Set<Bytes> found = new HashSet<>();
        /** Negative: it does not count. */
        long count = -1;

        Walk(long startNs) {
            this.startNs = startNs;
        }
    }

    private final class Step extends Entry {
        private final String who;
        private final Walk walk;

        Step(String who, Walk walk, long nowNs) {
            super(nowNs);
            this.who = who;
            this.walk = walk;
        }

        @Override
        void done(Result result) {
            walk.endNs = endNs;
            if (result instanceof Result.Count count) {
                walk.count = count.keys();
                finished.add(walk);
            } else if (result instanceof Result.Page page) {
                walk.found.addAll(page.keys());
                if (page.cursor() == 0) {
                    finished.add(walk);
                    current.remove(who);
                }
            }
        }

        @Override
        void refused(ErrorCode code, boolean inDoubt) {}
    }

    ScanLog(History history, Map<Bytes, Long> writtenFromNs) {
        this.history = history;
        this.writtenFromNs = writtenFromNs;
    }

    @Override
    ClientLog.@Nullable Entry begin(String who, long nowNs, Command command) {
        if (command instanceof Command.Count) {
            return new Step(who, new Walk(nowNs), nowNs);
        }
        if (command instanceof Command.Scan scan) {
            if (scan.cursor() == 0) {
                current.put(who, new Walk(nowNs));
            }
            return new Step(who, current.getOrDefault(who, new Walk(nowNs)), nowNs);
        }
        return null;
    }

    @Override
    void judge() {
        if (finished.isEmpty()) {
            return;
        }
        Map<Bytes, List<Operation>> byKey = new TreeMap<>();
        for (Operation operation : history.operations()) {
            byKey.computeIfAbsent(operation.key(), any -> new ArrayList<>()).add(operation);
        }
        for (Walk walk : finished) {
            String when = "from " + walk.startNs / 1e6 + " to " + walk.endNs / 1e6 + " ms";
            long there = 0;
            for (Map.Entry<Bytes, List<Operation>> entry : byKey.entrySet()) {
                if (isThereThroughout(entry.getValue(), walk)) {
                    there++;
                    if (walk.count < 0 && !walk.found.contains(entry.getKey())) {
                        violated("a scan " + when + " lacks " + entry.getKey());
                    }
                }
            }
            for (Bytes key : walk.found) {
                if (writtenFromNs.getOrDefault(key, Long.MAX_VALUE) > walk.endNs) {
                    violated("a scan " + when + " has " + key + ", which nobody had written");
                }
            }
            long asked = writtenFromNs.values().stream()
                    .filter(fromNs -> fromNs <= walk.endNs)
                    .count();
            if (walk.count >= 0 && (walk.count < there || walk.count > asked)) {
                violated("a count " + when + " found " + walk.count + " keys, where there were at least " + there
                        + " and at most " + asked);
            }
        }
    }

    /** Whether a write of it ended before the walk began, and no delete can have come since. */
    private static boolean isThereThroughout(List<Operation> ofKey, Walk walk) {
        Operation last = null;
        for (Operation operation : ofKey) {
            boolean writes = operation.kind() == Kind.PUT || operation.kind() == Kind.UPDATE;
            if (writes
                    && operation.outcome() == Outcome.DONE
                    && operation.endNs() < walk.startNs
                    && (last == null || operation.startNs() > last.startNs())) {
                last = operation;
            }
        }
        if (last == null) {
            return false;
        }
        for (Operation operation : ofKey) {
            boolean deletes = operation.kind() == Kind.DELETE || operation.kind() == Kind.ERASE;
            boolean effective = operation.outcome() == Outcome.DONE || operation.outcome() == Outcome.UNKNOWN;
            if (deletes && effective && operation.startNs() <= walk.endNs && operation.endNs() >= last.startNs()) {
                return false;
            }
        }
        return true;
    }
}
