package com.kvstore.storage;

import com.kvstore.common.Bytes;
import com.kvstore.common.Version;
import java.util.HashSet;
import java.util.Set;
import java.util.TreeSet;

/**
 * What the tables on disk lack, in memory: a generation that grows, and the one before it, which is on its way to the tables.
 * Their records, and some that were written earlier, are found in {@link #recent}.
 *
 * <p>So a record that is written often reaches the tables once a generation, a transaction or an entry of a
 * log that lives some milliseconds never does, and what was written lately is read without a call into native code, which
 * takes longer than all else that a write does in memory: each looks for the record that it replaces.
 *
 * <p>Threading: one machine's; generations that have ended are read by others.
 *
 * <p>Memory: a generation ends at {@value #MOST_MIB} MiB or a sixteenth of the heap, whichever is less. If the tables are so
 * slow that twice as much is waiting behind one that has ended, who writes has to wait ({@link #isCrowded}). Together with what
 * is kept as a cache, three times the limit is taken.
 */
final class Generations {
    private static final int MOST_MIB = 24;
    private static final int HEAP_SHARE = 16;
    /** As many generations' worth of records are kept in memory, if there are so many. */
    private static final int KEPT = 3;

    private final long limitBytes;
    private final RecentRecords recent;
    private Generation newest;
    private Generation older;
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
        older = new Generation(new WrittenRecords(0));
        older.arrivedInTables();
        newest = new Generation(new WrittenRecords(0));
        recent = new RecentRecords(older, newest, KEPT * limitBytes);
    }

    /** The limit that suits this process. */
    static long limitBytes() {
        return Math.min((long) MOST_MIB << 20, Runtime.getRuntime().maxMemory() / HEAP_SHARE);
    }

    /** Records that were written lately; what is written there is the newest generation's. */
    RecentRecords recent() {
        return recent;
    }

    /** The generation before the newest. */
    Generation older() {
        return older;
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
        older = newest;
        older.addTransactionsTo(tabledTransactions);
        older.addValuesTo(tabledValues);
        newest = new Generation(new WrittenRecords(older.records().endMark()));
        recent.turn(older, newest);
        return older;
    }
}
