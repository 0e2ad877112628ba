package com.kvstore.protocol.ring;

import com.kvstore.common.Bytes;
import com.kvstore.protocol.kernel.Effects;
import com.kvstore.protocol.kernel.TimerId;
import com.kvstore.protocol.membership.View;
import com.kvstore.protocol.parts.RecordTable;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Takes out of a slave's table what a view no longer wants there: keys of arcs it holds no copy of, and, once every copy
 * is whole, tombstones.
 *
 * <p>A little at a time, from a timer, after each change of the view.
 */
final class Sweeper {
    private static final TimerId SWEEP = new TimerId("sweep", 0);
    private static final int RECORDS_A_STEP = 2_000;
    private static final long PAUSE_NS = 5_000_000L;

    private final RecordTable table;
    private long cursor;
    private boolean reachedEnd;

    Sweeper(RecordTable table) {
        this.table = table;
    }

    void viewChanged(long nowNs, Effects effects) {
        cursor = 0;
        effects.setTimer(SWEEP, nowNs + PAUSE_NS);
    }

    /**
     * Takes one step.
     *
     * @param member this slave's id in the view; 0: it is not in it, and keeps what it has as a head start
     * @param filling a move fills this slave: its tombstones are needed
     */
    void onTimer(TimerId timer, @Nullable View view, int member, boolean filling, long nowNs, Effects effects) {
        if (!timer.equals(SWEEP) || view == null || member == 0) {
            return;
        }
        boolean dropTombstones = !filling && view.whole();
        List<Bytes> unwanted = new ArrayList<>();
        int[] seen = new int[1];
        reachedEnd = true;
        table.scan(cursor, (scanHash, record) -> {
            // Records of one hash stay together in one step: the cursor cannot point between them.
            if (seen[0] >= RECORDS_A_STEP && scanHash != cursor) {
                cursor = scanHash;
                reachedEnd = false;
                return false;
            }
            cursor = scanHash;
            seen[0]++;
            boolean tombstone = record.isTombstone() && record.version().epoch() < view.epoch();
            if (view.arcAt(record.position()).copyOf(member) == null || (tombstone && dropTombstones)) {
                unwanted.add(record.key());
            }
            return true;
        });
        unwanted.forEach(table::remove);
        if (!reachedEnd) {
            effects.setTimer(SWEEP, nowNs + PAUSE_NS);
        }
    }
}
