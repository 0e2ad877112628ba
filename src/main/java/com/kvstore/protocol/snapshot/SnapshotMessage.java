package com.kvstore.protocol.snapshot;

import com.kvstore.common.Bytes;
import com.kvstore.common.Message;
import com.kvstore.protocol.membership.Range;
import java.util.List;

/** What coordinator and data nodes say to each other about a snapshot, on the coordinator's link. */
public sealed interface SnapshotMessage extends Message {

    /**
     * Coordinator to data node: keep what you hold in these ranges as it is now, for reading, until you hear more.
     *
     * @param id names the snapshot; rises
     */
    record Freeze(long id, List<Range> ranges) implements SnapshotMessage {
        public Freeze {
            ranges = List.copyOf(ranges);
        }
    }

    /**
     * Coordinator to data node: the next entries.
     *
     * @param from scan hash (unsigned) to begin at, included
     * @param maxBytes about so many
     */
    record FetchFrozen(long id, long from, int maxBytes) implements SnapshotMessage {}

    /**
     * Data node to coordinator.
     *
     * @param upTo scan hash (unsigned) up to which, included, this is complete; -1 (the largest) at the end
     * @param problem why there is nothing more to be had of this snapshot; empty if there is
     * @param entries as {@link com.kvstore.common.SnapshotEntry} writes them
     */
    record FrozenPage(long id, long upTo, String problem, Bytes entries) implements SnapshotMessage {}

    /** Coordinator to data node: digests of the next records, instead of the records. */
    record FetchDigests(long id, long from) implements SnapshotMessage {}

    /**
     * Data node to coordinator.
     *
     * @param upTo as above
     * @param sums for each of the frozen ranges the sum of its records' digests; sums of all pages make the whole's
     */
    record DigestPage(long id, long upTo, String problem, List<Long> sums) implements SnapshotMessage {
        public DigestPage {
            sums = List.copyOf(sums);
        }
    }

    /** Coordinator to data node: it is not needed any more. */
    record Thaw(long id) implements SnapshotMessage {}
}
