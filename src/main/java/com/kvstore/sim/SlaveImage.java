package com.kvstore.sim;

import com.kvstore.common.Version;
import com.kvstore.protocol.parts.RecordTable;
import com.kvstore.protocol.ring.Promise;
import com.kvstore.protocol.ring.SlaveStorage;
import com.kvstore.protocol.twophase.TransactionLog;
import com.kvstore.protocol.twophase.TwoPhaseMessage.Prepare;
import com.kvstore.sim.SyncedDisk.Change;
import java.util.List;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;

/**
 * All that a data node keeps, as it is at one moment.
 *
 * <p>Threading: belongs to one simulation.
 */
final class SlaveImage {
    private final RecordTable table;
    private final TreeMap<Version, Prepare> prepared = new TreeMap<>();
    private final TreeSet<Version> committed = new TreeSet<>();
    private Promise promise = Promise.NONE;
    private boolean retired;

    SlaveImage(RecordTable table) {
        this.table = table;
    }

    /** Whether its node has left for good. */
    boolean isRetired() {
        return retired;
    }

    /**
     * What a life sees that finds this, and goes on from it.
     *
     * @param empty for the records it sees
     * @param journal takes each of its changes, in their order
     */
    SlaveStorage open(RecordTable empty, long incarnation, Consumer<Change<SlaveImage>> journal) {
        SlaveImage seen = new SlaveImage(empty);
        table.scan(0, (hash, record) -> {
            seen.table.apply(record);
            return true;
        });
        seen.prepared.putAll(prepared);
        seen.committed.addAll(committed);
        seen.promise = promise;
        return new Opened(seen, incarnation, journal);
    }

    /** What one life sees and writes. */
    private static final class Opened implements SlaveStorage, TransactionLog {
        private final SlaveImage seen;
        private final long incarnation;
        private final Consumer<Change<SlaveImage>> journal;
        private final RecordTable table;
        private final List<Prepare> preparedBefore;
        private final List<Version> committedBefore;
        private long written;

        Opened(SlaveImage seen, long incarnation, Consumer<Change<SlaveImage>> journal) {
            this.seen = seen;
            this.incarnation = incarnation;
            this.journal = journal;
            table = new JournalledTable(seen.table, change -> write(image -> change.applyTo(image.table)));
            preparedBefore = List.copyOf(seen.prepared.values());
            committedBefore = List.copyOf(seen.committed);
        }

        private void write(Change<SlaveImage> change) {
            written++;
            writeUncounted(change);
        }

        private void writeUncounted(Change<SlaveImage> change) {
            change.applyTo(seen);
            journal.accept(change);
        }

        @Override
        public RecordTable table() {
            return table;
        }

        @Override
        public TransactionLog transactions() {
            return this;
        }

        @Override
        public long incarnation() {
            return incarnation;
        }

        @Override
        public Promise promise() {
            return seen.promise;
        }

        @Override
        public void promise(Promise promise) {
            write(image -> image.promise = promise);
        }

        @Override
        public void retire() {
            write(image -> image.retired = true);
        }

        @Override
        public boolean isDurable() {
            return true;
        }

        @Override
        public long written() {
            return written;
        }

        @Override
        public void prepared(Prepare prepare) {
            write(image -> image.prepared.put(prepare.transaction(), prepare));
        }

        @Override
        public void committed(Version transaction) {
            write(image -> {
                image.prepared.remove(transaction);
                image.committed.add(transaction);
            });
        }

        @Override
        public void aborted(Version transaction) {
            write(image -> image.prepared.remove(transaction));
        }

        @Override
        public void settled(Version transaction) {
            // Nobody relies on it: if it is lost, it is settled once more.
            writeUncounted(image -> image.committed.remove(transaction));
        }

        @Override
        public List<Prepare> preparedBefore() {
            return preparedBefore;
        }

        @Override
        public List<Version> committedBefore() {
            return committedBefore;
        }
    }
}
