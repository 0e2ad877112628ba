package com.kvstore.protocol.movement;

import com.kvstore.common.Bytes;
import com.kvstore.common.Message;
import com.kvstore.common.ServerNode;
import com.kvstore.common.Version;
import com.kvstore.protocol.kernel.Effects;
import com.kvstore.protocol.kernel.RecordingEffects;
import com.kvstore.protocol.kernel.TimerId;
import com.kvstore.protocol.membership.Range;
import com.kvstore.protocol.movement.MoveMessage.Chunk;
import com.kvstore.protocol.movement.MoveMessage.StartMove;
import com.kvstore.protocol.parts.StoredRecord;
import com.kvstore.protocol.parts.Stretch;
import com.kvstore.storage.MemoryTable;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.TreeMap;

/** A source and a target with a network between them that does one thing at each step, and a clock that is driven. */
final class MoveHarness {
    static final ServerNode SOURCE = ServerNode.parse("127.0.0.1:8081");
    static final long COORDINATOR_LINK = 1;
    static final long EPOCH = 10;
    static final List<Range> LOWER_HALF = List.of(new Range(0, 15));

    final MemoryTable sourceTable = new MemoryTable();
    final MemoryTable targetTable = new MemoryTable();
    List<Version> knownAtSource = List.of();
    long requestsAtSource;
    long requestsAtTarget;
    boolean diskIsBehind;
    final List<Version> learned = new ArrayList<>();
    final MoveSource source = new MoveSource(sourceTable, () -> requestsAtSource, () -> knownAtSource);
    final MoveTarget target =
            new MoveTarget(targetTable, () -> requestsAtTarget, learned::addAll, new MoveTarget.Durability() {
                @Override
                public void report(long link, MoveMessage message, Effects effects) {
                    effects.send(link, message);
                }

                @Override
                public boolean isBehind() {
                    return diskIsBehind;
                }
            });
    final RecordingEffects effects = new RecordingEffects();
    private final RecordingEffects sourceEffects = new RecordingEffects();

    /** What the target told the coordinator. */
    final List<Message> reports = new ArrayList<>();

    private final Queue<RecordingEffects.Sent> toSource = new ArrayDeque<>();
    final Queue<RecordingEffects.Sent> toTarget = new ArrayDeque<>();
    final List<Long> openLinks = new ArrayList<>();
    private long nextLink = 100;
    private int closesSeen;
    private int connectsSeen;

    long nowNs = 1_000;
    long sourceEpoch = EPOCH;
    long movedRecords;
    long movedBytes;

    /** A record both tables may hold; its position follows from its number, evenly from 0 to 30. */
    static StoredRecord record(int number, long epoch) {
        Bytes key = Bytes.of("key-" + number);
        return new StoredRecord(
                number % 31, key, Bytes.of("value-" + number + "-" + epoch), new Version(epoch, number));
    }

    static StoredRecord tombstone(int number, long epoch) {
        StoredRecord live = record(number, epoch);
        return new StoredRecord(live.position(), live.key(), null, live.version());
    }

    static void store(MemoryTable table, StoredRecord record) {
        table.apply(record.position(), record.key(), record.value(), record.version());
    }

    static Map<Bytes, StoredRecord> contents(MemoryTable table) {
        Map<Bytes, StoredRecord> all = new TreeMap<>();
        table.scan(0, (hash, record) -> {
            all.put(record.key(), record);
            return true;
        });
        return all;
    }

    static Map<Bytes, StoredRecord> liveIn(MemoryTable table, List<Range> ranges) {
        Map<Bytes, StoredRecord> live = new TreeMap<>();
        PositionSet set = new PositionSet(ranges);
        contents(table).forEach((key, record) -> {
            if (!record.isTombstone() && set.contains(record.position())) {
                live.put(key, record);
            }
        });
        return live;
    }

    void start(long move, ServerNode from, List<Range> ranges, long bytesPerSecond) {
        StartMove start = new StartMove(move, EPOCH, from, ranges, bytesPerSecond);
        target.start(start, COORDINATOR_LINK, nowNs, effects);
    }

    /** Does one thing that is due. @return false: nothing is due */
    boolean step() {
        collect();
        if (connectsSeen < effects.connects.size()) {
            ServerNode peer = effects.connects.get(connectsSeen++);
            openLinks.add(nextLink);
            target.onLinkOpened(nextLink++, peer, nowNs, effects);
        } else if (closesSeen < effects.closed.size()) {
            long link = effects.closed.get(closesSeen++);
            openLinks.remove(link);
            source.linkClosed(link);
            target.onLinkClosed(link, effects);
        } else if (!toSource.isEmpty()) {
            RecordingEffects.Sent sent = toSource.remove();
            if (openLinks.contains(sent.link())) {
                source.on(sent.link(), (MoveMessage) sent.message(), sourceEpoch, ranges -> true, sourceEffects);
            }
        } else if (!toTarget.isEmpty()) {
            RecordingEffects.Sent sent = toTarget.remove();
            count(sent.message());
            target.on(sent.link(), (MoveMessage) sent.message(), nowNs, effects);
        } else {
            return fireTimers();
        }
        collect();
        return true;
    }

    void run() {
        while (step()) {
            // Until nothing is due.
        }
    }

    /** Lets time pass to the next timer, and does what is then due. @return false: no timer is set */
    boolean runToNextTimer() {
        run();
        Map<TimerId, Long> timers = effects.timers;
        if (timers.isEmpty()) {
            return false;
        }
        nowNs = timers.values().stream().mapToLong(Long::longValue).min().getAsLong();
        run();
        return true;
    }

    /** The source hears nothing of what was sent to it so far. */
    void swallowWhatIsOnItsWayToTheSource() {
        collect();
        toSource.clear();
    }

    /** The source's process is gone. */
    void killSource() {
        toSource.clear();
        toTarget.clear();
        for (long link : List.copyOf(openLinks)) {
            openLinks.remove(link);
            source.linkClosed(link);
            target.onLinkClosed(link, effects);
        }
        collect();
    }

    <M> List<M> reportsOf(Class<M> kind) {
        return reports.stream().filter(kind::isInstance).map(kind::cast).toList();
    }

    private boolean fireTimers() {
        for (Map.Entry<TimerId, Long> timer : new LinkedHashMap<>(effects.timers).entrySet()) {
            if (timer.getValue() <= nowNs) {
                effects.timers.remove(timer.getKey());
                target.onTimer(timer.getKey(), nowNs, effects);
                collect();
                return true;
            }
        }
        return false;
    }

    private void collect() {
        for (RecordingEffects.Sent sent : effects.takeSent()) {
            if (sent.link() == COORDINATOR_LINK) {
                reports.add(sent.message());
            } else {
                toSource.add(sent);
            }
        }
        toTarget.addAll(sourceEffects.takeSent());
    }

    private void count(Message message) {
        if (message instanceof Chunk chunk) {
            for (Stretch stretch : chunk.differing()) {
                for (StoredRecord record : stretch.records()) {
                    movedRecords++;
                    movedBytes += record.key().length()
                            + (record.value() == null ? 0 : record.value().length());
                }
            }
        }
    }
}
