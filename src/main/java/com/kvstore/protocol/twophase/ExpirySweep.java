package com.kvstore.protocol.twophase;

import com.kvstore.common.Table;
import com.kvstore.protocol.membership.Copy;
import com.kvstore.protocol.membership.View;
import com.kvstore.protocol.parts.RecordTable;
import com.kvstore.protocol.twophase.TwoPhaseMessage.Expired;
import java.util.ArrayList;
import java.util.List;

/**
 * Finds, a little at a time, the values whose deadline has passed among those this slave owns, for the coordinator to
 * delete: only it decides writes, and only its clock counts.
 *
 * <p>Threading: one machine's.
 */
final class ExpirySweep {
    private static final int PLACES_A_STEP = 8_192;
    private static final long PAUSE_MS = 50;
    private static final int MOST_A_STEP = 1_000;

    private final RecordTable table;
    private long cursor;
    private long nextMs = Long.MIN_VALUE;

    ExpirySweep(RecordTable table) {
        this.table = table;
    }

    /** @param self this slave's member id in {@code view} */
    List<Expired> step(View view, int self, long nowMs) {
        if (table.expiring() == 0 || nowMs < nextMs) {
            return List.of();
        }
        nextMs = nowMs + PAUSE_MS;
        List<Expired> found = new ArrayList<>();
        cursor = table.findExpired(cursor, PLACES_A_STEP, nowMs, (position, key, version) -> {
            Copy copy = view.arcAt(position).copyOf(self);
            if (copy != null && copy.table() == Table.OWN && copy.inSync() && found.size() < MOST_A_STEP) {
                found.add(new Expired(key, version));
            }
        });
        return found;
    }
}
