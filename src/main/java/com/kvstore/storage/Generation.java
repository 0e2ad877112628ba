package com.kvstore.storage;

import com.kvstore.common.Bytes;
import com.kvstore.common.Version;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.rocksdb.RocksDBException;

/**
 * What was written between two moments, each record, value and transaction as it was in the end: the journal has it, the
 * tables on disk get it later and in one piece ({@link Generations}).
 *
 * <p>Threading: one thread writes it, until {@link Generations#turn}; from then on nobody does, and any thread reads.
 */
final class Generation {
    /** In the place of what was taken out. */
    static final byte[] REMOVED = {};

    private final WrittenRecords records;
    /** Sorted, as names that end in a number, one after the other, would meet in a hash table. */
    private final Map<Bytes, byte[]> values = new TreeMap<>();

    private final Map<Version, byte[]> transactions = new HashMap<>();
    private long valueBytes;
    private volatile boolean inTables;

    /** Takes what is to be written to the tables. */
    @FunctionalInterface
    interface Sink {
        /** @param value empty: the key goes */
        void write(int family, byte[] key, byte[] value) throws RocksDBException;
    }

    /** @param records what it writes beside values and transactions */
    Generation(WrittenRecords records) {
        this.records = records;
    }

    /** Records, and in the place of those that were taken out {@link PackedRecord#isRemoval removals}. */
    WrittenRecords records() {
        return records;
    }

    void put(Bytes name, byte[] value) {
        put(values, name, value);
    }

    /** @param inOlder whether the tables may have it */
    void remove(Bytes name, boolean inOlder) {
        remove(values, name, inOlder);
    }

    void put(Version transaction, byte[] state) {
        put(transactions, transaction, state);
    }

    /** @param inOlder whether the tables may have it */
    void remove(Version transaction, boolean inOlder) {
        remove(transactions, transaction, inOlder);
    }

    private <K> void put(Map<K, byte[]> all, K key, byte[] value) {
        replaced(all.put(key, value));
        valueBytes += value.length;
    }

    private <K> void remove(Map<K, byte[]> all, K key, boolean inOlder) {
        replaced(inOlder ? all.put(key, REMOVED) : all.remove(key));
    }

    private void replaced(byte @Nullable [] before) {
        valueBytes -= before == null ? 0 : before.length;
    }

    /** Adds the transactions it leaves to those there were before it, and takes out those it has taken out. */
    void addTransactionsTo(Set<Version> before) {
        addTo(before, transactions);
    }

    /** The same with values. */
    void addValuesTo(Set<Bytes> before) {
        addTo(before, values);
    }

    private static <K> void addTo(Set<K> before, Map<K, byte[]> written) {
        written.forEach((key, value) -> {
            if (value.length > 0) {
                before.add(key);
            } else {
                before.remove(key);
            }
        });
    }

    /** Of memory, roughly. */
    long sizeBytes() {
        long entries = (long) records.size() + values.size() + transactions.size();
        return records.bytes() + valueBytes + entries * RecentRecords.OVERHEAD_BYTES;
    }

    /** Shows all of it, each key once. */
    void writeTo(Sink sink) throws RocksDBException {
        records.writeTo(sink);
        for (Map.Entry<Version, byte[]> each : transactions.entrySet()) {
            sink.write(RocksEngine.TRANSACTIONS, PrepareCodec.key(each.getKey()), each.getValue());
        }
        for (Map.Entry<Bytes, byte[]> each : values.entrySet()) {
            sink.write(RocksEngine.META, each.getKey().array(), each.getValue());
        }
    }

    /** Whether the tables have it: then it is only a cache. */
    boolean isInTables() {
        return inTables;
    }

    void arrivedInTables() {
        inTables = true;
    }
}
