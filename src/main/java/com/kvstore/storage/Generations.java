package com.kvstore.storage;

import com.kvstore.common.Bytes;
import com.kvstore.common.Version;
import java.util.HashSet;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What the tables on disk lack, in memory: a generation that grows, and the one before it, which is on its way to the tables.
 * The records of that one and of the one before it are a cache, once the tables have them, of what was written lately.
 *
 * <p>So a record that is written often reaches the tables once a generation, a transaction or an entry of a
 * log that lives some milliseconds never does, and what was written lately is read without a call into native code, which
 * takes longer than all else that a write does in memory: each looks for the record that it replaces.
 *
 * <p>Threading: one machine's; generations that have ended are read by others.
 *
 * <p>Memory: a generation ends at {@value #MOST_MIB} MiB or a sixteenth of the heap, whichever is less. If the tables are so
 * slow that twice as much is waiting behind one that has ended, who writes has to wait ({@link #isCrowded}).
 */
final class Generations {
    private static final int MOST_MIB = 24;
    private static final int HEAP_SHARE = 16;

    private final long limitBytes;
    private Generation newest = new Generation();
    private Generation older = new Generation();
    /** Records of the generation before that. */
    private MemoryTable oldest = new MemoryTable();
    /**
     * Transactions that the tables have, or get from the generation on its way there. What happens to them in the newest one
     * changes nothing here before that ends: one that is taken out may be written again, and taken out again.
     */
    private final Set<Version> tabledTransactions = new HashSet<>();
    /** The same of values. */
    private final Set<Bytes> tabledValues = new TreeSet<>();

    /** @param limitBytes what a generation takes */
    Generations(long limitBytes) {
        this.limitBytes = limitBytes;
        older.arrivedInTables();
    }

    /** The limit that suits this process. */
    static long limitBytes() {
        return Math.min((long) MOST_MIB << 20, Runtime.getRuntime().maxMemory() / HEAP_SHARE);
    }

    MemoryTable newest() {
        return newest.records();
    }

    MemoryTable older() {
        return older.records();
    }

    /** What was written to the key: a packed record, a removal, or null: nothing lately. */
    byte @Nullable [] find(long hash, Bytes key) {
        byte[] packed = newest.records().packed(hash, key);
        if (packed == null) {
            packed = older.records().packed(hash, key);
        }
        return packed == null ? oldest.packed(hash, key) : packed;
    }

    void put(Bytes name, byte[] value) {
        newest.put(name, value);
    }

    void remove(Bytes name) {
        newest.remove(name, tabledValues.contains(name));
    }

    void put(Version transaction, byte[] state) {
        newest.put(transaction, state);
    }

    void remove(Version transaction) {
        newest.remove(transaction, tabledTransactions.contains(transaction));
    }

    /** Found in the tables when they were opened. */
    void isTabled(Version transaction) {
        tabledTransactions.add(transaction);
    }

    /** Found in the tables when they were opened. */
    void isTabled(Bytes name) {
        tabledValues.add(name);
    }

    /**
     * Whether the newest generation should end now.
     *
     * @param asked the tables are to have what there is
     */
    boolean isDue(boolean asked) {
        return older.isInTables() && (asked || newest.sizeBytes() >= limitBytes);
    }

    /** Whether so much waits that no more should be written before the tables have the older generation. */
    boolean isCrowded() {
        return !older.isInTables() && newest.sizeBytes() >= 2 * limitBytes;
    }

    /** Ends the newest generation, which is then on its way to the tables, and begins another. */
    Generation turn() {
        oldest = older.records();
        older = newest;
        older.addTransactionsTo(tabledTransactions);
        older.addValuesTo(tabledValues);
        newest = new Generation();
        return older;
    }
}
