package com.kvstore.protocol.totalorder;

import com.kvstore.common.Bytes;
import com.kvstore.protocol.kernel.Effects;
import com.kvstore.protocol.parts.BoundedScan;
import com.kvstore.protocol.parts.RecordTable;
import com.kvstore.protocol.parts.StoredRecord;
import com.kvstore.protocol.totalorder.TotalOrderMessage.OrderState;
import com.kvstore.protocol.totalorder.TotalOrderMessage.SnapshotAsk;
import com.kvstore.protocol.totalorder.TotalOrderMessage.SnapshotChunk;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * State transfer to a peer that fell behind what is kept of the lanes, or that starts with nothing. The source walks
 * through its table, chunk by chunk, while the order goes on; keys written meanwhile go once more behind the rest; what the
 * last chunk completes is the table at one place of the order, which it names.
 *
 * <p>Threading: one machine's. Bounded: one snapshot for each peer at a time; chunks of {@link #CHUNK_BYTES} or one record.
 * Failure behaviour: a chunk that does not come is asked for again from the beginning, perhaps of another peer.
 */
final class Snapshots {
    private static final long CHUNK_BYTES = 1024 * 1024;
    private static final long TIMEOUT_NS = 2_000_000_000L;

    private static final class Source {
        private final long snapshot;
        private final TreeSet<Bytes> dirty = new TreeSet<>();
        private int next;
        private long from;
        private boolean scanned;

        private Source(long snapshot) {
            this.snapshot = snapshot;
        }
    }

    private final Node node;
    private final Order order;
    private final Replica replica;
    /** By the index of who asked. */
    private final SortedMap<Integer, Source> sources = new TreeMap<>();

    private int source = -1;
    private long snapshot;
    private int nextChunk;
    private long askedNs;
    private final Map<Bytes, StoredRecord> staged = new TreeMap<>();

    Snapshots(Node node, Order order, Replica replica) {
        this.node = node;
        this.order = order;
        this.replica = replica;
        this.snapshot = node.config.incarnation() >>> 2;
        replica.onWrite(key -> sources.values().forEach(each -> each.dirty.add(key)));
    }

    /** Whether one is on its way here. */
    boolean isBusy() {
        return source >= 0;
    }

    /** Asks a peer for its state; nothing happens while another one is on its way. */
    void ask(int index, long nowNs, Effects effects) {
        if (source < 0) {
            source = index;
            snapshot++;
            nextChunk = 0;
            staged.clear();
            askNext(nowNs, effects);
        }
    }

    private void askNext(long nowNs, Effects effects) {
        askedNs = nowNs;
        node.send(source, new SnapshotAsk(node.formed(), snapshot, nextChunk), effects);
    }

    /** Gives up what takes too long. */
    void tick(long nowNs) {
        if (source >= 0 && (nowNs - askedNs > TIMEOUT_NS || !node.isOpen(source))) {
            source = -1;
            staged.clear();
        }
    }

    /** The peer's process is another one: it does not wait for the rest. */
    void forget(int index) {
        sources.remove(index);
    }

    void onAsk(int from, SnapshotAsk asked, Effects effects) {
        if (asked.chunk() == 0) {
            sources.put(from, new Source(asked.snapshot()));
        }
        Source to = sources.get(from);
        if (to == null || to.snapshot != asked.snapshot() || to.next != asked.chunk()) {
            return;
        }
        Records records = new Records();
        if (!to.scanned) {
            records.run(replica.table(), to.from);
            to.scanned = records.reached() == BoundedScan.END;
            to.from = records.reached() + 1;
        }
        List<Bytes> removed = new ArrayList<>();
        while (to.scanned && !to.dirty.isEmpty() && records.bytes < CHUNK_BYTES) {
            Bytes key = to.dirty.pollFirst();
            StoredRecord record = replica.table().get(key);
            if (record == null) {
                removed.add(key);
                records.bytes += key.length();
            } else {
                records.add(record);
            }
        }
        OrderState end = to.scanned && to.dirty.isEmpty() ? order.state() : null;
        to.next++;
        node.send(
                from,
                new SnapshotChunk(node.formed(), to.snapshot, asked.chunk(), records.found, removed, end),
                effects);
        if (end != null) {
            sources.remove(from);
        }
    }

    /** @return whether it was the last, and brought this peer forward */
    boolean on(int from, SnapshotChunk chunk, long nowNs, Effects effects) {
        if (from != source || chunk.snapshot() != snapshot || chunk.chunk() != nextChunk) {
            return false;
        }
        chunk.records().forEach(record -> staged.put(record.key(), record));
        chunk.removed().forEach(staged::remove);
        nextChunk++;
        OrderState end = chunk.end();
        if (end == null) {
            askNext(nowNs, effects);
            return false;
        }
        source = -1;
        boolean forward = order.isEmpty() || end.delivered() > replica.delivered();
        if (forward) {
            RecordTable table = replica.table();
            table.clear();
            staged.values().forEach(table::apply);
            node.observe(end.counter());
            order.restore(end);
        }
        staged.clear();
        return forward;
    }

    private static final class Records extends BoundedScan {
        private final List<StoredRecord> found = new ArrayList<>();
        private long bytes;

        @Override
        protected boolean goOn(long nextHash) {
            if (spent() || bytes >= CHUNK_BYTES) {
                stopAt(nextHash - 1);
                return false;
            }
            return true;
        }

        @Override
        protected void take(long scanHash, StoredRecord record) {
            add(record);
        }

        private void add(StoredRecord record) {
            found.add(record);
            bytes += bytesOf(record.key(), record.value());
        }
    }
}
