package com.kvstore.sim;

import com.kvstore.common.Bytes;
import com.kvstore.common.Command;
import com.kvstore.common.Result;
import com.kvstore.common.SnapshotEntry;
import com.kvstore.common.SnapshotPage;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Somebody who makes backups while everything breaks, as {@code --backup-every} does, and has the copies compared now and
 * then ({@code repair}).
 *
 * <p>A snapshot that was read to its end is judged as one read of all keys: at one moment between the question and the
 * answer that it has begun, everything was as it says. Copies in sync are equal, so a comparison that finds a difference is
 * a bug.
 *
 * <p>It draws from a source of its own, so that a seed without it stays what it is.
 *
 * <p>Threading: belongs to one simulation.
 */
final class SimBackups {
    private static final double SHARE = 0.2;
    private static final String NAME = "backup";
    private static final long TIMEOUT_NS = 10_000_000_000L;
    private static final long LAST_PAUSE_NS = 500_000_000L;

    private final SimWorld world;
    private final Entrance entrance;
    private final ClientLog log;
    private final SimRandom random;
    private final boolean wanted;
    private final double repairShare;
    private final long longestPauseNs;
    private boolean ending;
    private boolean finished;
    private int made;
    private int compared;
    /** Names what is awaited; answers to what was given up come too late. */
    private long tag;

    /** A snapshot that is being read. */
    private static final class Reading {
        private final List<ClientLog.Entry> entries = new ArrayList<>();
        private final List<List<Bytes>> keys = new ArrayList<>();
        private final Map<Bytes, Result.Value> found = new HashMap<>();
        private long begunNs;
    }

    SimBackups(SimWorld world, Entrance entrance, ClientLog log) {
        this.world = world;
        this.entrance = entrance;
        this.log = log;
        this.random = world.random().fork("snapshots and repairs");
        this.wanted = random.chance(SHARE);
        this.repairShare = random.nextDouble() * 0.5;
        this.longestPauseNs = random.skewed(1_000_000_000L, 20_000_000_000L);
        this.finished = !wanted;
    }

    void start() {
        if (wanted) {
            later(this::next);
        }
    }

    /** The faults are over: one more is made, which must be possible now. */
    void end() {
        ending = true;
    }

    /** Whether, after {@link #end}, that last one is there. */
    boolean isFinished() {
        return finished;
    }

    /** Adds how many snapshots were read to their ends, and how often copies were compared. */
    void count(Map<String, Integer> counts) {
        if (made > 0) {
            counts.merge("SNAPSHOT", made, Integer::sum);
        }
        if (compared > 0) {
            counts.merge("COMPARISON", compared, Integer::sum);
        }
    }

    private void later(Runnable action) {
        world.scheduler().after(random.skewed(1_000_000, ending ? LAST_PAUSE_NS : longestPauseNs), action);
    }

    private void next() {
        if (finished) {
            return;
        }
        if (!ending && random.chance(repairShare)) {
            ask(new Command.Repair(), this::compared);
        } else {
            snapshot(ending);
        }
    }

    private void compared(@Nullable Result result) {
        if (result instanceof Result.Ack ack) {
            compared++;
            if (!ack.note().equals("all copies are equal")) {
                throw new SimulationFailure("copies in sync differ: " + ack.note());
            }
        }
        later(this::next);
    }

    private void snapshot(boolean last) {
        Reading reading = new Reading();
        List<Bytes> registers = log.registers();
        begin(reading, registers, log.beginReadAtOnce(NAME, world.nowNs(), registers));
        for (int pair = 0; pair < SideWorkload.PAIRS; pair++) {
            List<Bytes> keys = CounterLog.pair(pair);
            begin(reading, keys, log.begin(NAME, world.nowNs(), new Command.GetAll(keys)));
        }
        ask(new Command.Snapshot(0, 0, 0), result -> {
            reading.begunNs = world.nowNs();
            page(reading, result, last);
        });
    }

    private static void begin(Reading reading, List<Bytes> keys, ClientLog.Entry entry) {
        reading.keys.add(keys);
        reading.entries.add(entry);
    }

    private void page(Reading reading, @Nullable Result result, boolean last) {
        if (!(result instanceof Result.Value value)) {
            reading.entries.forEach(entry -> entry.giveUp(world.nowNs(), false));
            later(this::next);
            return;
        }
        SnapshotPage page = SnapshotPage.decode(value.value());
        for (SnapshotEntry entry :
                SnapshotEntry.decode(ByteBuffer.wrap(page.entries().array()))) {
            Result.Value earlier = reading.found.put(
                    entry.key(), new Result.Value(entry.value(), entry.version(), entry.deadlineMs()));
            if (earlier != null) {
                throw new SimulationFailure("a snapshot has a key twice: " + entry + " and " + earlier);
            }
        }
        if (page.node() != SnapshotPage.END) {
            later(() ->
                    ask(new Command.Snapshot(page.id(), page.node(), page.from()), next -> page(reading, next, last)));
            return;
        }
        made++;
        for (int i = 0; i < reading.entries.size(); i++) {
            List<Optional<Result.Value>> values = new ArrayList<>();
            for (Bytes key : reading.keys.get(i)) {
                values.add(Optional.ofNullable(reading.found.get(key)));
            }
            reading.entries.get(i).conclude(reading.begunNs, new Result.Values(values), false);
        }
        finished = last;
        later(this::next);
    }

    private interface OnAnswer {
        /** @param result null: none came */
        void answered(@Nullable Result result);
    }

    private void ask(Command command, OnAnswer then) {
        long mine = ++tag;
        OnAnswer once = result -> {
            if (tag == mine) {
                tag++;
                world.trace().note(world.nowNs(), NAME, command + ": " + result);
                then.answered(result);
            }
        };
        world.scheduler().after(TIMEOUT_NS, () -> once.answered(null));
        SimProcess process = entrance.choose(random).process();
        if (process == null) {
            return;
        }
        process.request(command, null, new SimProcess.ReplySink() {
            @Override
            public void replied(Result result) {
                once.answered(result);
            }

            @Override
            public void connectionLost() {
                world.scheduler().after(1_000_000, () -> once.answered(null));
            }
        });
    }
}
