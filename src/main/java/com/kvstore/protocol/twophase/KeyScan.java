package com.kvstore.protocol.twophase;

import com.kvstore.common.Bytes;
import com.kvstore.common.Expiry;
import com.kvstore.protocol.membership.Copy;
import com.kvstore.protocol.membership.View;
import com.kvstore.protocol.parts.BoundedScan;
import com.kvstore.protocol.parts.RecordTable;
import com.kvstore.protocol.parts.StoredRecord;
import com.kvstore.protocol.twophase.TwoPhaseMessage.Scan;
import com.kvstore.protocol.twophase.TwoPhaseMessage.ScanReply;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** The slave's side of one step of a scan: the next keys that are read here. */
final class KeyScan extends BoundedScan {
    private final Scan scan;
    private final View view;
    private final int self;
    private final Set<Integer> down;
    private final List<Bytes> keys = new ArrayList<>();
    private long count;

    private KeyScan(Scan scan, View view, int self) {
        this.scan = scan;
        this.view = view;
        this.self = self;
        this.down = new HashSet<>(scan.down());
    }

    /** @param self this slave's member id in {@code view}, which is the one the coordinator asked under */
    static ScanReply run(Scan scan, RecordTable table, View view, int self) {
        KeyScan step = new KeyScan(scan, view, self);
        step.run(table, scan.from());
        return new ScanReply(scan.id(), step.reached(), step.count, step.keys);
    }

    @Override
    protected boolean goOn(long nextHash) {
        if (spent() || (!scan.countOnly() && count >= scan.limit())) {
            stopAt(nextHash - 1);
            return false;
        }
        return true;
    }

    @Override
    protected void take(long scanHash, StoredRecord record) {
        if (record.isTombstone()
                || Expiry.isPast(record.deadlineMs(), scan.nowMs())
                || !startsWith(record.key(), scan.prefix())) {
            return;
        }
        Copy read = view.arcAt(record.position()).readCopy(member -> !down.contains(member));
        if (read != null && read.member() == self) {
            count++;
            if (!scan.countOnly()) {
                keys.add(record.key());
            }
        }
    }

    private static boolean startsWith(Bytes key, Bytes prefix) {
        int n = prefix.length();
        return key.length() >= n && Arrays.equals(key.array(), 0, n, prefix.array(), 0, n);
    }
}
