package com.kvstore.protocol.snapshot;

import com.kvstore.common.Bytes;
import com.kvstore.common.SnapshotEntry;
import com.kvstore.protocol.kernel.Effects;
import com.kvstore.protocol.kernel.TimerId;
import com.kvstore.protocol.membership.Range;
import com.kvstore.protocol.snapshot.SnapshotMessage.FetchFrozen;
import com.kvstore.protocol.snapshot.SnapshotMessage.Freeze;
import com.kvstore.protocol.snapshot.SnapshotMessage.FrozenPage;
import com.kvstore.protocol.snapshot.SnapshotMessage.Thaw;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A data node's part of a snapshot: one at a time, forgotten when nobody has read of it for a minute.
 *
 * <p>Threading: one machine's.
 */
public final class FrozenSource {
    private static final TimerId FORGET = new TimerId("thaw", 0);
    private static final long PATIENCE_NS = 60_000_000_000L;

    private final FreezableTable table;
    /** 0: there is none. */
    private long id;

    private List<Range> ranges = List.of();
    /** Asked for again when its answer was lost. */
    private @Nullable FrozenPage lastPage;

    private long lastFrom;

    public FrozenSource(FreezableTable table) {
        this.table = table;
    }

    /** @param link the coordinator's present one */
    public void on(long link, SnapshotMessage message, long nowNs, Effects effects) {
        if (message instanceof Freeze freeze) {
            id = freeze.id();
            ranges = freeze.ranges();
            lastPage = null;
            table.freeze();
            effects.setTimer(FORGET, nowNs + PATIENCE_NS);
        } else if (message instanceof FetchFrozen fetch) {
            effects.setTimer(FORGET, nowNs + PATIENCE_NS);
            effects.send(link, page(fetch));
        } else if (message instanceof Thaw thaw && thaw.id() == id) {
            thaw(effects);
        }
    }

    /** Another coordinator, or another link: nobody reads on. */
    public void thaw(Effects effects) {
        if (id != 0) {
            id = 0;
            lastPage = null;
            table.thaw();
            effects.cancelTimer(FORGET);
        }
    }

    /** @return whether the timer was this object's */
    public boolean onTimer(TimerId timer, Effects effects) {
        if (!timer.equals(FORGET)) {
            return false;
        }
        thaw(effects);
        return true;
    }

    private FrozenPage page(FetchFrozen fetch) {
        FrozenPage last = lastPage;
        if (fetch.id() == id && last != null && fetch.from() == lastFrom) {
            return last;
        }
        if (fetch.id() != id || !table.isFrozen(fetch.from())) {
            return new FrozenPage(
                    fetch.id(), 0, "the data node has given it up: it took too long, or too much changed", Bytes.EMPTY);
        }
        List<SnapshotEntry> entries = new ArrayList<>();
        long upTo = table.readFrozen(fetch.maxBytes(), record -> {
            Bytes value = record.value();
            if (value != null && isWanted(record.position())) {
                entries.add(new SnapshotEntry(record.key(), value, record.deadlineMs(), record.version()));
            }
        });
        FrozenPage page = new FrozenPage(id, upTo, "", SnapshotEntry.encode(entries));
        lastPage = page;
        lastFrom = fetch.from();
        return page;
    }

    private boolean isWanted(int position) {
        int low = 0;
        int high = ranges.size() - 1;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            Range range = ranges.get(middle);
            if (position < range.start()) {
                high = middle - 1;
            } else if (position > range.end()) {
                low = middle + 1;
            } else {
                return true;
            }
        }
        return false;
    }
}
