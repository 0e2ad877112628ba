package com.kvstore.protocol.parts;

import com.kvstore.common.Bytes;
import org.jspecify.annotations.Nullable;

/**
 * One step of a walk through a table: looks at a bounded number of records, so that the loop it runs on is not held up,
 * and ends only between two scan hashes, so that the next step begins where this one ended and no record is left out
 * though several may share a hash.
 *
 * <p>Threading: one thread, one scan. Failure behaviour: records that share one hash are never divided, however many.
 */
public abstract class BoundedScan implements RecordTable.Visitor {
    /** The largest scan hash: what a walk that is complete has reached. */
    public static final long END = -1;

    /** A few milliseconds' work. */
    public static final int MAX_RECORDS = 8192;

    /** The same for records so large that copying them is the work. */
    public static final long MAX_BYTES = 8L * 1024 * 1024;

    /** What a record costs on the wire and in hand beside its key and value; roughly. */
    private static final int RECORD_OVERHEAD_BYTES = 32;

    private int examined;
    private long examinedBytes;
    private long lastHash;
    private long reached = END;

    /** Walks {@code table} from {@code from}, included. */
    public final void run(RecordTable table, long from) {
        table.scan(from, this);
    }

    @Override
    public final boolean visit(long scanHash, StoredRecord record) {
        if ((examined == 0 || scanHash != lastHash) && !goOn(scanHash)) {
            return false;
        }
        lastHash = scanHash;
        examined++;
        examinedBytes += bytesOf(record.key(), record.value());
        take(scanHash, record);
        return true;
    }

    /**
     * Asked before the first record and between two hashes.
     *
     * @param nextHash of the record that would be next
     * @return false: stop here; {@link #stopAt} was called
     */
    protected abstract boolean goOn(long nextHash);

    /** Sees a record. */
    protected abstract void take(long scanHash, StoredRecord record);

    /** Everything up to {@code hash}, included, has been dealt with. */
    public final void stopAt(long hash) {
        reached = hash;
    }

    /** Up to where, included, the table has been dealt with; {@link #END} if up to its end. */
    public final long reached() {
        return reached;
    }

    /** Whether this step has looked at as much as one step may. */
    protected final boolean spent() {
        return examined >= MAX_RECORDS || examinedBytes >= MAX_BYTES;
    }

    public static long bytesOf(Bytes key, @Nullable Bytes value) {
        return RECORD_OVERHEAD_BYTES + key.length() + (value == null ? 0L : value.length());
    }
}
