package com.kvstore.protocol.snapshot;

import com.kvstore.common.Bytes;
import com.kvstore.common.SnapshotEntry;
import com.kvstore.protocol.kernel.Effects;
import com.kvstore.protocol.kernel.TimerId;
import com.kvstore.protocol.membership.Range;
import com.kvstore.protocol.parts.Digests;
import com.kvstore.protocol.parts.RecordTable;
import com.kvstore.protocol.snapshot.SnapshotMessage.DigestPage;
import com.kvstore.protocol.snapshot.SnapshotMessage.FetchDigests;
import com.kvstore.protocol.snapshot.SnapshotMessage.FetchFrozen;
import com.kvstore.protocol.snapshot.SnapshotMessage.Freeze;
import com.kvstore.protocol.snapshot.SnapshotMessage.FrozenPage;
import com.kvstore.protocol.snapshot.SnapshotMessage.Thaw;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A data node's part of a snapshot: one at a time, forgotten when nobody has read of it for a minute.
 *
 * <p>Threading: one machine's.
 */
public final class FrozenSource {
    private static final TimerId FORGET = new TimerId("thaw", 0);
    private static final String GIVEN_UP = "the data node has given it up: it took too long, or too much changed";
    private static final int DIGEST_STEP_BYTES = Integer.MAX_VALUE;
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
        } else if (message instanceof FetchDigests fetch) {
            effects.setTimer(FORGET, nowNs + PATIENCE_NS);
            effects.send(link, digests(fetch));
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
            return new FrozenPage(fetch.id(), 0, GIVEN_UP, Bytes.EMPTY);
        }
        List<SnapshotEntry> entries = new ArrayList<>();
        long upTo = table.readFrozen(fetch.maxBytes(), record -> {
            Bytes value = record.value();
            if (value != null && rangeOf(record.position()) >= 0) {
                entries.add(new SnapshotEntry(record.key(), value, record.deadlineMs(), record.version()));
            }
        });
        FrozenPage page = new FrozenPage(id, upTo, "", SnapshotEntry.encode(entries));
        lastPage = page;
        lastFrom = fetch.from();
        return page;
    }

    private DigestPage digests(FetchDigests fetch) {
        if (fetch.id() != id || !table.isFrozen(fetch.from())) {
            return new DigestPage(fetch.id(), 0, GIVEN_UP, List.of());
        }
        Digests[] digests = new Digests[ranges.size()];
        Arrays.setAll(digests, any -> new Digests());
        long upTo = table.readFrozen(DIGEST_STEP_BYTES, record -> {
            int range = rangeOf(record.position());
            if (range >= 0) {
                digests[range].add(RecordTable.scanHash(record.key()), record);
            }
        });
        return new DigestPage(
                id, upTo, "", Arrays.stream(digests).map(Digests::sum).toList());
    }

    /** Its index; negative: the position is in none. */
    private int rangeOf(int position) {
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
                return middle;
            }
        }
        return -1;
    }
}
