package com.kvstore.protocol.eventual;

import com.kvstore.protocol.eventual.EventualMessage.Position;
import com.kvstore.protocol.kernel.Persistent;
import java.util.List;

/**
 * What a peer of an eventual group keeps on disk beside its records.
 *
 * @param incarnation names its stream, which goes on in the next process
 * @param clock no reading above this has been used or told
 * @param horizon tombstones up to this clock may have been forgotten
 * @param settled whether it held what others held when it began
 * @param known whether all others know this stream for its own
 * @param positions how much it holds of every stream, its own included
 */
public record StoredPeer(
        long incarnation, long clock, long horizon, boolean settled, boolean known, List<Position> positions)
        implements Persistent {
    public StoredPeer {
        positions = List.copyOf(positions);
    }
}
